import { describe, expect, test } from "vitest";
import { commandLine } from "./testing/command-line.ts";

describe("wrong use ends with 2, a reason and a usage line, and touches nothing", () => {
  test.each<[string, string[], string]>([
    ["a name that every object has", ["constructor"], 'there is no command "constructor"'],
    ["half a command", ["config"], 'there is no command "config"'],
    ["half a command with another word", ["config", "list"], 'there is no command "config list"'],
    ["an unknown option", ["status", "--frobnicate"], "--frobnicate"],
    ["too few words", ["rollback"], '"rollback" takes 1 word, got 0\nusage: shoestring rollback S'],
    ["too many words", ["status", "web", "api"], '"status" takes 0 to 1 word, got 2'],
    ["another's option", ["deploy", "web", "--to", "web-3-aaaaaaa"], '"deploy" takes no --to'],
    ["a longer option's name", ["restart", "web", "--accept"], "Unknown option '--accept'"],
    ["an option without its value", ["rollback", "web", "--to"], "usage: shoestring rollback S"],
    ["half a commit", ["release", "push", ".", "-s", "web", "--commit", "abc"], "40 hexadecimal"],
    ["no reason", ["drain", "web-1"], "whoever finds the instance drained must know why"],
    ["no instance", ["undrain", "Web_1"], '"Web_1" is no instance\'s name, like "web-1"'],
    ["no time", ["drain", "web-1", "-m", "x", "--for", "soon"], "--for takes a time up to 7d"],
    ["too long", ["drain", "web-1", "-m", "x", "--for", "8d"], "--for takes a time up to 7d"],
    ["no number", ["restart", "web", "--timeout", "soon"], "--timeout takes a whole number"],
  ])("%s", async (_, argv, why) => {
    const { shoestring, consul } = commandLine();

    const { code, err, out } = await shoestring(...argv);

    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(err).toContain("usage: shoestring");
    expect(out).toBe("");
    expect(consul.keys()).toEqual([]);
  });
});

test("requested help goes to stdout and ends with 0", async () => {
  const { shoestring } = commandLine();
  expect(await shoestring("--help")).toMatchObject({ code: 0, err: "" });
  expect((await shoestring("rollback", "--help")).out).toContain("usage: shoestring rollback S");
});

test("a failure says what happened, what is unchanged and what to do next", async () => {
  const { shoestring, consul } = commandLine();
  consul.away(true);

  const { code, err } = await shoestring("restart", "web");

  expect(code).toBe(1);
  const begins = err.split("\n").map((line) => line.split(":")[0]);
  expect(begins).toEqual(["failed", "unchanged", "next"]);
});

test("a token that may not read is reported as refused, not as an empty result", async () => {
  const { shoestring, consul } = commandLine();
  consul.deny(true);
  const { code, err } = await shoestring("status", "web");
  expect(code).toBe(1);
  expect(err).toContain("failed: Consul refused");
});

describe("--json answers with exactly one document", () => {
  const because = ["--reason", "a sale"];
  test.each<[string, string[], string[], object]>([
    ["deploy", ["web", "web-7-aaaaaaa"], [], { kind: "release", revision: 3 }],
    ["restart", ["web"], [], { kind: "restart", revision: 3 }],
    ["rollback", ["web"], [], { kind: "rollback", revision: 3 }],
    ["hold", ["web", ...because], [], { by: "alice", reason: "a sale" }],
    ["unhold", ["web"], ["hold", "web", ...because], { service: "web", held: false }],
    ["pause", ["web", ...because], [], { by: "alice", reason: "a sale" }],
    ["resume", ["web"], ["pause", "web", ...because], { service: "web", paused: false }],
    ["drain", ["web-1", ...because], [], { instance: "web-1", reason: "a sale" }],
    ["undrain", ["web-1"], ["drain", "web-1", ...because], { instance: "web-1", drained: false }],
  ])("%s", async (name, words, before, document) => {
    const { shoestring, announce, good, consul } = commandLine();
    good(await announce(7));
    await announce(8);
    consul.nodes("web", ["web-1", "web-2"]);
    if (before.length > 0) expect((await shoestring(...before)).code).toBe(0);

    const { code, out, err } = await shoestring(name, ...words, "--json");

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject(document);
  });
});
