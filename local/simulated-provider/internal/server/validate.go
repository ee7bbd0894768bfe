package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/schema"
)

// ValidateResourceTypeConfig finds what AWS is known to refuse.
func (s *Server) ValidateResourceTypeConfig(_ context.Context, q *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	found, err := validate(q.TypeName, block, s.facts.Resource(q.TypeName), q.Config)
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: found}, err
}

// ValidateDataSourceConfig does the same for a data source.
func (s *Server) ValidateDataSourceConfig(_ context.Context, q *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	block, err := s.schema.DataSource(q.TypeName)
	if err != nil {
		return nil, err
	}
	found, err := validate(q.TypeName, block, s.facts.DataSource(q.TypeName), q.Config)
	return &tfprotov5.ValidateDataSourceConfigResponse{Diagnostics: found}, err
}

func validate(name string, block *schema.Block, known *facts.Facts, given *tfprotov5.DynamicValue) ([]*tfprotov5.Diagnostic, error) {
	config, err := given.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	var found []*tfprotov5.Diagnostic
	for _, broken := range known.Validate(config) {
		found = append(found, about(broken.Attribute, failure(name+": "+broken.Happened,
			"the state; nothing was planned", "change it in the configuration and plan again")))
	}
	return found, nil
}
