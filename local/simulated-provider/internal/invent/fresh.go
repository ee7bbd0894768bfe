package invent

import (
	"fmt"
	"io"
	"time"
)

const (
	hex    = "0123456789abcdef"
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// Fresh makes text that no other object has.
func (m *Maker) Fresh(kind string, length int) (string, bool) {
	switch kind {
	case "hex":
		return m.characters(hex, length), length > 0
	case "digits":
		return m.characters(digits, length), length > 0
	case "upper":
		return m.characters(upper, length), length > 0
	case "new_uuid":
		h := m.characters(hex, 32)
		return fmt.Sprintf("%s-%s-4%s-a%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:]), true
	case "now":
		return m.Now().UTC().Format(time.RFC3339), true
	}
	return "", false
}

func (m *Maker) fresh(kind string, length int) string {
	text, _ := m.Fresh(kind, length)
	return text
}

// characters draws from an alphabet. A remainder favours its first letters a little, which does not
// matter for ids that only have to differ.
func (m *Maker) characters(alphabet string, length int) string {
	drawn := make([]byte, length)
	if _, err := io.ReadFull(m.Random, drawn); err != nil {
		panic(err) // the system's own source of randomness does not fail
	}
	for i, b := range drawn {
		drawn[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(drawn)
}
