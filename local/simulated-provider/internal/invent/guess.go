package invent

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

// guess makes a value that the overlay has no template for: by its type and name.
func (m *Maker) guess(t tftypes.Type, at place) tftypes.Value {
	switch t := t.(type) {
	case tftypes.List, tftypes.Set:
		return tftypes.NewValue(t, []tftypes.Value{})
	case tftypes.Map:
		return tftypes.NewValue(t, map[string]tftypes.Value{})
	case tftypes.Object:
		fields := map[string]tftypes.Value{}
		for key, of := range t.AttributeTypes {
			fields[key] = m.guess(of, within(at.block, at.path, key))
		}
		return tftypes.NewValue(t, fields)
	}
	switch {
	case t.Is(tftypes.Bool):
		return tftypes.NewValue(t, at.name == "enabled")
	case t.Is(tftypes.Number) && (at.name == "version" || strings.HasSuffix(at.name, "_version")):
		return tftypes.NewValue(t, 1)
	case t.Is(tftypes.Number):
		return tftypes.NewValue(t, 0)
	case at.path == at.name:
		return value.String(m.topText(at.name, at.optional))
	case at.name == "id":
		return value.String("simulated-" + m.fresh("hex", 12))
	}
	return value.String(m.text(at.name, at.optional))
}

// topText makes the text of an attribute of the object itself.
func (m *Maker) topText(name string, optional bool) string {
	if _, generated := m.Facts.Generated[name]; generated || m.Block.Attributes[name+"_prefix"] != nil {
		return m.name(name)
	}
	switch {
	case strings.HasSuffix(name, "_prefix") && optional:
		return "" // given instead of the name; the provider reports none where a name is given
	case name == "id":
		return "simulated-" + m.fresh("hex", 17)
	case name == "name":
		return "simulated-" + m.fresh("hex", 12)
	case name == "arn":
		service, rest := m.service()
		return "arn:aws:" + service + ":" + m.Attribute("region") + ":" + m.Account + ":" + rest + "/" + m.called()
	}
	return m.text(name, optional)
}

// text makes the text of any other attribute.
func (m *Maker) text(name string, optional bool) string {
	switch {
	case name == "region":
		return m.Attribute("region")
	case name == "account_id", name == "owner_id", name == "owner":
		return m.Account
	case strings.HasSuffix(name, "availability_zone"):
		return m.Attribute("region") + "a"
	case name == "tags", name == "description":
		return ""
	case strings.HasSuffix(name, "_time"), strings.HasSuffix(name, "_date"), strings.HasSuffix(name, "_at"):
		return m.fresh("now", 0)
	case optional:
		return "" // what AWS reports of most things that were not asked for
	case name == "dns_name", strings.HasSuffix(name, "domain_name"), strings.HasSuffix(name, "_dns"), name == "endpoint":
		service, _ := m.service()
		return "simulated-" + m.fresh("hex", 12) + "." + service + "." + m.Attribute("region") + ".amazonaws.com"
	case strings.HasSuffix(name, "_arn"):
		service, _ := m.service()
		return "arn:aws:" + service + ":" + m.Attribute("region") + ":" + m.Account + ":" +
			strings.TrimSuffix(name, "_arn") + "/simulated-" + m.fresh("hex", 12)
	case strings.HasSuffix(name, "_ip"):
		return "192.0.2.1" // an address of documentation, of nobody
	case name == "json":
		return "{}"
	}
	return "simulated-" + strings.ReplaceAll(name, "_", "-") + "-" + m.fresh("hex", 8)
}

// name makes a name as the provider does: the given prefix or its own, and what makes it unique.
func (m *Maker) name(name string) string {
	of := m.Facts.Generated[name]
	prefix := value.Text(m.fields[name+"_prefix"])
	if prefix == "" {
		prefix = of.Prefix
	}
	if prefix == "" {
		prefix = "terraform-"
	}
	suffix := m.expand(of.Suffix).(string)
	unique := m.Now().UTC().Format("20060102150405") + m.fresh("digits", 4) + m.fresh("hex", 8)
	if room := of.Max - len(prefix) - len(suffix); of.Max > 0 && room < len(unique) {
		// What differs most is at the end.
		unique = unique[len(unique)-max(room, 0):]
	}
	return prefix + unique + suffix
}

// called is how the object is called in an arn.
func (m *Maker) called() string {
	for _, name := range []string{"name", "identifier", "bucket"} {
		if m.Block.Attributes[name] != nil {
			if given := m.Attribute(name); given != "" {
				return given
			}
		}
	}
	return "simulated-" + m.fresh("hex", 12)
}

// service is the first word of the type and what follows it: aws_sqs_queue is queue of sqs.
func (m *Maker) service() (string, string) {
	_, rest, _ := strings.Cut(m.Type, "_")
	service, thing, found := strings.Cut(rest, "_")
	if !found {
		return service, service
	}
	return service, strings.ReplaceAll(thing, "_", "-")
}
