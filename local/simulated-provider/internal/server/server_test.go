package server

import (
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

const testSchema = `{
  "provider": {"attributes": {"region": {"type": "string", "optional": true},
    "allowed_account_ids": {"type": ["set", "string"], "optional": true}}},
  "resource_schemas": {
    "aws_launch_template": {"attributes": {
      "id": {"type": "string", "optional": true, "computed": true},
      "name": {"type": "string", "optional": true, "computed": true},
      "name_prefix": {"type": "string", "optional": true, "computed": true},
      "user_data": {"type": "string", "optional": true},
      "tags": {"type": ["map", "string"], "optional": true},
      "tags_all": {"type": ["map", "string"], "optional": true, "computed": true},
      "update_default_version": {"type": "bool", "optional": true},
      "default_version": {"type": "number", "optional": true, "computed": true},
      "latest_version": {"type": "number", "computed": true}}},
    "aws_iam_role_policy": {"attributes": {
      "id": {"type": "string", "optional": true, "computed": true},
      "name": {"type": "string", "optional": true, "computed": true},
      "policy": {"type": "string", "required": true},
      "role": {"type": "string", "required": true}}},
    "aws_cloudwatch_metric_alarm": {"attributes": {
      "id": {"type": "string", "optional": true, "computed": true},
      "alarm_name": {"type": "string", "required": true},
      "arn": {"type": "string", "computed": true},
      "actions_enabled": {"type": "bool", "optional": true},
      "treat_missing_data": {"type": "string", "optional": true},
      "evaluate_low_sample_count_percentiles": {"type": "string", "optional": true, "computed": true},
      "threshold": {"type": "number", "optional": true}}},
    "aws_lb_listener_rule": {"attributes": {
      "id": {"type": "string", "optional": true, "computed": true},
      "arn": {"type": "string", "computed": true},
      "listener_arn": {"type": "string", "required": true},
      "priority": {"type": "number", "optional": true, "computed": true}}},
    "aws_rules": {"block_types": {"rule": {"nesting_mode": "set", "block": {"attributes": {
      "port": {"type": "number", "required": true},
      "rule_id": {"type": "string", "computed": true},
      "ranges": {"type": ["set", "string"], "optional": true, "computed": true}}}}}}
  },
  "data_source_schemas": {"aws_caller_identity": {"attributes": {
    "account_id": {"type": "string", "computed": true}, "id": {"type": "string", "computed": true}}}}
}`

func testServer(t *testing.T) *Server {
	t.Helper()
	t.Setenv("SHOESTRING_SIMULATED", "1")
	data := t.TempDir()
	file, err := os.Create(filepath.Join(data, "aws.schema.json.gz"))
	must(t, err)
	zipped := gzip.NewWriter(file)
	_, err = zipped.Write([]byte(testSchema))
	must(t, err)
	must(t, zipped.Close())
	must(t, file.Close())
	for _, kind := range []string{"facts", "overlay"} {
		content, err := os.ReadFile("../../" + kind + "/aws.json")
		must(t, err)
		must(t, os.WriteFile(filepath.Join(data, "aws."+kind+".json"), content, 0o600))
	}
	s, err := New("/anywhere/terraform-provider-aws_v6.25.0", data)
	must(t, err)
	s.now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type object = map[string]any

// resource is one object that tests plan and apply.
type resource struct {
	*testing.T
	server  *Server
	kind    string
	state   tftypes.Value
	private []byte
}

func (r *resource) typed(of object) tftypes.Value {
	block, err := r.server.schema.Resource(r.kind)
	must(r.T, err)
	v, err := value.Typed(block.Type, of)
	must(r.T, err)
	return v
}

func (r *resource) dynamic(v tftypes.Value) *tfprotov5.DynamicValue {
	d, err := tfprotov5.NewDynamicValue(v.Type(), v)
	must(r.T, err)
	return &d
}

// plan of a configuration. What Terraform would propose is given, as it does that itself.
func (r *resource) plan(config, proposed object) *tfprotov5.PlanResourceChangeResponse {
	r.Helper()
	prior := r.state
	if prior.Type() == nil {
		prior = value.Null(r.typed(object{}).Type())
	}
	planned, err := r.server.PlanResourceChange(context.Background(), &tfprotov5.PlanResourceChangeRequest{
		TypeName: r.kind, PriorState: r.dynamic(prior), Config: r.dynamic(r.typed(config)),
		ProposedNewState: r.dynamic(r.typed(proposed)), PriorPrivate: r.private,
	})
	must(r.T, err)
	return planned
}

// apply plans and applies, and gives the new state.
func (r *resource) apply(config, proposed object) object {
	r.Helper()
	prior := r.state
	if prior.Type() == nil {
		prior = value.Null(r.typed(object{}).Type())
	}
	planned := r.plan(config, proposed)
	applied, err := r.server.ApplyResourceChange(context.Background(), &tfprotov5.ApplyResourceChangeRequest{
		TypeName: r.kind, PriorState: r.dynamic(prior), PlannedState: planned.PlannedState,
		Config: r.dynamic(r.typed(config)), PlannedPrivate: planned.PlannedPrivate,
	})
	must(r.T, err)
	r.read(applied.NewState)
	r.private = applied.Private
	return value.Plain(r.state).(object)
}

func (r *resource) read(state *tfprotov5.DynamicValue) {
	v, err := state.Unmarshal(r.typed(object{}).Type())
	must(r.T, err)
	r.state = v
}

func replaced(planned *tfprotov5.PlanResourceChangeResponse) string {
	var names []string
	for _, path := range planned.RequiresReplace {
		names = append(names, path.String())
	}
	return strings.Join(names, " ")
}

func TestTwoObjectsOfOneConfigurationDiffer(t *testing.T) {
	server := testServer(t)
	ids := map[any]bool{}
	for range 2 {
		r := &resource{T: t, server: server, kind: "aws_launch_template"}
		state := r.apply(object{"name_prefix": "web-"}, object{"name_prefix": "web-"})
		if !regexp.MustCompile(`^lt-[0-9a-f]{17}$`).MatchString(state["id"].(string)) {
			t.Error(state["id"])
		}
		ids[state["id"]] = true
	}
	if len(ids) != 2 {
		t.Error("the same id twice")
	}
}

func TestALaunchTemplateCountsItsVersions(t *testing.T) {
	r := &resource{T: t, server: testServer(t), kind: "aws_launch_template"}
	made := r.apply(object{"name": "web"}, object{"name": "web"})
	change := func(more object) object {
		proposed := object{}
		for name, v := range value.Plain(r.state).(object) {
			proposed[name] = v
		}
		for name, v := range more {
			proposed[name] = v
		}
		return r.apply(proposed, proposed)
	}
	for _, c := range []struct {
		more   object
		latest string
	}{
		{object{"user_data": "b25l"}, "2"},
		{object{"tags": object{"a": "b"}, "tags_all": nil}, "2"},
		{object{"user_data": "dHdv", "update_default_version": true}, "3"},
	} {
		state := change(c.more)
		if got := state["latest_version"]; state["id"] != made["id"] || got.(interface{ String() string }).String() != c.latest {
			t.Errorf("%v: version %v, not %s", c.more, got, c.latest)
		}
	}
}

func TestAnotherNameReplacesAndUserDataDoesNot(t *testing.T) {
	r := &resource{T: t, server: testServer(t), kind: "aws_launch_template"}
	r.apply(object{"name": "web"}, object{"name": "web"})
	state := value.Plain(r.state).(object)
	state["user_data"] = "b25l"
	if got := replaced(r.plan(object{"name": "web", "user_data": "b25l"}, state)); got != "" {
		t.Error(got)
	}
	state["name"] = "other"
	if got := replaced(r.plan(object{"name": "other"}, state)); got != `AttributeName("name")` {
		t.Error(got)
	}
}

func TestAnImportIsNotReplacedForWhatItsIdDoesNotTell(t *testing.T) {
	r := &resource{T: t, server: testServer(t), kind: "aws_launch_template"}
	found, err := r.server.ImportResourceState(context.Background(),
		&tfprotov5.ImportResourceStateRequest{TypeName: r.kind, ID: "lt-1"})
	must(t, err)
	r.private = found.ImportedResources[0].Private
	r.read(found.ImportedResources[0].State)
	state := value.Plain(r.state).(object)
	if state["id"] != "lt-1" || state["name"] == nil {
		t.Error(state)
	}
	state["name"] = "web"
	if got := replaced(r.plan(object{"name": "web"}, state)); got != "" {
		t.Error(got)
	}
	r.apply(object{"name": "web"}, state)
	state["name"] = "other"
	if got := replaced(r.plan(object{"name": "other"}, state)); got == "" {
		t.Error("after its first apply an imported object is one like others")
	}
}

func TestAnImportTakesFromItsIdWhatThatTells(t *testing.T) {
	r := &resource{T: t, server: testServer(t), kind: "aws_iam_role_policy"}
	found, err := r.server.ImportResourceState(context.Background(),
		&tfprotov5.ImportResourceStateRequest{TypeName: r.kind, ID: "web:read"})
	must(t, err)
	r.private = found.ImportedResources[0].Private
	r.read(found.ImportedResources[0].State)
	state := value.Plain(r.state).(object)
	if state["role"] != "web" || state["name"] != "read" {
		t.Error(state)
	}
	state["role"], state["policy"] = "other", "{}"
	if got := replaced(r.plan(object{"role": "other", "policy": "{}"}, state)); got != `AttributeName("role")` {
		t.Error(got)
	}
}

func TestElementsOfASetStayWhatTheyAre(t *testing.T) {
	r := &resource{T: t, server: testServer(t), kind: "aws_rules"}
	rules := func(ports ...int) object {
		list := []any{}
		for _, port := range ports {
			list = append(list, object{"port": port})
		}
		return object{"rule": list}
	}
	ids := func(of object) map[string]any {
		found := map[string]any{}
		for _, each := range of["rule"].([]any) {
			rule := each.(object)
			found[rule["port"].(interface{ String() string }).String()] = rule["rule_id"]
		}
		return found
	}
	before := ids(r.apply(rules(80, 443), rules(80, 443)))
	after := ids(r.apply(rules(443, 8080), rules(443, 8080)))
	if before["443"] == nil || before["443"] != after["443"] || after["8080"] == nil {
		t.Error(before, after)
	}
}

func TestADataSourceTellsTheSameEveryTime(t *testing.T) {
	server := testServer(t)
	block, err := server.schema.DataSource("aws_caller_identity")
	must(t, err)
	config, err := value.Typed(block.Type, object{})
	must(t, err)
	d, err := tfprotov5.NewDynamicValue(block.Type, config)
	must(t, err)
	var states []tftypes.Value
	for range 2 {
		read, err := server.ReadDataSource(context.Background(),
			&tfprotov5.ReadDataSourceRequest{TypeName: "aws_caller_identity", Config: &d})
		must(t, err)
		state, err := read.State.Unmarshal(block.Type)
		must(t, err)
		states = append(states, state)
	}
	if !states[0].Equal(states[1]) || value.Text(value.Fields(states[0])["account_id"]) != "000000000000" {
		t.Error(states)
	}
}

func TestItDoesNotPlayForAnUnknowingCaller(t *testing.T) {
	server := testServer(t)
	t.Setenv("SHOESTRING_SIMULATED", "")
	response, err := server.PrepareProviderConfig(context.Background(), &tfprotov5.PrepareProviderConfigRequest{})
	must(t, err)
	if len(response.Diagnostics) != 1 || response.Diagnostics[0].Severity != tfprotov5.DiagnosticSeverityError {
		t.Error(response.Diagnostics)
	}
}

func TestItOffersTheTypesOfTheCallersStackOnly(t *testing.T) {
	t.Setenv(onlyTypes, "aws_rules,consul_keys")
	offered, err := testServer(t).GetProviderSchema(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(offered.ResourceSchemas) != 1 || offered.ResourceSchemas["aws_rules"] == nil {
		t.Errorf("resources: %v", value.Keys(offered.ResourceSchemas))
	}
	if len(offered.DataSourceSchemas) != 0 {
		t.Errorf("data sources: %v", value.Keys(offered.DataSourceSchemas))
	}
}
