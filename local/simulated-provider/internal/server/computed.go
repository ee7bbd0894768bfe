package server

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/schema"
	"shoestring/local/simulated-provider/internal/value"
)

// markComputed makes unknown what only apply will tell: the computed attributes of new objects and
// new blocks that the configuration leaves out; and absent what is never in state. Those of existing ones Terraform has proposed with
// their prior values.
func markComputed(block *schema.Block, proposed, prior tftypes.Value, isNew bool) tftypes.Value {
	if !value.Given(proposed) {
		return proposed
	}
	fields, before := value.Fields(proposed), value.Fields(prior)
	for name, attribute := range block.Attributes {
		if attribute.Computed && isNew && fields[name].IsNull() {
			fields[name] = value.Unknown(attribute.Type)
		}
		if schema.WriteOnly(name) {
			fields[name] = value.Null(attribute.Type)
		}
	}
	for name, nested := range block.Blocks {
		if v := fields[name]; value.Given(v) && !nested.ValueType().Is(tftypes.DynamicPseudoType) {
			fields[name] = markNested(nested, v, before[name], isNew)
		}
	}
	return tftypes.NewValue(proposed.Type(), fields)
}

func markNested(nested *schema.Nested, v, prior tftypes.Value, isNew bool) tftypes.Value {
	absent := value.Null(nested.Block.Type)
	switch nested.Nesting {
	case "single":
		if !value.Given(prior) {
			return markComputed(nested.Block, v, absent, true)
		}
		return markComputed(nested.Block, v, prior, isNew)
	case "map":
		marked, before := value.Fields(v), value.Fields(prior)
		for key, element := range marked {
			was, there := before[key]
			if !there {
				was = absent
			}
			marked[key] = markComputed(nested.Block, element, was, isNew || !there)
		}
		return tftypes.NewValue(v.Type(), marked)
	}
	before, marked := value.Elements(prior), value.Elements(v)
	if nested.Nesting == "set" {
		return tftypes.NewValue(v.Type(), markSet(nested.Block, marked, before, isNew))
	}
	for i, element := range marked {
		was := absent
		if i < len(before) {
			was = before[i]
		}
		marked[i] = markComputed(nested.Block, element, was, isNew || was.IsNull())
	}
	return tftypes.NewValue(v.Type(), marked)
}

// markSet keeps the elements that the configuration means unchanged. Terraform has found most of
// them, but not those that hold a computed set themselves.
func markSet(block *schema.Block, marked, before []tftypes.Value, isNew bool) []tftypes.Value {
	left := append([]tftypes.Value{}, before...)
	for i, element := range marked {
		at := slices.IndexFunc(left, func(prior tftypes.Value) bool { return means(block, element, prior) })
		if at < 0 || isNew {
			marked[i] = markComputed(block, element, value.Null(block.Type), true)
			continue
		}
		marked[i] = left[at]
		left = slices.Delete(left, at, at+1)
	}
	return marked
}

// means says whether a proposed object is a prior one: equal but for computed attributes that the
// configuration leaves out.
func means(block *schema.Block, proposed, prior tftypes.Value) bool {
	if proposed.Equal(prior) {
		return true
	}
	if !value.Given(proposed) || !value.Given(prior) {
		return false
	}
	fields, before := value.Fields(proposed), value.Fields(prior)
	for name, attribute := range block.Attributes {
		if !fields[name].Equal(before[name]) && !(attribute.Computed && fields[name].IsNull()) {
			return false
		}
	}
	for name, nested := range block.Blocks {
		if !nestedMeans(nested, fields[name], before[name]) {
			return false
		}
	}
	return true
}

func nestedMeans(nested *schema.Nested, proposed, prior tftypes.Value) bool {
	if proposed.Equal(prior) {
		return true
	}
	if nested.Nesting == "single" {
		return means(nested.Block, proposed, prior)
	}
	elements, left := value.Elements(proposed), append([]tftypes.Value{}, value.Elements(prior)...)
	if len(elements) != len(left) || nested.Nesting == "map" {
		return false
	}
	for _, element := range elements {
		at := 0
		if nested.Nesting == "set" {
			at = slices.IndexFunc(left, func(prior tftypes.Value) bool { return means(nested.Block, element, prior) })
		}
		if at < 0 || !means(nested.Block, element, left[at]) {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return true
}
