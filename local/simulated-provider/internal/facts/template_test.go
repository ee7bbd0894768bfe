package facts

import (
	"reflect"
	"testing"
)

type object map[string]string

func (o object) Attribute(name string) string { return o[name] }

func (object) Fresh(kind string, length int) (string, bool) {
	return "fresh", kind == "hex" && length > 0
}

func TestExpand(t *testing.T) {
	from := object{"name": "web", "arn": "arn:aws:x:loadbalancer/app/web/1", "kind": "network", "path": "a/b", "hex": "own"}
	for template, want := range map[string]string{
		"arn:aws:sqs:{name}":                    "arn:aws:sqs:web",
		"lt-{hex:17}":                           "lt-fresh",
		"{hex}":                                 "own",
		"{arn|after:loadbalancer/}":             "app/web/1",
		"{arn|last:/}":                          "1",
		"{kind|map:network=net,*=app}":          "net",
		"{none|map:network=net,*=app}":          "app",
		"{none|map:=empty,*=given}":             "empty",
		"{none|or:default}":                     "default",
		"{path|last:/|or:x}":                    "b",
		"parameter{path|slash}":                 "parameter/a/b",
		"role:{name}:{none}":                    "role:web:",
		"a text without any":                    "a text without any",
		"{name|map:other=1}":                    "web",
		"{\"json\": \"is no placeholder\"}":     "{\"json\": \"is no placeholder\"}",
		"function:{arn|last::}":                 "function:loadbalancer/app/web/1",
		"{kind|map:*=app}/{name}/{hex:16}":      "app/web/fresh",
		"{kind|map:network=,*=internal-}{name}": "web",
	} {
		if got := Expand(template, from); got != want {
			t.Errorf("%s is %q, not %q", template, got, want)
		}
	}
}

func TestMatchReadsWhatATemplateWasMadeOf(t *testing.T) {
	for _, c := range []struct {
		template, text string
		want           map[string]string
	}{
		{"{bucket}", "releases", map[string]string{"bucket": "releases"}},
		{"{role}:{name}", "web:read", map[string]string{"role": "web", "name": "read"}},
		{"arn:aws:x:{region}:{kind|map:*=app}/{name}/{hex:16}", "arn:aws:x:eu:net/web/0123",
			map[string]string{"region": "eu", "name": "web"}},
		{"{role}:{name}", "web", nil},
		{"lt-{hex:17}", "lt-1", map[string]string{}},
	} {
		if got := Match(c.template, c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s of %s tells %v, not %v", c.text, c.template, got, c.want)
		}
	}
}
