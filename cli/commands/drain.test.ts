import { expect, test } from "vitest";
import { Audit, Drain, DrainOrder, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

/** A cluster whose service `web` runs on these instances. */
async function cluster(instances: readonly string[], healthy = instances) {
  const unhealthy = instances.filter((name) => !healthy.includes(name));
  const on = commandLine();
  await on.announce(7);
  on.consul.nodes("web", instances, unhealthy);
  const drained = (instance: string) => {
    const key = keys.drain(instance);
    const text = on.consul.text(key);
    return text === undefined ? undefined : parseDocument(Drain, key, text);
  };
  const hoursOf = (instance: string) => {
    const { at, until } = drained(instance) as Drain;
    return (Date.parse(until) - Date.parse(at)) / 3_600_000;
  };
  const drain = (instance: string, ...more: string[]) =>
    on.shoestring("drain", instance, "--reason", "a disk", ...more);
  return { ...on, drain, drained, hoursOf };
}

test("drain writes who, why and until when, with an audit record", async () => {
  const { drain, drained, hoursOf, consul } = await cluster(["web-1", "web-2"]);

  const { code, out } = await drain("web-1", "--for", "30m");

  expect(code).toBe(0);
  expect(out).toMatch(/^web-1 is drained until 2026-01-01T00:30:\d\d.000Z: a disk$/);
  expect(drained("web-1")).toMatchObject({ by: "alice", reason: "a disk" });
  expect(hoursOf("web-1")).toBe(0.5);
  const audits = consul
    .keys(keys.audits())
    .map((key) => parseDocument(Audit, key, consul.text(key) ?? ""));
  expect(audits.at(-1)).toMatchObject({ action: "drain", key: "drains/web-1", reason: "a disk" });
});

test("a drain without a duration ends after two hours", async () => {
  const { drain, hoursOf } = await cluster(["web-1", "web-2"]);
  await drain("web-1");
  expect(hoursOf("web-1")).toBe(2);
});

test("a drain of a drained instance replaces its reason and its end", async () => {
  const { drain, shoestring, drained } = await cluster(["web-1", "web-2"]);
  await drain("web-1");
  expect((await shoestring("drain", "web-1", "--reason", "its fan, too")).code).toBe(0);
  expect(drained("web-1")?.reason).toBe("its fan, too");
});

test("undrain ends the drain now, and its answer describes the drain that it ended", async () => {
  const { drain, shoestring, drained, now } = await cluster(["web-1", "web-2"]);
  await drain("web-1");

  expect(await shoestring("undrain", "web-1")).toMatchObject({
    code: 0,
    out: "web-1 is no longer drained",
  });

  const ended = drained("web-1") as Drain;
  expect(Date.parse(ended.until)).toBeLessThan(now().getTime());
  const again = await shoestring("undrain", "web-1");
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("failed: web-1 is not drained");
});

test.each([
  ["the only one", ["web-1"], ["web-1"], "0 of 1 instances healthy, and needs 1"],
  ["one of two, the other unwell", ["web-1", "web-2"], ["web-1"], "0 of 2"],
  ["one of four, another unwell", ["web-1", "b", "c", "d"], ["web-1", "b"], "1 of 4"],
])("a service keeps half of its instances: %s is not drained", async (_, all, healthy, why) => {
  const { drain, drained, consul } = await cluster(all, healthy);
  const before = consul.keys();

  const { code, err } = await drain("web-1");

  expect(code).toBe(1);
  expect(err).toContain(`failed: without web-1, web would have ${why}`);
  expect(err).toContain("unchanged: web-1 stays in the load balancer");
  expect(err).toContain("next: bring others back first (shoestring status web)");
  expect(consul.keys()).toEqual(before);
  expect((await drain("web-1", "--force")).code).toBe(0);
  expect(drained("web-1")).toBeDefined();
});

test("an instance that was drained a moment ago counts as out, even while its check passes", async () => {
  const { drain } = await cluster(["web-1", "web-2"]);
  expect((await drain("web-1")).code).toBe(0);
  expect(await drain("web-2")).toMatchObject({ code: 1 });
});

test("a drain of an unknown instance fails and lists the known ones", async () => {
  const { drain } = await cluster(["web-1", "web-2"]);
  const { code, err } = await drain("web-9");
  expect(code).toBe(1);
  expect(err).toContain("failed: no deployed service is registered on web-9");
  expect(err).toContain("next: name one of: web-1, web-2");
});

test("a drain removes drains that ended long ago, and keeps more recent ones", async () => {
  const on = await cluster(["web-1", "web-2", "web-3", "web-4", "web-5"]);
  await on.drain("web-1", "--for", "1h");
  on.pass(20);
  await on.drain("web-2", "--for", "1h");
  on.pass(10);
  await on.drain("web-3");
  expect(on.consul.keys(keys.drains())).toEqual(["drains/web-2", "drains/web-3"]);
});

test("two people who drain the same instance at once do not overwrite each other", async () => {
  const { shoestring, drain, consul, drained } = await cluster(["web-1", "web-2"]);
  const write = consul.write;
  consul.write = async (operations) => {
    consul.write = write;
    await shoestring("drain", "web-1", "--reason", "bob was faster", "--by", "bob");
    return write(operations);
  };
  const { code, err } = await drain("web-1");
  expect(code).toBe(1);
  expect(err).toContain("failed: drains/web-1 was changed by somebody else at the same time");
  expect(drained("web-1")?.by).toBe("bob");
});

test("an invalid drain breaks no command: it is named, counts as a drain, and can be removed", async () => {
  const { drain, shoestring, drained, consul } = await cluster(["web-1", "web-2", "web-3"]);
  consul.put(keys.drain("web-3"), "out for maintenance");

  const status = await shoestring("status", "web");
  expect(status).toMatchObject({ code: 0 });
  expect(status.out).toContain(
    "drains/web-3 cannot be read: it is not JSON; remove it with: shoestring undrain web-3",
  );
  expect((await drain("web-1")).err).toContain("web would have 1 of 3 instances healthy");
  expect(await shoestring("undrain", "web-3")).toMatchObject({ code: 0 });
  expect(drained("web-3")?.reason).toContain("cannot be read");
  expect((await drain("web-1")).code).toBe(0);
});

test.each([
  ["text", "out for maintenance"],
  ["of a newer schema", '{"schema": 3, "revision": 9}'],
  ["of a wrong type", '{"schema":2, "revision": "9"}'],
])(
  "an invalid order of the drains, %s, breaks no command and is replaced by a valid one",
  async (_, text) => {
    const { drain, shoestring, drained, consul } = await cluster(["web-1", "web-2"]);
    await drain("web-1");
    const garbage = () => consul.put(keys.drainOrder(), text);

    garbage();
    expect(await shoestring("status", "web")).toMatchObject({ code: 0 });
    expect(await drain("web-1", "--for", "30m")).toMatchObject({ code: 0 });
    garbage();
    expect(await shoestring("undrain", "web-1")).toMatchObject({ code: 0 });

    expect(drained("web-1")).toMatchObject({ revision: 3 });
    const order = parseDocument(
      DrainOrder,
      keys.drainOrder(),
      consul.text(keys.drainOrder()) ?? "",
    );
    expect(order.revision).toBe(3);
  },
);

test("of two concurrent drains of different instances, the later one is decided again and refused", async () => {
  const { shoestring, drain, consul, drained } = await cluster(["web-1", "web-2"]);
  const write = consul.write;
  consul.write = async (operations) => {
    consul.write = write;
    expect((await shoestring("drain", "web-2", "--reason", "its fan")).code).toBe(0);
    return write(operations);
  };

  const { code, err } = await drain("web-1");

  expect(code).toBe(1);
  expect(err).toContain("failed: without web-1, web would have 0 of 2 instances healthy");
  expect(drained("web-1")).toBeUndefined();
  expect(drained("web-2")?.reason).toBe("its fan");
});

test("two concurrent drains that both fit are both written, one after the other", async () => {
  const { drain, drained } = await cluster(["web-1", "web-2", "web-3", "web-4"]);
  const codes = await Promise.all([drain("web-1"), drain("web-2")]);
  expect(codes.map(({ code }) => code)).toEqual([0, 0]);
  const revisions = [drained("web-1")?.revision, drained("web-2")?.revision];
  expect(revisions.sort()).toEqual([1, 2]);
});

test("an undrain has a later revision than the drain that it ends", async () => {
  const { drain, shoestring, drained } = await cluster(["web-1", "web-2"]);
  await drain("web-1");
  await shoestring("undrain", "web-1");
  expect(drained("web-1")).toMatchObject({ revision: 2 });
  expect(Date.parse(drained("web-1")?.changedAt ?? "")).toBeGreaterThan(
    Date.parse(drained("web-1")?.at ?? ""),
  );
});
