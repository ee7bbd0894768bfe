import { expect, test } from "vitest";
import type { LoadBalancer } from "../load-balancer/index.ts";
import type { Service } from "./index.ts";
import { aFile, made } from "./testing/made-service.ts";

const attach = (service: Service, loadBalancer: LoadBalancer) => service.attachTo({ loadBalancer });
const night = { from: "0 20 * * *", until: "0 6 * * *", min: 1, max: 1 };
const spot = { spotPercent: 50 };
const cpu = { scaling: { cpuPercent: 60 } };

test("a target for processors is a policy of the group that tracks their average", () => {
  expect(made(cpu).only("aws_autoscaling_policy")).toMatchObject({
    name: "cpu",
    policy_type: "TargetTrackingScaling",
    target_tracking_configuration: {
      target_value: 60,
      predefined_metric_specification: { predefined_metric_type: "ASGAverageCPUUtilization" },
    },
  });
});

test("a target for requests counts those of the service's own target group, once its rule is there", () => {
  const differs = {
    scaling: { requestsPerMinute: 6000 },
    colocatedServices: [aFile("jobs", { basePort: 9000 })],
  };
  const { only, resources } = made(differs, (service, loadBalancer) => {
    attach(service, loadBalancer);
    service.attachTo({ loadBalancer, service: aFile("jobs", { basePort: 9000 }) });
  });
  const policy = only("aws_autoscaling_policy");
  const [group] = Object.keys(resources("aws_lb_target_group")).filter((it) => /web/.test(it));
  const [balancer] = Object.keys(resources("aws_lb"));
  const [rule] = Object.keys(resources("aws_lb_listener_rule")).filter((it) => /web/.test(it));
  expect(policy.target_tracking_configuration).toEqual({
    target_value: 6000,
    predefined_metric_specification: {
      predefined_metric_type: "ALBRequestCountPerTarget",
      resource_label: `\${aws_lb.${balancer}.arn_suffix}/\${aws_lb_target_group.${group}.arn_suffix}`,
    },
  });
  expect(policy.depends_on).toEqual([`aws_lb_listener_rule.${rule}`]);
});

test("a schedule changes the limits at its begin and puts them back at its end, in the service's zone", () => {
  const service = aFile("web", { timeZone: "Europe/Berlin" });
  const { resources, only } = made({ service, schedule: { night } });
  const common = { time_zone: "Europe/Berlin" };
  expect(Object.values(resources("aws_autoscaling_schedule"))).toEqual([
    expect.objectContaining({
      ...common,
      scheduled_action_name: "night-begins",
      recurrence: "0 20 * * *",
      min_size: 1,
      max_size: 1,
      desired_capacity: 1,
    }),
    expect.objectContaining({
      ...common,
      scheduled_action_name: "night-ends",
      recurrence: "0 6 * * *",
      min_size: 2,
      max_size: 4,
      desired_capacity: 2,
    }),
  ]);
  // An apply in the night would wake them.
  expect(only("aws_autoscaling_group").lifecycle.ignore_changes).toEqual(
    expect.arrayContaining(["min_size", "max_size"]),
  );
});

test("beside a target a schedule leaves the number of instances to it", () => {
  const { resources } = made({ ...cpu, schedule: { night: { ...night, max: 2 } } });
  for (const action of Object.values(resources("aws_autoscaling_schedule"))) {
    expect(action.desired_capacity).toBe(-1);
  }
});

test("without scaling and schedule a group has neither, and Terraform owns its limits", () => {
  const { addresses, only } = made({}, attach);
  expect(addresses.filter((it) => /autoscaling_(policy|schedule)/.test(it))).toEqual([]);
  expect(only("aws_autoscaling_group").lifecycle.ignore_changes).not.toContain("min_size");
});

test("the first instances of a base are on demand", () => {
  const group = made({ ...spot, onDemandBase: 1 }).only("aws_autoscaling_group");
  expect(group.mixed_instances_policy.instances_distribution).toMatchObject({
    on_demand_base_capacity: 1,
    on_demand_percentage_above_base_capacity: 50,
  });
});

test.each([
  [{ scaling: {} }, "scaling is {}; good: { cpuPercent: 60 }"],
  [{ scaling: { cpuPercent: 5 } }, "scaling.cpuPercent is 5; good: a whole number from 10 to 90"],
  [
    { scaling: { requestsPerMinute: 0.5 } },
    "requestsPerMinute is 0.5; good: a whole number from 1",
  ],
  [{ ...cpu, max: 2 }, "max is 2; good: beside scaling more than min (2)"],
  [{ scaling: { requestsPerMinute: 60 } }, "needs a service that gets requests; good: cpuPercent"],
  [
    { schedule: { night: { ...night, from: "daily" } } },
    'schedule.night.from is "daily"; good: minute',
  ],
  [
    { schedule: { night: { ...night, until: "0 20 * * *" } } },
    "times of which no two are the same",
  ],
  [
    { schedule: { night: { ...night, min: 3 } } },
    "schedule.night.max is 1; good: a whole number from its min (3)",
  ],
  [{ schedule: { "": night } }, 'schedule. is ""; good: a short name'],
  [
    { schedule: { night: { from: night.from, until: night.until } } },
    "schedule.night is {}; good: a min, a max or both",
  ],
  [spot, "spotPercent is 50; good: with an onDemandBase below min (2), or with scaling"],
  [{ ...spot, ...cpu, onDemandBase: 4 }, "spotPercent is 50; good: with an onDemandBase below min"],
  [{ ...spot, onDemandBase: -1 }, "onDemandBase is -1; good: a whole number from 0 to max (4)"],
  [{ onDemandBase: 1 }, "onDemandBase is 1; good: left out without spotPercent"],
])("%j is refused", (differs, why) => {
  expect(() => made(differs)).toThrow(why);
});
