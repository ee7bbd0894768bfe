package schema

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"

	"shoestring/local/simulated-provider/internal/value"
)

var nestings = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov5.SchemaNestedBlockNestingModeMap,
}

// Proto is the block as the protocol carries it.
func (b *Block) Proto() *tfprotov5.Schema { return &tfprotov5.Schema{Block: b.proto()} }

// WriteOnly says whether an attribute is never in state. Bindings do not tell; its name does.
func WriteOnly(name string) bool {
	return strings.HasSuffix(name, "_wo") && !strings.HasPrefix(name, "has_")
}

func (b *Block) proto() *tfprotov5.SchemaBlock {
	block := &tfprotov5.SchemaBlock{}
	for _, name := range value.Keys(b.Attributes) {
		a := b.Attributes[name]
		block.Attributes = append(block.Attributes, &tfprotov5.SchemaAttribute{Name: name, Type: a.Type,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive || WriteOnly(name), WriteOnly: WriteOnly(name)})
	}
	for _, name := range value.Keys(b.Blocks) {
		n := b.Blocks[name]
		block.BlockTypes = append(block.BlockTypes, &tfprotov5.SchemaNestedBlock{TypeName: name,
			Block: n.Block.proto(), Nesting: nestings[n.Nesting], MinItems: n.Min, MaxItems: n.Max})
	}
	return block
}
