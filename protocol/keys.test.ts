import { expect, test } from "vitest";
import { keys } from "./keys.ts";
import { reservedServiceNames, ServiceName } from "./names.ts";

test("the keys of a rollout lie under the service's rollouts", () => {
  for (const key of [
    keys.rollout("web", 12),
    keys.rolloutDeploy("web", 12),
    keys.rolloutCoordinator("web", 12),
    keys.rolloutInstance("web", 12, "web-1"),
  ]) {
    expect(key.startsWith(keys.rollouts("web"))).toBe(true);
  }
  expect(keys.rolloutInstance("web", 12, "web-1")).toBe("rollouts/web/12/instances/web-1");
});

test("no prefix of a service is a prefix of a service whose name begins alike", () => {
  for (const prefix of [keys.serviceConfig, keys.rollouts, keys.slots]) {
    expect(prefix("web2").startsWith(prefix("web"))).toBe(false);
  }
  expect(keys.rolloutInstance("web", 12, "web-1").startsWith(keys.rolloutInstances("web", 1))).toBe(
    false,
  );
});

test("no service's config can be mistaken for a key of another kind", () => {
  const service = "x";
  const others = [
    keys.deploy(service),
    keys.rollouts(service),
    keys.slots(service),
    keys.good(service),
    keys.previousGood(service),
    keys.hold(service),
    keys.pause(service),
    keys.drain(service),
    keys.drains(),
    keys.globalConfig(),
    keys.service(service),
    keys.audits(),
  ];
  for (const key of others) {
    const first = key.split("/")[0] as string;
    expect(reservedServiceNames).toContain(first);
    expect(ServiceName.safeParse(first).success).toBe(false);
  }
});

test("audit keys are in the order of time", () => {
  const early = keys.audit(new Date("2026-01-02T03:04:05.006Z"), "z");
  const late = keys.audit(new Date("2026-01-02T03:04:05.007Z"), "a");
  expect(early).toBe("audit/2026-01-02T03:04:05.006Z-z");
  expect(early < late).toBe(true);
});
