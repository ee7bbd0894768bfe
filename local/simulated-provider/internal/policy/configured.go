package policy

import (
	"fmt"
	"sort"
	"strings"
)

// configured is the document that the data source's own arguments make.
func configured(config map[string]any) (*document, error) {
	d := &document{Version: text(config["version"]), ID: text(config["policy_id"])}
	if d.Version == "" {
		d.Version = "2012-10-17"
	}
	for index, each := range blocks(config["statement"]) {
		s, err := configuredStatement(each, d.Version)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", index, err)
		}
		d.Statement = append(d.Statement, s)
	}
	return d, claim(map[string]bool{}, d.Statement)
}

func configuredStatement(from map[string]any, version string) (*statement, error) {
	s := &statement{Sid: text(from["sid"]), Effect: text(from["effect"])}
	if s.Effect == "" {
		s.Effect = "Allow"
	}
	s.Action, s.NotAction = oneOrMany(texts(from["actions"])), oneOrMany(texts(from["not_actions"]))
	var err error
	variables := func(name string) any {
		replaced, failed := withVariables(texts(from[name]), version)
		if failed != nil {
			err = fmt.Errorf("%s: %w", name, failed)
		}
		return oneOrMany(replaced)
	}
	s.Resource, s.NotResource = variables("resources"), variables("not_resources")
	who := func(name string) *principals {
		made, failed := configuredPrincipals(blocks(from[name]), version)
		if failed != nil {
			err = fmt.Errorf("%s: %w", name, failed)
		}
		return made
	}
	s.Principal, s.NotPrincipal = who("principals"), who("not_principals")
	for _, each := range blocks(from["condition"]) {
		values, failed := withVariables(texts(each["values"]), version)
		if failed != nil {
			err = fmt.Errorf("condition: %w", failed)
		}
		s.Condition = s.Condition.with(text(each["test"]), text(each["variable"]), values)
	}
	return s, err
}

func configuredPrincipals(from []map[string]any, version string) (*principals, error) {
	var made *principals
	for _, each := range from {
		identifiers, err := withVariables(texts(each["identifiers"]), version)
		if err != nil {
			return nil, err
		}
		if made == nil {
			made = &principals{}
		}
		made.add(text(each["type"]), backwards(identifiers))
	}
	return made, nil
}

// withVariables writes IAM's own ${…}, which a configuration gives as &{…}.
func withVariables(in []string, version string) ([]string, error) {
	out := make([]string, len(in))
	for i, each := range in {
		if version == "2008-10-17" && strings.Contains(each, "&{") {
			return nil, fmt.Errorf("%s has &{, which documents of version 2008-10-17 do not know", each)
		}
		out[i] = strings.ReplaceAll(each, "&{", "${")
	}
	return out, nil
}

// oneOrMany is a single text, or all of them in the order in which the provider writes sets.
func oneOrMany(of []string) any {
	switch len(of) {
	case 0:
		return nil
	case 1:
		return of[0]
	}
	return backwards(of)
}

func backwards(of []string) []string {
	sorted := append([]string{}, of...)
	sort.Sort(sort.Reverse(sort.StringSlice(sorted)))
	return sorted
}

func text(of any) string {
	s, _ := of.(string)
	return s
}

func texts(of any) []string {
	list, _ := of.([]any)
	all := make([]string, len(list))
	for i, each := range list {
		all[i] = text(each)
	}
	return all
}

func blocks(of any) []map[string]any {
	list, _ := of.([]any)
	all := make([]map[string]any, 0, len(list))
	for _, each := range list {
		if block, ok := each.(map[string]any); ok {
			all = append(all, block)
		}
	}
	return all
}
