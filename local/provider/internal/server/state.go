package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadResource finds every object as the state has it: nothing else knows of it.
func (s *Server) ReadResource(_ context.Context, q *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	return &tfprotov5.ReadResourceResponse{NewState: q.CurrentState, Private: q.Private}, nil
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
