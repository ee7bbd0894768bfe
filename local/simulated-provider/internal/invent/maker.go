// Package invent makes the values that AWS would tell once an object exists.
package invent

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/schema"
	"shoestring/local/simulated-provider/internal/value"
)

// Maker makes the unknown values of one object.
type Maker struct {
	// Type of the object, such as aws_sqs_queue.
	Type    string
	Block   *schema.Block
	Facts   *facts.Facts
	Region  string
	Account string
	// Random gives fresh ids. For a data source, which must say the same in every run, it is a
	// stream that follows from the configuration.
	Random io.Reader
	Now    func() time.Time

	fields map[string]tftypes.Value
	busy   map[string]bool
	// each is the text for which a template is being filled.
	each string
}

// Fill replaces every unknown part of an object.
func (m *Maker) Fill(object tftypes.Value) (tftypes.Value, error) {
	m.fields, m.busy = value.Fields(object), map[string]bool{}
	for _, name := range value.Keys(m.fields) {
		if err := m.settle(name); err != nil {
			return object, fmt.Errorf("%s.%s: %w", m.Type, name, err)
		}
	}
	return tftypes.NewValue(object.Type(), m.fields), nil
}

// settle makes one field known, and before it those that its template names.
func (m *Maker) settle(name string) error {
	v := m.fields[name]
	if v.IsFullyKnown() || m.busy[name] {
		return nil
	}
	m.busy[name] = true
	made, err := m.unknowns(v, within(m.Block, "", name))
	if err == nil {
		m.fields[name] = made
	}
	return err
}

// place is where in an object a value is.
type place struct {
	// path of names, without the numbers of elements: "action.order".
	path, name string
	optional   bool
	// block that is there, if it is a block.
	block *schema.Block
}

func within(block *schema.Block, path, name string) place {
	at := place{path: strings.TrimPrefix(path+"."+name, "."), name: name}
	if block == nil {
		return at
	}
	if attribute := block.Attributes[name]; attribute != nil {
		at.optional = attribute.Optional
	}
	if nested := block.Blocks[name]; nested != nil {
		at.block = nested.Block
	}
	return at
}

// expand fills the templates anywhere in decoded JSON.
func (m *Maker) expand(template any) any {
	switch template := template.(type) {
	case string:
		return facts.Expand(template, m)
	case []any:
		list := []any{}
		for _, each := range template {
			list = append(list, m.expand(each))
		}
		return list
	case map[string]any:
		if names, ok := template["$each"].([]any); ok {
			return m.expandEach(names, template["as"])
		}
		object := map[string]any{}
		for key, each := range template {
			object[key] = m.expand(each)
		}
		return object
	}
	return template
}

// expandEach fills a template once for each different text in the named fields; there it is {each}.
func (m *Maker) expandEach(names []any, template any) []any {
	list, seen := []any{}, map[string]bool{}
	for _, name := range names {
		field := fmt.Sprint(name)
		if m.settle(field) != nil {
			continue
		}
		texts, ok := value.Plain(m.fields[field]).([]any)
		if !ok {
			texts = []any{m.Attribute(field)}
		}
		for _, text := range texts {
			m.each = fmt.Sprint(text)
			if m.each == "" || seen[m.each] {
				continue
			}
			seen[m.each] = true
			list = append(list, m.expand(template))
		}
	}
	return list
}

// Attribute is the text of a field, settled if need be.
func (m *Maker) Attribute(name string) string {
	switch name {
	case "each":
		return m.each
	case "account":
		return m.Account
	case "region":
		if given := value.Text(m.fields["region"]); given != "" {
			return given
		}
		return m.Region
	}
	if m.settle(name) != nil {
		return ""
	}
	if plain := value.Plain(m.fields[name]); plain != nil {
		return fmt.Sprint(plain)
	}
	return ""
}

// unknowns replaces the unknown parts of one value.
func (m *Maker) unknowns(v tftypes.Value, at place) (tftypes.Value, error) {
	t := v.Type()
	if !v.IsKnown() {
		if template, ok := m.Facts.Computed[at.path]; ok {
			return value.Typed(t, m.expand(template))
		}
		return m.guess(t, at), nil
	}
	if v.IsNull() || v.IsFullyKnown() {
		return v, nil
	}
	if t.Is(tftypes.Object{}) || t.Is(tftypes.Map{}) {
		fields := value.Fields(v)
		for key, field := range fields {
			filled, err := m.unknowns(field, within(at.block, at.path, key))
			if err != nil {
				return v, err
			}
			fields[key] = filled
		}
		return tftypes.NewValue(t, fields), nil
	}
	elements := value.Elements(v)
	for i, element := range elements {
		filled, err := m.unknowns(element, at)
		if err != nil {
			return v, err
		}
		elements[i] = filled
	}
	return tftypes.NewValue(t, elements), nil
}
