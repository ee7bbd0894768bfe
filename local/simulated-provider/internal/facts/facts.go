// Package facts reads what bindings do not tell about a resource type: the provider's own rules, from its source,
// and the overlay, which has what that source lacks.
package facts

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"shoestring/local/simulated-provider/internal/schema"
)

// File is an overlay file.
type File struct {
	Resources   map[string]*Facts `json:"resources"`
	DataSources map[string]*Facts `json:"dataSources"`
}

// Facts about one type.
type Facts struct {
	// ForceNew names the attributes and blocks of which a change replaces the object.
	ForceNew []string `json:"forceNew"`
	// Defaults are known while planning, for what the configuration leaves out.
	Defaults map[string]any `json:"defaults"`
	// Computed are templates for what apply tells.
	Computed map[string]any `json:"computed"`
	// Recompute names what an update changes besides what the configuration changes.
	Recompute map[string]Recompute `json:"recompute"`
	Sensitive []string             `json:"sensitive"`
	// Generated says how a name is made where the configuration gives none.
	Generated map[string]Generated `json:"generated"`
	// Import is the form of the id that an import gives, where it is not the object's id.
	Import string `json:"import"`

	// Unique says what two objects never share.
	Unique *Unique `json:"unique"`

	Limits     map[string]Limit `json:"limits"`
	Conflicts  [][]string       `json:"conflicts"`
	ExactlyOne [][]string       `json:"exactlyOne"`
	AtLeastOne [][]string       `json:"atLeastOne"`
	// RequiredWith are groups of which the first needs the others.
	RequiredWith [][]string `json:"requiredWith"`

	// Source is the file of the real provider, as path@commit where the commit is known, and ReadOn the day it was read.
	Source string `json:"source"`
	ReadOn string `json:"readOn"`

	// provider has the rules of the real provider; those of the overlay hold besides.
	provider *Facts
}

// Unique says that AWS has one object of a name.
type Unique struct {
	// By names the attributes that make the name.
	By []string `json:"by"`
	// Scope is "account" or "world" where a name is not for an account and region.
	Scope string `json:"scope"`
	// Error is AWS's code for a second object. Without it a create replaces the first one, and a
	// delete by name deletes whichever is there.
	Error string `json:"error"`
	// Unless names a bool with which an object may take another's name.
	Unless string `json:"unless"`
}

// Recompute says which updates change a value.
type Recompute struct {
	// When names a bool that must be true.
	When string `json:"when"`
	// Ignoring names what does not count as a change.
	Ignoring []string `json:"ignoring"`
}

// Generated is the form of a name that AWS or the provider makes.
type Generated struct {
	Prefix string `json:"prefix"`
	Suffix string `json:"suffix"`
	Max    int    `json:"max"`
}

// Load reads an overlay file.
func Load(path string) (*File, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file := &File{}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, kind := range []map[string]*Facts{file.Resources, file.DataSources} {
		for name, facts := range kind {
			if err := facts.prepare(); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, name, err)
			}
		}
	}
	return file, nil
}

// Add joins what the real provider's source says. Where both know a default, the overlay's counts.
func (f *File) Add(provider *File) {
	for name, known := range provider.Resources {
		mine := f.Resources[name]
		if mine == nil {
			mine = &Facts{}
			f.Resources[name] = mine
		}
		mine.provider = known
		mine.ForceNew = append(mine.ForceNew, known.ForceNew...)
		if mine.Defaults == nil {
			mine.Defaults = map[string]any{}
		}
		for path, value := range known.Defaults {
			if _, has := mine.Defaults[path]; !has {
				mine.Defaults[path] = value
			}
		}
	}
}

// Resource has the facts about a resource type; empty ones where the overlay has no entry.
func (f *File) Resource(name string) *Facts { return or(f.Resources[name]) }

// DataSource has the facts about a data source; empty ones where the overlay has no entry.
func (f *File) DataSource(name string) *Facts { return or(f.DataSources[name]) }

func or(known *Facts) *Facts {
	if known == nil {
		return &Facts{}
	}
	return known
}

func (f *Facts) prepare() error {
	for path, limit := range f.Limits {
		if err := limit.prepare(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		f.Limits[path] = limit
	}
	return nil
}

// Check finds names in the facts that the type's schema does not have.
func (f *Facts) Check(block *schema.Block) error {
	var names []string
	names = append(append(names, f.ForceNew...), f.Sensitive...)
	for _, groups := range [][][]string{f.Conflicts, f.ExactlyOne, f.AtLeastOne, f.RequiredWith} {
		for _, group := range groups {
			names = append(names, group...)
		}
	}
	if f.Unique != nil {
		names = append(names, f.Unique.By...)
	}
	for name := range f.Defaults {
		names = append(names, name)
	}
	for name := range f.Computed {
		names = append(names, name)
	}
	for name := range f.Generated {
		names = append(names, name)
	}
	for name, recompute := range f.Recompute {
		names = append(append(names, name), recompute.Ignoring...)
		if recompute.When != "" {
			names = append(names, recompute.When)
		}
	}
	for name := range f.Limits {
		names = append(names, name)
	}
	for _, name := range names {
		if !has(block, strings.Split(name, ".")) {
			return fmt.Errorf("the overlay names %s, which the schema does not have", name)
		}
	}
	if f.provider != nil {
		return f.provider.Check(block)
	}
	return nil
}

func has(block *schema.Block, path []string) bool {
	if len(path) == 1 && block.Attributes[path[0]] != nil {
		return true
	}
	nested := block.Blocks[path[0]]
	return nested != nil && (len(path) == 1 || has(nested.Block, path[1:]))
}
