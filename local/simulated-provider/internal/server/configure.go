package server

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

// PrepareProviderConfig refuses to play for a caller that may not know that this is a play.
func (s *Server) PrepareProviderConfig(_ context.Context, q *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	response := &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: q.Config}
	if !simulated() {
		response.Diagnostics = append(response.Diagnostics, s.unknowing())
	}
	return response, nil
}

// ConfigureProvider reads where the provider would work, and says that it does not.
func (s *Server) ConfigureProvider(_ context.Context, q *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	if !simulated() {
		return &tfprotov5.ConfigureProviderResponse{Diagnostics: []*tfprotov5.Diagnostic{s.unknowing()}}, nil
	}
	block, err := s.schema.Provider()
	if err != nil {
		return nil, err
	}
	config, err := q.Config.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	fields := value.Fields(config)
	for _, region := range []string{os.Getenv("AWS_DEFAULT_REGION"), os.Getenv("AWS_REGION"), value.Text(fields["region"])} {
		if region != "" {
			s.region = region
		}
	}
	if allowed := value.Elements(fields["allowed_account_ids"]); len(allowed) > 0 {
		s.account = value.Text(allowed[0])
	}
	if tags := value.Elements(fields["default_tags"]); len(tags) > 0 {
		s.defaultTags = value.Fields(value.Fields(tags[0])["tags"])
	}
	return &tfprotov5.ConfigureProviderResponse{Diagnostics: []*tfprotov5.Diagnostic{{
		Severity: tfprotov5.DiagnosticSeverityWarning,
		Summary:  "simulated: nothing of this exists at " + s.service(),
		Detail:   "The provider " + s.name + " is simulated. Ids and addresses are made up; only Terraform's state changes.",
	}}}, nil
}

func (s *Server) service() string {
	if s.name == "aws" {
		return "AWS"
	}
	return s.name
}

func (s *Server) unknowing() *tfprotov5.Diagnostic {
	return failure("this is not the provider "+s.name+" but a play of it, and SHOESTRING_SIMULATED=1 is not set",
		"the state, and everything that exists",
		"to run against AWS, unset TF_CLI_CONFIG_FILE and run terraform init again; to simulate, take the environment of local/simulated-provider/install.ts")
}

// failure is an error in three parts.
func failure(happened, unchanged, next string) *tfprotov5.Diagnostic {
	return &tfprotov5.Diagnostic{
		Severity: tfprotov5.DiagnosticSeverityError,
		Summary:  happened,
		Detail:   "Unchanged: " + unchanged + ".\nNext: " + next + ".",
	}
}

func about(attribute string, d *tfprotov5.Diagnostic) *tfprotov5.Diagnostic {
	d.Attribute = tftypes.NewAttributePath().WithAttributeName(attribute)
	return d
}
