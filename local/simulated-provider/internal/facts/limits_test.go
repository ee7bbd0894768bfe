package facts

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

type fields = map[string]tftypes.Value

func text(s string) tftypes.Value { return value.String(s) }
func number(n int) tftypes.Value  { return tftypes.NewValue(tftypes.Number, n) }
func unknown() tftypes.Value      { return value.Unknown(tftypes.String) }
func blocks(all ...fields) tftypes.Value {
	list := []tftypes.Value{}
	t := tftypes.Object{}
	for _, each := range all {
		t = objectOf(each).Type().(tftypes.Object)
		list = append(list, objectOf(each))
	}
	return tftypes.NewValue(tftypes.List{ElementType: t}, list)
}

func objectOf(of fields) tftypes.Value {
	types := map[string]tftypes.Type{}
	for name, v := range of {
		types[name] = v.Type()
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, of)
}

func overlay(t *testing.T) *File {
	file, err := Load("../../overlay/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatAWSRefusesIsFound(t *testing.T) {
	file := overlay(t)
	long := strings.Repeat("a", 65)
	for _, c := range []struct {
		kind   string
		config fields
		want   string
	}{
		{"aws_lb_target_group", fields{"name": text(long[:33])}, "name \"" + long[:33] + "\" has 33 characters, more than 32"},
		{"aws_lb_target_group", fields{"name": text("-web")}, "must not be of the form"},
		{"aws_lb_target_group", fields{"name_prefix": text("longer-")}, "more than 6"},
		{"aws_lb_target_group", fields{"protocol": text("FTP")}, "protocol \"FTP\" is none of"},
		{"aws_lb_target_group", fields{"health_check": blocks(fields{"interval": number(1)})}, "health_check.interval 1 is less than 5"},
		{"aws_lb_target_group", fields{"deregistration_delay": text("3601")}, "seconds between 0 and 3600"},
		{"aws_lb_listener_rule", fields{"priority": number(50001)}, "priority 50001 is more than 50000"},
		{"aws_iam_role", fields{"name": text(long)}, "more than 64"},
		{"aws_iam_role", fields{"name": text("a b")}, "is not of the form"},
		{"aws_s3_bucket", fields{"bucket": text("Releases")}, "a bucket name"},
		{"aws_s3_bucket", fields{"bucket": text("ab")}, "fewer than 3"},
		{"aws_s3_bucket", fields{"bucket": text("10.0.0.1")}, "must not be"},
		{"aws_sqs_queue", fields{"visibility_timeout_seconds": number(43201)}, "more than 43200"},
		{"aws_cloudwatch_log_group", fields{"retention_in_days": number(31)}, "is none of"},
		{"aws_launch_template", fields{"metadata_options": blocks(fields{"http_tokens": text("maybe")})}, "is none of optional, required"},
		{"aws_launch_template", fields{"user_data": text("#!/bin/sh")}, "base64"},
		{"aws_lambda_function", fields{"function_name": text(long)}, "must not be"},
		{"aws_security_group", fields{"name": text("a"), "name_prefix": text("b")}, "name and name_prefix cannot be given together"},
		{"aws_vpc_security_group_ingress_rule", fields{"cidr_ipv4": text("10.0.0.0/8"), "prefix_list_id": text("pl-1")}, "only one can be given"},
		{"aws_vpc_security_group_ingress_rule", fields{}, "one must be given"},
		{"aws_vpc_security_group_ingress_rule", fields{"cidr_ipv4": text("10.0.0.0")}, "an IPv4 range"},
	} {
		found := ""
		for _, broken := range file.Resource(c.kind).Validate(objectOf(c.config)) {
			found += broken.Happened + "\n"
		}
		if !strings.Contains(found, c.want) {
			t.Errorf("%s %v: %q has no %q", c.kind, c.config, found, c.want)
		}
	}
}

func TestWhatIsNotKnownYetBreaksNothing(t *testing.T) {
	config := objectOf(fields{
		"cidr_ipv4": unknown(), "prefix_list_id": value.Null(tftypes.String),
		"from_port": value.Unknown(tftypes.Number), "ip_protocol": unknown(),
	})
	if broken := overlay(t).Resource("aws_vpc_security_group_ingress_rule").Validate(config); len(broken) > 0 {
		t.Error(broken)
	}
}

func TestATypeOfWhichNothingIsKnownTakesEverything(t *testing.T) {
	if broken := overlay(t).Resource("aws_unheard_of").Validate(objectOf(fields{"name": text("x")})); broken != nil {
		t.Error(broken)
	}
}
