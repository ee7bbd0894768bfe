package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/facts"
	"shoestring/local/simulated-provider/internal/schema"
	"shoestring/local/simulated-provider/internal/value"
)

// PlanResourceChange says what apply would make of a configuration.
func (s *Server) PlanResourceChange(_ context.Context, q *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	block, err := s.schema.Resource(q.TypeName)
	if err != nil {
		return nil, err
	}
	response := &tfprotov5.PlanResourceChangeResponse{PlannedPrivate: q.PriorPrivate}
	proposed, err := q.ProposedNewState.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	if proposed.IsNull() {
		response.PlannedState = q.ProposedNewState
		return response, nil
	}
	config, err := q.Config.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	prior, err := q.PriorState.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	p := planning{Server: s, block: block, facts: s.facts.Resource(q.TypeName), config: config, prior: prior,
		unread: readPrivate(q.PriorPrivate)}
	planned, err := p.plan(proposed)
	if err != nil {
		return nil, err
	}
	response.RequiresReplace = p.replacing(planned)
	response.UnsafeToUseLegacyTypeSystem = legacy(block, p.facts)
	response.PlannedState, err = dynamic(block, planned)
	return response, err
}

func dynamic(block *schema.Block, v tftypes.Value) (*tfprotov5.DynamicValue, error) {
	d, err := tfprotov5.NewDynamicValue(block.Type, v)
	return &d, err
}

type planning struct {
	*Server
	block         *schema.Block
	facts         *facts.Facts
	config, prior tftypes.Value
	unread        *imported
}

// legacy says whether a value may differ from the configuration: a default of an argument that is
// not computed may, as it does in the real provider. Everywhere else Terraform checks the plan.
func legacy(block *schema.Block, known *facts.Facts) bool {
	for name := range known.Defaults {
		if attribute := block.Attributes[name]; attribute != nil && !attribute.Computed {
			return true
		}
	}
	return false
}

func (p *planning) plan(proposed tftypes.Value) (tftypes.Value, error) {
	create := p.prior.IsNull()
	fields := value.Fields(proposed)
	if err := p.setDefaults(fields); err != nil {
		return proposed, err
	}
	p.setRegion(fields)
	p.setTags(fields)
	planned := tftypes.NewValue(proposed.Type(), fields)
	if !create && planned.Equal(p.prior) {
		return planned, nil
	}
	planned = markComputed(p.block, planned, p.prior, create)
	if create {
		return planned, nil
	}
	fields = value.Fields(planned)
	for name, recompute := range p.facts.Recompute {
		if p.recomputes(recompute, fields) {
			fields[name] = value.Unknown(p.block.Attributes[name].Type)
		}
	}
	return tftypes.NewValue(planned.Type(), fields), nil
}

func (p *planning) setDefaults(fields map[string]tftypes.Value) error {
	given := value.Fields(p.config)
	for name, fallback := range p.facts.Defaults {
		attribute := p.block.Attributes[name]
		// A computed argument that was given before keeps its value, as its provider does.
		if !given[name].IsNull() || attribute.Computed && !fields[name].IsNull() {
			continue
		}
		typed, err := value.Typed(attribute.Type, fallback)
		if err != nil {
			return err
		}
		fields[name] = typed
	}
	return nil
}

// setRegion tells the region of an AWS object while planning.
func (p *planning) setRegion(fields map[string]tftypes.Value) {
	if a := p.block.Attributes["region"]; p.name == "aws" && a != nil && a.Computed && a.Optional && fields["region"].IsNull() {
		fields["region"] = value.String(p.region)
	}
}

// setTags tells all tags of an AWS object while planning: the provider's default ones and its own.
func (p *planning) setTags(fields map[string]tftypes.Value) {
	all, own := p.block.Attributes["tags_all"], fields["tags"]
	if p.name != "aws" || all == nil || p.block.Attributes["tags"] == nil || value.Given(value.Fields(p.config)["tags_all"]) {
		return
	}
	if !own.IsFullyKnown() {
		fields["tags_all"] = value.Unknown(all.Type)
		return
	}
	tags := map[string]tftypes.Value{}
	for _, from := range []map[string]tftypes.Value{p.defaultTags, value.Fields(own)} {
		for key, tag := range from {
			tags[key] = tag
		}
	}
	fields["tags_all"] = tftypes.NewValue(all.Type, tags)
}

func (p *planning) recomputes(rule facts.Recompute, planned map[string]tftypes.Value) bool {
	if rule.When != "" && !value.True(planned[rule.When]) {
		return false
	}
	ignored := map[string]bool{}
	for _, name := range rule.Ignoring {
		ignored[name] = true
	}
	for name, before := range value.Fields(p.prior) {
		if !ignored[name] && !planned[name].Equal(before) {
			return true
		}
	}
	return false
}

// replacing finds the changes that AWS makes only to a new object.
func (p *planning) replacing(planned tftypes.Value) []*tftypes.AttributePath {
	if p.prior.IsNull() {
		return nil
	}
	names := p.facts.ForceNew
	if a := p.block.Attributes["region"]; p.name == "aws" && a != nil && a.Computed && a.Optional {
		names = append([]string{"region"}, names...)
	}
	var paths []*tftypes.AttributePath
	before, after := value.Fields(p.prior), value.Fields(planned)
	for _, name := range names {
		if !after[name].Equal(before[name]) && !p.unread.has(name) {
			paths = append(paths, tftypes.NewAttributePath().WithAttributeName(name))
		}
	}
	return paths
}
