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
	provider, err := Load("../../facts/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	file.Add(provider)
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
		{"aws_lb_target_group", fields{"slow_start": number(29)}, "slow_start 29 is less than 30, and not 0"},
		{"aws_lb_target_group", fields{"stickiness": blocks(fields{"cookie_duration": number(604801)})}, "stickiness.cookie_duration 604801 is more than 604800"},
		{"aws_autoscaling_group", fields{"instance_maintenance_policy": blocks(fields{"max_healthy_percentage": number(99)})}, "99 is less than 100, and not -1"},
		{"aws_autoscaling_group", fields{"instance_refresh": blocks(fields{"preferences": blocks(fields{"min_healthy_percentage": number(101)})})}, "more than 100"},
		{"aws_autoscaling_group", fields{"initial_lifecycle_hook": blocks(fields{"heartbeat_timeout": number(29)})}, "less than 30"},
		{"aws_route53_record", fields{"weighted_routing_policy": blocks(fields{"weight": number(1)})}, "weighted_routing_policy needs set_identifier"},
		{"aws_route53_record", fields{"ttl": number(60)}, "ttl needs records"},
		{"aws_route53_record", fields{"latency_routing_policy": blocks(fields{"region": text("eu-west-1")}), "weighted_routing_policy": blocks(fields{"weight": number(1)})}, "latency_routing_policy and weighted_routing_policy cannot be given together"},
		{"aws_cloudfront_distribution", fields{"origin": blocks(fields{"connection_attempts": number(4)})}, "more than 3"},
		{"aws_sqs_queue", fields{"max_message_size": number(1023)}, "less than 1024"},
		{"aws_sqs_queue", fields{"deduplication_scope": text("group")}, "is none of messageGroup, queue"},
		{"aws_sqs_queue", fields{"kms_data_key_reuse_period_seconds": number(59)}, "less than 60"},
		{"aws_lb_target_group", fields{"health_check": blocks(fields{"timeout": number(121)})}, "health_check.timeout 121 is more than 120"},
		{"aws_lb_target_group", fields{"health_check": blocks(fields{"healthy_threshold": number(1)})}, "less than 2"},
		{"aws_lb_target_group", fields{"port": number(65536)}, "more than 65535"},
		{"aws_lb_target_group", fields{"load_balancing_cross_zone_enabled": text("yes")}, "is none of true, false, use_load_balancer_configuration"},
		{"aws_lb_target_group", fields{"ip_address_type": text("dualstack")}, "is none of ipv4, ipv6"},
		{"aws_lb_target_group", fields{"target_health_state": blocks(fields{"unhealthy_draining_interval": number(360001)})}, "more than 360000"},
		{"aws_autoscaling_group", fields{"instance_refresh": blocks(fields{"preferences": blocks(fields{"standby_instances": text("Keep")})})}, "is none of Terminate, Ignore, Wait"},
		{"aws_autoscaling_group", fields{"instance_refresh": blocks(fields{"preferences": blocks(fields{"max_healthy_percentage": number(201)})})}, "more than 200"},
		{"aws_autoscaling_group", fields{"initial_lifecycle_hook": blocks(fields{"default_result": text("RETRY")})}, "is none of ABANDON, CONTINUE"},
		{"aws_autoscaling_group", fields{"warm_pool": blocks(fields{"pool_state": text("Off")})}, "is none of Stopped, Running, Hibernated"},
		{"aws_route53_record", fields{"alias": blocks(fields{"zone_id": text(long)}), "ttl": number(60)}, "alias and ttl cannot be given together"},
		{"aws_route53_record", fields{"alias": blocks(fields{"zone_id": text(long)})}, "more than 32"},
		{"aws_route53_record", fields{"failover_routing_policy": blocks(fields{"type": text("THIRD")})}, "is none of PRIMARY, SECONDARY"},
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

func TestANumberBesidesItsRangeIsTaken(t *testing.T) {
	config := objectOf(fields{"slow_start": number(0)})
	if broken := overlay(t).Resource("aws_lb_target_group").Validate(config); len(broken) > 0 {
		t.Error(broken)
	}
}
