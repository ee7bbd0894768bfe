package server

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/value"
)

// nameOf gives the key of what must be another for each object of a type, and it in words. It is
// empty for a type or an object of which nothing must.
func (s *Server) nameOf(resource string, known *facts.Facts, object tftypes.Value) (key, words string) {
	rule := known.Unique
	fields := value.Fields(object)
	if rule == nil || len(fields) == 0 || value.True(fields[rule.Unless]) {
		return "", ""
	}
	parts := []string{resource}
	if rule.Scope != "world" {
		parts = append(parts, s.account)
	}
	if rule.Scope == "" {
		region := value.Text(fields["region"])
		if region == "" {
			region = s.region
		}
		parts = append(parts, region)
	}
	var named []string
	for _, name := range rule.By {
		if !value.Given(fields[name]) {
			return "", ""
		}
		named = append(named, fmt.Sprint(value.Plain(fields[name])))
	}
	words = strings.Join(named, " ")
	// AWS keeps the case of some names, and compares none with it.
	return strings.ToLower(strings.Join(append(parts, named...), "|")), words
}

// takeName gives an object its name. AWS refuses one that another object has, but for a few types
// takes it from that one.
func (s *Server) takeName(resource string, known *facts.Facts, before, after tftypes.Value) (*tfprotov5.Diagnostic, error) {
	key, words := s.nameOf(resource, known, after)
	had, _ := s.nameOf(resource, known, before)
	if key == "" || key == had {
		return nil, nil
	}
	id := value.Text(value.Fields(after)["id"])
	if known.Unique.Error == "" {
		return nil, s.names.Overwrite(key, id)
	}
	free, err := s.names.Take(key, id)
	if err != nil {
		return nil, err
	}
	if !free {
		return failure(fmt.Sprintf("%s: there is another %s with %s %s", known.Unique.Error, resource,
			strings.Join(known.Unique.By, " and "), words), "both objects", "give one of them another"), nil
	}
	return nil, s.dropName(resource, known, before)
}

// dropName frees the name of an object that is gone or has another now.
func (s *Server) dropName(resource string, known *facts.Facts, object tftypes.Value) error {
	key, _ := s.nameOf(resource, known, object)
	if key == "" {
		return nil
	}
	if known.Unique.Error == "" {
		return s.names.Delete(key)
	}
	return s.names.Release(key, value.Text(value.Fields(object)["id"]))
}

// findName looks for an object by its name, and learns the name of one that it has not seen yet.
func (s *Server) findName(resource string, known *facts.Facts, object tftypes.Value) (bool, error) {
	key, _ := s.nameOf(resource, known, object)
	if key == "" {
		return true, nil
	}
	if deleted, err := s.names.IsDeleted(key); deleted || err != nil {
		return false, err
	}
	return true, s.names.Learn(key, value.Text(value.Fields(object)["id"]))
}
