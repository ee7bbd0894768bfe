package server

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"

	"shoestring/local/simulated-provider/internal/names"
	"shoestring/local/simulated-provider/internal/value"
)

// create gives the error of a create, if any.
func (r *resource) create(config object) string {
	r.Helper()
	planned := r.plan(config, config)
	applied, err := r.server.ApplyResourceChange(context.Background(), &tfprotov5.ApplyResourceChangeRequest{
		TypeName: r.kind, PriorState: r.dynamic(value.Null(r.typed(object{}).Type())),
		PlannedState: planned.PlannedState, Config: r.dynamic(r.typed(config)),
	})
	must(r.T, err)
	for _, refused := range applied.Diagnostics {
		return refused.Summary
	}
	r.read(applied.NewState)
	return ""
}

func (r *resource) destroy() {
	r.Helper()
	gone := r.dynamic(value.Null(r.typed(object{}).Type()))
	_, err := r.server.ApplyResourceChange(context.Background(), &tfprotov5.ApplyResourceChangeRequest{
		TypeName: r.kind, PriorState: r.dynamic(r.state), PlannedState: gone, Config: gone,
	})
	must(r.T, err)
}

// isThere says whether a refresh finds the object.
func (r *resource) isThere() bool {
	r.Helper()
	read, err := r.server.ReadResource(context.Background(),
		&tfprotov5.ReadResourceRequest{TypeName: r.kind, CurrentState: r.dynamic(r.state)})
	must(r.T, err)
	now, err := read.NewState.Unmarshal(r.state.Type())
	must(r.T, err)
	return !now.IsNull()
}

func two(t *testing.T, kind string) (*resource, *resource) {
	server := testServer(t)
	return &resource{T: t, server: server, kind: kind}, &resource{T: t, server: server, kind: kind}
}

func TestASecondObjectOfANameIsRefusedUntilTheFirstIsGone(t *testing.T) {
	one, other := two(t, "aws_launch_template")
	if refused := one.create(object{"name": "web"}); refused != "" {
		t.Fatal(refused)
	}
	refused := other.create(object{"name": "WEB"})
	if !strings.HasPrefix(refused, "InvalidLaunchTemplateName.AlreadyExistsException: there is another aws_launch_template with name WEB") {
		t.Error(refused)
	}
	one.destroy()
	if refused := other.create(object{"name": "WEB"}); refused != "" {
		t.Error(refused)
	}
}

func TestANameOfAnotherRegionIsAnother(t *testing.T) {
	one, other := two(t, "aws_launch_template")
	one.create(object{"name": "web"})
	other.server.region = "eu-west-1"
	if refused := other.create(object{"name": "web"}); refused != "" {
		t.Error(refused)
	}
}

func TestAnAlarmReplacesAnotherOfItsNameAndADestroyOfThatDeletesIt(t *testing.T) {
	one, other := two(t, "aws_cloudwatch_metric_alarm")
	one.create(object{"alarm_name": "web-errors"})
	if refused := other.create(object{"alarm_name": "web-errors", "threshold": 5}); refused != "" {
		t.Fatal(refused)
	}
	if !other.isThere() {
		t.Error("it is gone before anything was destroyed")
	}
	one.destroy()
	if other.isThere() {
		t.Error("a delete by name leaves nothing of that name")
	}
	other.create(object{"alarm_name": "web-errors"})
	if !other.isThere() {
		t.Error("another create makes it again")
	}
}

func TestNamesMeetThoseOfOtherRunsInAFile(t *testing.T) {
	t.Setenv(names.File, filepath.Join(t.TempDir(), "names.json"))
	one, _ := two(t, "aws_launch_template")
	other, _ := two(t, "aws_launch_template")
	one.create(object{"name": "web"})
	if refused := other.create(object{"name": "web"}); refused == "" {
		t.Error("two stacks have one name")
	}
}

func TestAnObjectFromBeforeTheFileHasItsName(t *testing.T) {
	one, _ := two(t, "aws_launch_template")
	one.create(object{"name": "web"})
	t.Setenv(names.File, filepath.Join(t.TempDir(), "names.json"))
	one.server.names = names.Load()
	if !one.isThere() {
		t.Error("it is gone")
	}
	other, _ := two(t, "aws_launch_template")
	if refused := other.create(object{"name": "web"}); refused == "" {
		t.Error("two objects have one name")
	}
}

func TestAPriorityIsTakenUntilItsRuleHasAnother(t *testing.T) {
	one, other := two(t, "aws_lb_listener_rule")
	rule := func(priority int) object { return object{"listener_arn": "arn:listener", "priority": priority} }
	one.create(rule(10))
	other.create(rule(20))
	change := func(r *resource, priority int) string {
		state := value.Plain(r.state).(object)
		state["priority"] = priority
		planned := r.plan(rule(priority), state)
		applied, err := r.server.ApplyResourceChange(context.Background(), &tfprotov5.ApplyResourceChangeRequest{
			TypeName: r.kind, PriorState: r.dynamic(r.state), PlannedState: planned.PlannedState,
			Config: r.dynamic(r.typed(rule(priority))),
		})
		must(t, err)
		r.read(applied.NewState)
		for _, refused := range applied.Diagnostics {
			return refused.Summary
		}
		return ""
	}
	if refused := change(one, 20); !strings.HasPrefix(refused, "PriorityInUse: ") {
		t.Error(refused)
	}
	if refused := change(other, 30) + change(one, 20); refused != "" {
		t.Error(refused)
	}
}
