import { expect, test } from "vitest";
import { Audit, Pause, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

test("a pause is set with its reason and lifted once, each with an audit record", async () => {
  const { shoestring, consul } = commandLine();

  const { code, out } = await shoestring("pause", "web", "--reason", "the canary is slow");
  expect({ code, out }).toEqual({ code: 0, out: "web is paused: the canary is slow" });
  const key = keys.pause("web");
  expect(parseDocument(Pause, key, consul.text(key) ?? "")).toMatchObject({ by: "alice" });

  expect((await shoestring("resume", "web", "--json")).out).toBe(
    '{"service":"web","paused":false}',
  );
  expect(consul.text(key)).toBeUndefined();
  const actions = consul
    .keys(keys.audits())
    .map((audit) => parseDocument(Audit, audit, consul.text(audit) ?? "").action);
  expect(actions).toEqual(["pause", "resume"]);
});

test("resume fails without a pause, and a pause needs a reason", async () => {
  const { shoestring } = commandLine();
  const resumed = await shoestring("resume", "web");
  expect(resumed).toMatchObject({ code: 1 });
  expect(resumed.err).toContain("failed: web is not paused");
  expect((await shoestring("pause", "web")).code).toBe(2);
});

test.each([
  ["pause", "resume", keys.pause("web"), "paused"],
  ["hold", "unhold", keys.hold("web"), "held"],
])("an invalid %s is named, and %s removes it", async (_, lift, key, state) => {
  const { shoestring, consul, announce } = commandLine();
  await announce(7);
  consul.put(key, '{"schema":3}');

  expect((await shoestring("status", "web")).out).toContain(
    `${state} by an unknown writer: ${key} cannot be read: its schema is 3, this program knows 2; remove it with: shoestring ${lift} web`,
  );
  expect((await shoestring(lift, "web")).code).toBe(0);
  expect(consul.text(key)).toBeUndefined();
});
