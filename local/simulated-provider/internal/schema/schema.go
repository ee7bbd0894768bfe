// Package schema reads the generated schema of a provider.
package schema

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

// Attribute of a block.
type Attribute struct {
	TypeJSON  json.RawMessage `json:"type"`
	Required  bool            `json:"required"`
	Optional  bool            `json:"optional"`
	Computed  bool            `json:"computed"`
	Sensitive bool            `json:"-"`
	Type      tftypes.Type    `json:"-"`
}

// Nested is a block inside a block.
type Nested struct {
	Nesting string `json:"nesting_mode"`
	Min     int64  `json:"min_items"`
	Max     int64  `json:"max_items"`
	Block   *Block `json:"block"`
}

// Block is what a resource, data source or provider is configured with.
type Block struct {
	Attributes map[string]*Attribute `json:"attributes"`
	Blocks     map[string]*Nested    `json:"block_types"`
	Type       tftypes.Type          `json:"-"`
}

// Schema of a provider. Blocks are decoded when they are first asked for: Terraform starts the
// provider several times in a run and mostly needs the few types in use.
type Schema struct {
	mutex       sync.Mutex
	provider    json.RawMessage
	resources   map[string]json.RawMessage
	dataSources map[string]json.RawMessage
	decoded     map[string]*Block
	// Sensitive names the attributes of a resource type that Terraform hides.
	Sensitive func(resource string) []string
}

// Load reads a gzipped schema.
func Load(path string) (*Schema, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var raw struct {
		Provider    json.RawMessage            `json:"provider"`
		Resources   map[string]json.RawMessage `json:"resource_schemas"`
		DataSources map[string]json.RawMessage `json:"data_source_schemas"`
	}
	if err := json.NewDecoder(unzipped).Decode(&raw); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Schema{provider: raw.Provider, resources: raw.Resources, dataSources: raw.DataSources,
		decoded: map[string]*Block{}}, nil
}

// Only leaves the schemas of these types.
func (s *Schema) Only(types []string) {
	for _, all := range []map[string]json.RawMessage{s.resources, s.dataSources} {
		for name := range all {
			if !slices.Contains(types, name) {
				delete(all, name)
			}
		}
	}
}

// Provider is what the provider itself is configured with.
func (s *Schema) Provider() (*Block, error) { return s.block("provider", s.provider, nil) }

// Resource is the block of a resource type.
func (s *Schema) Resource(name string) (*Block, error) {
	var sensitive []string
	if s.Sensitive != nil {
		sensitive = s.Sensitive(name)
	}
	return s.block("resource "+name, s.resources[name], sensitive)
}

// DataSource is the block of a data source.
func (s *Schema) DataSource(name string) (*Block, error) {
	return s.block("data source "+name, s.dataSources[name], nil)
}

// ResourceTypes are the names of all resource types, sorted.
func (s *Schema) ResourceTypes() []string { return value.Keys(s.resources) }

// DataSourceTypes are the names of all data sources, sorted.
func (s *Schema) DataSourceTypes() []string { return value.Keys(s.dataSources) }

func (s *Schema) block(name string, raw json.RawMessage, sensitive []string) (*Block, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if block := s.decoded[name]; block != nil {
		return block, nil
	}
	if raw == nil {
		return nil, fmt.Errorf("the generated schema has no %s", name)
	}
	block := &Block{}
	if err := json.Unmarshal(raw, block); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := block.resolve(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, attribute := range sensitive {
		if block.Attributes[attribute] != nil {
			block.Attributes[attribute].Sensitive = true
		}
	}
	s.decoded[name] = block
	return block, nil
}

func (b *Block) resolve() error {
	types := map[string]tftypes.Type{}
	for name, attribute := range b.Attributes {
		parsed, err := tftypes.ParseJSONType(attribute.TypeJSON) //nolint:staticcheck // the only parser of these that is public
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		attribute.Type, types[name] = parsed, parsed
	}
	for name, nested := range b.Blocks {
		if err := nested.Block.resolve(); err != nil {
			return fmt.Errorf("%s.%w", name, err)
		}
		types[name] = nested.ValueType()
	}
	b.Type = tftypes.Object{AttributeTypes: types}
	return nil
}

// ValueType is the type of the block's value inside its parent's. Terraform sends a list of blocks
// that hold a dynamic attribute as a value that brings its own type.
func (n *Nested) ValueType() tftypes.Type {
	switch n.Nesting {
	case "single":
		return n.Block.Type
	case "set":
		return tftypes.Set{ElementType: n.Block.Type}
	}
	if n.Block.holdsDynamic() {
		return tftypes.DynamicPseudoType
	}
	if n.Nesting == "map" {
		return tftypes.Map{ElementType: n.Block.Type}
	}
	return tftypes.List{ElementType: n.Block.Type}
}

func (b *Block) holdsDynamic() bool {
	for _, attribute := range b.Attributes {
		if attribute.Type.Is(tftypes.DynamicPseudoType) {
			return true
		}
	}
	for _, nested := range b.Blocks {
		if nested.Block.holdsDynamic() {
			return true
		}
	}
	return false
}
