import type { Mapping } from "../mapping.ts";
import { given, list, named, own, pairs } from "../shapes.ts";

/** What runs programs: groups of instances, functions. */
export const machines: Readonly<Record<string, Mapping>> = {
  aws_autoscaling_group: {
    as: "AWS::AutoScaling::AutoScalingGroup",
    renamed: {
      name: "AutoScalingGroupName",
      tag: "Tags",
      initial_lifecycle_hook: "LifecycleHookSpecificationList",
      "initial_lifecycle_hook.name": "LifecycleHookName",
      "launch_template.id": "LaunchTemplateId",
      "mixed_instances_policy.launch_template.override": "Overrides",
    },
    absent: {
      instance_refresh: "a call of its own, StartInstanceRefresh",
      wait_for_capacity_timeout: own,
      force_delete: own,
    },
    shape: ({ enabled_metrics, default_instance_warmup, vpc_zone_identifier, ...values }) => ({
      ...values,
      ...given({ default_instance_warmup, vpc_zone_identifier }),
      ...(enabled_metrics === undefined
        ? {}
        : { metrics_collection: { granularity: "1Minute", metrics: enabled_metrics } }),
    }),
  },
  aws_autoscaling_lifecycle_hook: {
    as: "AWS::AutoScaling::LifecycleHook",
    renamed: { name: "LifecycleHookName" },
  },
  aws_autoscaling_policy: {
    as: "AWS::AutoScaling::ScalingPolicy",
    absent: { name: named },
  },
  aws_autoscaling_schedule: {
    as: "AWS::AutoScaling::ScheduledAction",
    absent: { scheduled_action_name: named },
  },
  aws_lambda_event_source_mapping: { as: "AWS::Lambda::EventSourceMapping" },
  aws_lambda_function: {
    as: "AWS::Lambda::Function",
    absent: { source_code_hash: own },
    shape: ({ filename, s3_bucket, s3_key, s3_object_version, ...values }) => ({
      ...values,
      // What an archive holds is not for the schema, but that there is one.
      code:
        filename === undefined
          ? given({ s3_bucket, s3_key, s3_object_version })
          : { zip_file: "export {};" },
    }),
  },
  aws_launch_template: {
    as: "AWS::EC2::LaunchTemplate",
    renamed: {
      name: "LaunchTemplateName",
      "launch_template_data.network_interfaces.security_groups": "Groups",
    },
    absent: { update_default_version: own },
    shape: ({ name, description, update_default_version, tag_specifications, ...data }) => ({
      ...given({ name, update_default_version, version_description: description }),
      launch_template_data: {
        ...data,
        tag_specifications: list(tag_specifications).map(({ tags, ...it }) => ({
          ...it,
          tags: pairs(tags, "key", "value"),
        })),
      },
    }),
  },
};
