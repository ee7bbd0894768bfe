package policy

import "testing"

type object = map[string]any
type list = []any

func TestRender(t *testing.T) {
	read := object{"sid": "Read", "actions": list{"s3:GetObject"}, "resources": list{"b/*", "a/*"}}
	for name, c := range map[string]struct {
		config object
		want   string
	}{
		"a statement allows unless it says otherwise, one value is no list and many are sorted backwards": {
			object{"statement": list{read}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":["b/*","a/*"]}]}`,
		},
		"a statement takes the place of a source's statement with its Sid": {
			object{
				"source_policy_documents": list{`{"Statement":[{"Sid":"Read","Effect":"Deny","Action":"*"},{"Effect":"Deny","Action":"x:Y"}]}`},
				"statement":               list{object{"sid": "Read", "actions": list{"a:B"}}},
			},
			`{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"a:B"},{"Effect":"Deny","Action":"x:Y"}]}`,
		},
		"an override takes the place of a statement with its Sid, and is appended without one": {
			object{
				"statement":                 list{object{"sid": "Read", "actions": list{"a:B"}}, object{"actions": list{"c:D"}}},
				"override_policy_documents": list{"", `{"Statement":[{"Sid":"Read","Effect":"Deny","Action":"a:B"},{"Effect":"Deny","Action":"e:F"}]}`},
			},
			`{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Deny","Action":"a:B"},{"Effect":"Allow","Action":"c:D"},{"Effect":"Deny","Action":"e:F"}]}`,
		},
		"principals of one type are joined": {
			object{"statement": list{object{"actions": list{"sts:AssumeRole"}, "principals": list{
				object{"type": "Service", "identifiers": list{"ec2.amazonaws.com"}},
				object{"type": "Service", "identifiers": list{"a.amazonaws.com", "b.amazonaws.com"}},
			}}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ec2.amazonaws.com","b.amazonaws.com","a.amazonaws.com"]}}]}`,
		},
		"everyone is a star": {
			object{"statement": list{object{"principals": list{object{"type": "*", "identifiers": list{"*"}}}}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*"}]}`,
		},
		"every AWS principal is not everyone": {
			object{"statement": list{object{"principals": list{object{"type": "AWS", "identifiers": list{"*"}}}}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"}}]}`,
		},
		"conditions on one variable are joined in their order, and IAM's variables are written": {
			object{"statement": list{object{"condition": list{
				object{"test": "StringLike", "variable": "s3:prefix", "values": list{"home/&{aws:username}"}},
				object{"test": "StringLike", "variable": "s3:prefix", "values": list{"", "home/"}},
				object{"test": "Bool", "variable": "aws:SecureTransport", "values": list{"false"}},
			}}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Condition":{"Bool":{"aws:SecureTransport":"false"},"StringLike":{"s3:prefix":["home/${aws:username}","","home/"]}}}]}`,
		},
		"an older version and an id are kept": {
			object{"version": "2008-10-17", "policy_id": "p"},
			`{"Version":"2008-10-17","Id":"p"}`,
		},
	} {
		got, err := Render(c.config)
		if err != nil || got.Minified != c.want {
			t.Errorf("%s:\n got %s %v\nwant %s", name, got.Minified, err, c.want)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	twice := object{"sid": "A", "actions": list{"a:B"}}
	for name, config := range map[string]object{
		"a Sid twice":                      {"statement": list{twice, twice}},
		"a Sid twice in source documents":  {"source_policy_documents": list{`{"Statement":[{"Sid":"A"}]}`, `{"Statement":[{"Sid":"A"}]}`}},
		"a source that is no JSON":         {"source_policy_documents": list{"{"}},
		"an override that is no JSON":      {"override_policy_documents": list{"x"}},
		"a variable in an old document":    {"version": "2008-10-17", "statement": list{object{"resources": list{"&{a}"}}}},
		"a principal that is not readable": {"source_policy_documents": list{`{"Statement":[{"Principal":{"AWS":1}}]}`}},
	} {
		if got, err := Render(config); err == nil {
			t.Errorf("%s was not refused: %s", name, got.Minified)
		}
	}
}
