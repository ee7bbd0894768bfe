package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/invent"
	"shoestring/local/simulated-provider/internal/schema"
	"shoestring/local/simulated-provider/internal/value"
)

// ApplyResourceChange makes up what the planned object's unknown values are.
func (s *Server) ApplyResourceChange(_ context.Context, q *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	planned, err := q.PlannedState.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	prior, err := q.PriorState.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	known := s.facts.Resource(q.TypeName)
	if planned.IsNull() {
		return &tfprotov5.ApplyResourceChangeResponse{NewState: q.PlannedState}, s.dropName(q.TypeName, known, prior)
	}
	made, err := s.maker(q.TypeName, block, known, rand.Reader, s.now).Fill(count(known, planned, prior))
	if err != nil {
		return &tfprotov5.ApplyResourceChangeResponse{NewState: q.PriorState, Diagnostics: []*tfprotov5.Diagnostic{
			failure(fmt.Sprintf("no values could be made up: %v", err), "the object in the state",
				"mend the type's entry in local/simulated-provider/overlay"),
		}}, nil
	}
	refused, err := s.takeName(q.TypeName, known, prior, made)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return &tfprotov5.ApplyResourceChangeResponse{NewState: q.PriorState, Diagnostics: []*tfprotov5.Diagnostic{refused}}, nil
	}
	state, err := dynamic(block, made)
	// Without private data: what an import did not read, this apply has settled.
	return &tfprotov5.ApplyResourceChangeResponse{NewState: state, UnsafeToUseLegacyTypeSystem: legacy(block, known)}, err
}

func (s *Server) maker(name string, block *schema.Block, known *facts.Facts, random io.Reader, now func() time.Time) *invent.Maker {
	return &invent.Maker{Type: name, Block: block, Facts: known, Region: s.region, Account: s.account,
		Random: random, Now: now}
}

// count adds one to what every update counts, such as a launch template's version.
func count(known *facts.Facts, planned, prior tftypes.Value) tftypes.Value {
	fields, before := value.Fields(planned), value.Fields(prior)
	for name := range known.Recompute {
		was, err := strconv.ParseInt(fmt.Sprint(value.Plain(before[name])), 10, 64)
		if err != nil || fields[name].IsKnown() {
			continue
		}
		if counted, err := value.Typed(fields[name].Type(), was+1); err == nil {
			fields[name] = counted
		}
	}
	return tftypes.NewValue(planned.Type(), fields)
}
