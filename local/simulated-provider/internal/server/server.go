// Package server answers Terraform as a provider does.
package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/names"
	"shoestring/local/simulated-provider/internal/schema"
)

// Server simulates one provider.
type Server struct {
	unsupported
	name   string
	schema *schema.Schema
	facts  *facts.File
	now    func() time.Time
	names  *names.Names

	region      string
	account     string
	defaultTags map[string]tftypes.Value
}

// onlyTypes has the types that the caller's stack and state have, with commas between them; unset, the
// provider offers all.
const onlyTypes = "SHOESTRING_PROVIDER_TYPES"

// New reads what the provider needs to play a part.
//
// program is the path that it was started by: terraform-provider-<name>_v<version>.
// data is the folder with <name>.schema.json.gz, <name>.facts.json and <name>.overlay.json. It is not
// the program's own: lock files hash that one.
func New(program, data string) (*Server, error) {
	base := strings.TrimPrefix(filepath.Base(program), "terraform-provider-")
	name, _, _ := strings.Cut(base, "_")
	read, err := schema.Load(filepath.Join(data, name+".schema.json.gz"))
	if err != nil {
		return nil, startFailed(name, err)
	}
	if types, limited := os.LookupEnv(onlyTypes); limited {
		read.Only(strings.Split(types, ","))
	}
	overlay, err := facts.Load(filepath.Join(data, name+".overlay.json"))
	if err != nil {
		return nil, startFailed(name, err)
	}
	provider, err := facts.Load(filepath.Join(data, name+".facts.json"))
	if err != nil {
		return nil, startFailed(name, err)
	}
	overlay.Add(provider)
	read.Sensitive = func(resource string) []string { return overlay.Resource(resource).Sensitive }
	return &Server{name: name, schema: read, facts: overlay, now: time.Now, names: names.Load(),
		region: "us-east-1", account: "000000000000"}, nil
}

// Name of the provider that is simulated.
func (s *Server) Name() string { return s.name }

func startFailed(name string, err error) error {
	return fmt.Errorf("the simulated provider %s cannot start: %w. Unchanged: state and files. "+
		"Next: run terraform with the environment of local/simulated-provider/install.ts", name, err)
}

// simulated says whether the caller knows that this is no real provider.
func simulated() bool { return os.Getenv("SHOESTRING_SIMULATED") == "1" }

var capabilities = &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true}

// GetMetadata lists the types.
func (s *Server) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	response := &tfprotov5.GetMetadataResponse{ServerCapabilities: capabilities}
	for _, name := range s.schema.ResourceTypes() {
		response.Resources = append(response.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for _, name := range s.schema.DataSourceTypes() {
		response.DataSources = append(response.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return response, nil
}

// GetProviderSchema gives the schema of everything.
func (s *Server) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	response := &tfprotov5.GetProviderSchemaResponse{
		ServerCapabilities: capabilities,
		ResourceSchemas:    map[string]*tfprotov5.Schema{},
		DataSourceSchemas:  map[string]*tfprotov5.Schema{},
	}
	provider, err := s.schema.Provider()
	if err != nil {
		return nil, err
	}
	response.Provider = provider.Proto()
	for _, name := range s.schema.ResourceTypes() {
		block, err := s.schema.Resource(name)
		if err != nil {
			return nil, err
		}
		if err := s.facts.Resource(name).Check(block); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		response.ResourceSchemas[name] = block.Proto()
	}
	for _, name := range s.schema.DataSourceTypes() {
		block, err := s.schema.DataSource(name)
		if err != nil {
			return nil, err
		}
		if err := s.facts.DataSource(name).Check(block); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		response.DataSourceSchemas[name] = block.Proto()
	}
	return response, nil
}
