import type { Mapping } from "../mapping.ts";
import { asAttributes, first, given, list, own } from "../shapes.ts";

/** What brings requests: names, certificates, load balancers. */
export const traffic: Readonly<Record<string, Mapping>> = {
  aws_acm_certificate: { as: "AWS::CertificateManager::Certificate" },
  aws_lb: {
    as: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    renamed: { load_balancer_type: "Type", internal: "Scheme" },
    shape: ({ internal, ...values }) => ({
      ...asAttributes(values, "load_balancer_attributes", {
        drop_invalid_header_fields: "routing.http.drop_invalid_header_fields.enabled",
        enable_deletion_protection: "deletion_protection.enabled",
        idle_timeout: "idle_timeout.timeout_seconds",
      }),
      ...given({
        internal: internal === undefined ? undefined : internal ? "internal" : "internet-facing",
      }),
    }),
  },
  aws_lb_listener: {
    as: "AWS::ElasticLoadBalancingV2::Listener",
    renamed: {
      default_action: "DefaultActions",
      "default_action.redirect": "RedirectConfig",
      "default_action.fixed_response": "FixedResponseConfig",
      certificate_arn: "Certificates",
    },
    shape: ({ certificate_arn, ...values }) => ({
      ...values,
      ...given({ certificate_arn: certificate_arn && [{ certificate_arn }] }),
    }),
  },
  aws_lb_listener_rule: {
    as: "AWS::ElasticLoadBalancingV2::ListenerRule",
    renamed: {
      action: "Actions",
      condition: "Conditions",
      "condition.host_header": "HostHeaderConfig",
      "condition.path_pattern": "PathPatternConfig",
    },
    shape: ({ condition, ...values }) => ({
      ...values,
      condition: list(condition).map((it) => ({
        field: Object.keys(it)[0]?.replaceAll("_", "-"),
        ...it,
      })),
    }),
  },
  aws_lb_target_group: {
    as: "AWS::ElasticLoadBalancingV2::TargetGroup",
    renamed: {
      healthy_threshold: "HealthyThresholdCount",
      unhealthy_threshold: "UnhealthyThresholdCount",
      interval: "HealthCheckIntervalSeconds",
      path: "HealthCheckPath",
      timeout: "HealthCheckTimeoutSeconds",
    },
    shape: ({ health_check, stickiness, ...values }) => {
      const { matcher, port, protocol, enabled, ...check } = first(health_check);
      const named = given({
        ...values,
        stickiness_enabled: first(stickiness).enabled,
        stickiness_type: first(stickiness).type,
      });
      return {
        ...asAttributes(named, "target_group_attributes", {
          deregistration_delay: "deregistration_delay.timeout_seconds",
          load_balancing_algorithm_type: "load_balancing.algorithm.type",
          stickiness_enabled: "stickiness.enabled",
          stickiness_type: "stickiness.type",
        }),
        ...check,
        ...given({
          matcher: matcher === undefined ? undefined : { http_code: matcher },
          health_check_port: port,
          health_check_protocol: protocol,
          health_check_enabled: enabled,
        }),
      };
    },
  },
  aws_route53_record: {
    as: "AWS::Route53::RecordSet",
    renamed: {
      zone_id: "HostedZoneId",
      records: "ResourceRecords",
      alias: "AliasTarget",
      "alias.name": "DNSName",
      "alias.zone_id": "HostedZoneId",
    },
    absent: { allow_overwrite: own },
  },
  aws_route53_zone: {
    as: "AWS::Route53::HostedZone",
    renamed: { vpc: "VPCs" },
    shape: ({ comment, ...values }) => ({
      ...values,
      ...given({ hosted_zone_config: comment === undefined ? undefined : { comment } }),
    }),
  },
};
