// Package value reads and makes Terraform values with less ceremony than tftypes.
package value

import (
	"sort"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unknown is a value that only apply will tell.
func Unknown(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, tftypes.UnknownValue) }

// Null is the absent value.
func Null(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, nil) }

// String is a known string.
func String(text string) tftypes.Value { return tftypes.NewValue(tftypes.String, text) }

// Given says whether a value is known and there.
func Given(v tftypes.Value) bool { return v.Type() != nil && v.IsKnown() && !v.IsNull() }

// Fields of an object or a map; empty for every other value.
func Fields(v tftypes.Value) map[string]tftypes.Value {
	fields := map[string]tftypes.Value{}
	if Given(v) && (v.Type().Is(tftypes.Object{}) || v.Type().Is(tftypes.Map{})) {
		_ = v.As(&fields)
	}
	return fields
}

// Elements of a list, set or tuple; empty for every other value.
func Elements(v tftypes.Value) []tftypes.Value {
	var elements []tftypes.Value
	if Given(v) && isSequence(v.Type()) {
		_ = v.As(&elements)
	}
	return elements
}

// Text of a string; empty for every other value.
func Text(v tftypes.Value) string {
	var text string
	if Given(v) && v.Type().Is(tftypes.String) {
		_ = v.As(&text)
	}
	return text
}

// True says whether a value is the bool true.
func True(v tftypes.Value) bool {
	var is bool
	if Given(v) && v.Type().Is(tftypes.Bool) {
		_ = v.As(&is)
	}
	return is
}

// Keys of a map, sorted.
func Keys[T any](of map[string]T) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func isSequence(t tftypes.Type) bool {
	return t.Is(tftypes.List{}) || t.Is(tftypes.Set{}) || t.Is(tftypes.Tuple{})
}
