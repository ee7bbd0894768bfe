package policy

import (
	"encoding/json"
	"fmt"
	"sort"
)

// principals by their type. A single identifier that was written as text stays text.
type principals struct {
	types map[string]any
}

func (p *principals) add(kind string, identifiers []string) {
	if p.types == nil {
		p.types = map[string]any{}
	}
	switch before := p.types[kind].(type) {
	case nil:
		p.types[kind] = single(identifiers)
	case string:
		p.types[kind] = append([]string{before}, identifiers...)
	case []string:
		p.types[kind] = append(before, identifiers...)
	}
}

func single(of []string) any {
	if len(of) == 1 {
		return of[0]
	}
	return of
}

// MarshalJSON writes {"*": "*"} as "*": IAM takes the long form for roles only with the type AWS.
func (p *principals) MarshalJSON() ([]byte, error) {
	if everyone, ok := p.types["*"]; ok && len(p.types) == 1 {
		if list, isList := everyone.([]string); everyone == any("*") || isList && len(list) == 1 && list[0] == "*" {
			return []byte(`"*"`), nil
		}
	}
	return json.Marshal(p.types)
}

func (p *principals) UnmarshalJSON(raw []byte) error {
	var everyone string
	if json.Unmarshal(raw, &everyone) == nil {
		p.types = map[string]any{"*": []string{"*"}}
		return nil
	}
	var types map[string]any
	if err := json.Unmarshal(raw, &types); err != nil {
		return fmt.Errorf("a principal is neither text nor an object: %w", err)
	}
	p.types = map[string]any{}
	for kind, given := range types {
		switch given := given.(type) {
		case string:
			p.types[kind] = given
		case []any:
			list := texts(given)
			sort.Sort(sort.Reverse(sort.StringSlice(list)))
			p.types[kind] = list
		default:
			return fmt.Errorf("the principal %s is neither text nor a list", kind)
		}
	}
	return nil
}

// conditions by test and variable.
type conditions map[string]map[string][]string

func (c conditions) with(test, variable string, values []string) conditions {
	if c == nil {
		c = conditions{}
	}
	if c[test] == nil {
		c[test] = map[string][]string{}
	}
	c[test][variable] = append(c[test][variable], values...)
	return c
}

// MarshalJSON writes a single value without its list.
func (c conditions) MarshalJSON() ([]byte, error) {
	out := map[string]map[string]any{}
	for test, variables := range c {
		out[test] = map[string]any{}
		for variable, values := range variables {
			out[test][variable] = single(values)
		}
	}
	return json.Marshal(out)
}

func (c *conditions) UnmarshalJSON(raw []byte) error {
	var tests map[string]map[string]any
	if err := json.Unmarshal(raw, &tests); err != nil {
		return err
	}
	for test, variables := range tests {
		for variable, given := range variables {
			values := []string{}
			if list, ok := given.([]any); ok {
				for _, each := range list {
					values = append(values, fmt.Sprint(each))
				}
			} else {
				values = append(values, fmt.Sprint(given))
			}
			*c = c.with(test, variable, values)
		}
	}
	return nil
}
