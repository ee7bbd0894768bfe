package server

import (
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/provider/internal/schema"
	"shoestring/local/provider/internal/value"
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
	for i, element := range marked {
		was := absent
		if nested.Nesting == "list" && i < len(before) {
			was = before[i]
		} else if nested.Nesting == "set" {
			was = same(before, element, absent)
		}
		marked[i] = markComputed(nested.Block, element, was, isNew || was.IsNull())
	}
	return tftypes.NewValue(v.Type(), marked)
}

// same is the prior element that Terraform proposed again. It matches elements by what is
// configured, so that a proposed one either equals a prior one or is new.
func same(before []tftypes.Value, element, absent tftypes.Value) tftypes.Value {
	for _, candidate := range before {
		if candidate.Equal(element) {
			return candidate
		}
	}
	return absent
}
