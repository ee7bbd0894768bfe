package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

// ReadResource finds every object as the state has it, since nothing else knows of it; a test may
// say otherwise. Only what was deleted by its name is gone.
func (s *Server) ReadResource(_ context.Context, q *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	state, err := q.CurrentState.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	now, err := found(q.TypeName, state)
	if err != nil {
		return nil, err
	}
	isThere, err := s.findName(q.TypeName, s.facts.Resource(q.TypeName), now)
	if err != nil {
		return nil, err
	}
	if !isThere {
		now = value.Null(block.Type)
	}
	read, err := dynamic(block, now)
	return &tfprotov5.ReadResourceResponse{NewState: read, Private: q.Private}, err
}

// UpgradeResourceState reads a state that another version of the schema may have written.
func (s *Server) UpgradeResourceState(_ context.Context, q *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	state, err := q.RawState.UnmarshalWithOpts(block.Type, tfprotov5.UnmarshalOpts{
		ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true},
	})
	if err != nil {
		return nil, err
	}
	upgraded, err := dynamic(block, state)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: upgraded}, err
}
