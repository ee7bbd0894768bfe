// Package policy makes the JSON of an aws_iam_policy_document as the AWS provider does: source
// documents first, then the statements, then the overrides; a statement replaces an earlier one
// that has its Sid.
package policy

import (
	"encoding/json"
	"fmt"
)

// Document is the JSON text of a policy, in both forms that the data source offers.
type Document struct {
	JSON     string
	Minified string
}

type document struct {
	Version   string       `json:",omitempty"`
	ID        string       `json:"Id,omitempty"`
	Statement []*statement `json:",omitempty"`
}

type statement struct {
	Sid          string      `json:",omitempty"`
	Effect       string      `json:",omitempty"`
	Action       any         `json:",omitempty"`
	NotAction    any         `json:",omitempty"`
	Resource     any         `json:",omitempty"`
	NotResource  any         `json:",omitempty"`
	Principal    *principals `json:",omitempty"`
	NotPrincipal *principals `json:",omitempty"`
	Condition    conditions  `json:",omitempty"`
}

// Render makes the document of a data source's configuration, given as decoded JSON.
func Render(config map[string]any) (Document, error) {
	merged := &document{}
	sources, err := parseAll(texts(config["source_policy_documents"]), "source document")
	if err != nil {
		return Document{}, err
	}
	sids := map[string]bool{}
	for _, source := range sources {
		if err := claim(sids, source.Statement); err != nil {
			return Document{}, fmt.Errorf("source documents: %w", err)
		}
		merged.merge(source)
	}
	own, err := configured(config)
	if err != nil {
		return Document{}, err
	}
	merged.merge(own)
	overrides, err := parseAll(texts(config["override_policy_documents"]), "override document")
	if err != nil {
		return Document{}, err
	}
	for _, override := range overrides {
		merged.merge(override)
	}
	indented, err := json.MarshalIndent(merged, "", "  ")
	if err != nil {
		return Document{}, err
	}
	minified, err := json.Marshal(merged)
	return Document{JSON: string(indented), Minified: string(minified)}, err
}

func parseAll(documents []string, kind string) ([]*document, error) {
	var parsed []*document
	for index, text := range documents {
		if text == "" {
			continue
		}
		d := &document{}
		if err := json.Unmarshal([]byte(text), d); err != nil {
			return nil, fmt.Errorf("%s %d: %w", kind, index, err)
		}
		parsed = append(parsed, d)
	}
	return parsed, nil
}

// claim refuses a Sid that was there before.
func claim(sids map[string]bool, statements []*statement) error {
	for _, s := range statements {
		if s.Sid != "" && sids[s.Sid] {
			return fmt.Errorf("the Sid %s is there twice", s.Sid)
		}
		sids[s.Sid] = true
	}
	return nil
}

func (d *document) merge(newer *document) {
	if newer.ID != "" {
		d.ID = newer.ID
	}
	if newer.Version > d.Version {
		d.Version = newer.Version
	}
	for _, s := range newer.Statement {
		if at := d.find(s.Sid); at >= 0 {
			d.Statement[at] = s
		} else {
			d.Statement = append(d.Statement, s)
		}
	}
}

func (d *document) find(sid string) int {
	for at, s := range d.Statement {
		if sid != "" && s.Sid == sid {
			return at
		}
	}
	return -1
}
