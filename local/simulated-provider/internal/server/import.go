package server

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/schema"
	"shoestring/local/simulated-provider/internal/value"
)

// imported is kept with an object until its first apply: what its id told of it. All else was made
// up, so that a difference from the configuration says nothing, and must not replace the object.
type imported struct {
	Read []string `json:"read"`
}

func readPrivate(private []byte) *imported {
	i := &imported{}
	if len(private) == 0 || json.Unmarshal(private, i) != nil || i.Read == nil {
		return nil
	}
	return i
}

// has says whether an attribute was made up by an import.
func (i *imported) has(name string) bool {
	if i == nil {
		return false
	}
	for _, read := range i.Read {
		if read == name {
			return false
		}
	}
	return true
}

// ImportResourceState takes an object's id for the object, with the attributes that the id tells.
func (s *Server) ImportResourceState(_ context.Context, q *tfprotov5.ImportResourceStateRequest) (*tfprotov5.ImportResourceStateResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	known := s.facts.Resource(q.TypeName)
	told := tells(known, q.ID)
	p := planning{Server: s, block: block, facts: known, config: nothing(block)}
	fields := value.Fields(p.config)
	for name, text := range told {
		if attribute := block.Attributes[name]; attribute != nil {
			if typed, err := value.Typed(attribute.Type, text); err == nil {
				fields[name] = typed
			}
		}
	}
	if err := p.setDefaults(fields); err != nil {
		return nil, err
	}
	p.setRegion(fields)
	p.setTags(fields)
	found := markComputed(block, tftypes.NewValue(block.Type, fields), value.Null(block.Type), true)
	state, err := s.maker(q.TypeName, block, known, rand.Reader, s.now).Fill(found)
	if err != nil {
		return nil, err
	}
	private, err := json.Marshal(imported{Read: append(value.Keys(told), "region")})
	if err != nil {
		return nil, err
	}
	encoded, err := dynamic(block, state)
	return &tfprotov5.ImportResourceStateResponse{ImportedResources: []*tfprotov5.ImportedResource{
		{TypeName: q.TypeName, State: encoded, Private: private},
	}}, err
}

// tells reads the attributes out of an import's id.
func tells(known *facts.Facts, id string) map[string]string {
	told := map[string]string{}
	form := known.Import
	if form == "" {
		told["id"] = id
		form, _ = known.Computed["id"].(string)
	}
	texts := facts.Match(form, id)
	for len(texts) > 0 {
		inner := map[string]string{}
		for name, text := range texts {
			told[name] = text
			// The template of an attribute that the id tells may tell more: an arn has a name in it.
			template, _ := known.Computed[name].(string)
			for name, text := range facts.Match(template, text) {
				if _, seen := told[name]; !seen {
					inner[name] = text
				}
			}
		}
		texts = inner
	}
	return told
}

// nothing is an object without values: its blocks are there, without elements.
func nothing(block *schema.Block) tftypes.Value {
	fields := map[string]tftypes.Value{}
	for name, of := range block.Type.(tftypes.Object).AttributeTypes {
		fields[name] = value.Null(of)
		if block.Blocks[name] != nil && (of.Is(tftypes.List{}) || of.Is(tftypes.Set{})) {
			fields[name] = tftypes.NewValue(of, []tftypes.Value{})
		}
	}
	return tftypes.NewValue(block.Type, fields)
}
