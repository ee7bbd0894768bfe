import { expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { badVariables, goodVariables } from "../../protocol/testing/config-variables.ts";
import { commandLine } from "../testing/command-line.ts";

test("a service's variable wins over the global one", async () => {
  const { shoestring } = commandLine();
  await shoestring("config", "set", "web", "LEVEL", "info", "--global");
  await shoestring("config", "set", "web", "REGION", "eu", "--global");
  await shoestring("config", "set", "web", "LEVEL", "debug");

  const { out } = await shoestring("config", "get", "web", "--json");

  expect(JSON.parse(out)).toEqual({ LEVEL: "debug", REGION: "eu" });
  expect((await shoestring("config", "get", "web", "LEVEL")).out).toBe("debug");
});

test("services whose names begin alike have separate configs", async () => {
  const { shoestring } = commandLine();
  await shoestring("config", "set", "web2", "A", "1");
  expect(JSON.parse((await shoestring("config", "get", "web", "--json")).out)).toEqual({});
});

test("an audit record of a config change has a hash and never the value", async () => {
  const { shoestring, consul } = commandLine();
  await shoestring("config", "set", "web", "TOKEN", "hunter2");
  const audits = consul.keys(keys.audits()).map((key) => consul.text(key));
  expect(audits).toHaveLength(1);
  expect(audits.join()).toContain('"key":"web/TOKEN"');
  expect(audits.join()).not.toContain("hunter2");
});

test("a value that no environment file can hold is refused without showing it", async () => {
  const { shoestring, consul } = commandLine();

  const name = await shoestring("config", "set", "web", "NO-NAME", "hunter2");
  const value = await shoestring("config", "set", "web", "NAME", "hunter2\0");

  expect([name.code, value.code]).toEqual([1, 1]);
  expect(name.err + value.err).not.toContain("hunter2");
  expect(consul.keys()).toEqual([]);
});

test.each(goodVariables)("%s=%j is set as the cluster's file would set it", async (name, value) => {
  const { shoestring, consul } = commandLine();
  expect(await shoestring("config", "set", "web", name, value)).toMatchObject({ code: 0, err: "" });
  expect(consul.text(`web/${name}`)).toBe(value);
});

test.each(badVariables)("%j=%j is refused as in the cluster's file", async (name, value, why) => {
  const { shoestring, consul } = commandLine();
  const { code, err } = await shoestring("config", "set", "web", name, value);
  expect(code).toBe(1);
  expect(err).toContain(why);
  expect(err).toContain("unchanged: nothing was written");
  expect(err).not.toContain("hunter2");
  expect(consul.keys()).toEqual([]);
});

test("unset removes a variable, and fails when the variable does not exist", async () => {
  const { shoestring, consul } = commandLine();
  await shoestring("config", "set", "web", "A", "1");
  expect((await shoestring("config", "unset", "web", "A")).code).toBe(0);
  expect(consul.text("web/A")).toBeUndefined();
  const { code, err } = await shoestring("config", "unset", "web", "A");
  expect(code).toBe(1);
  expect(err).toContain("failed: A is not set for web");
});

test("diff shows the changes since the current deploy, and none after a restart", async () => {
  const { shoestring, announce } = commandLine();
  await shoestring("config", "set", "web", "OLD", "1");
  await shoestring("config", "set", "web", "GONE", "1");
  await announce(7);
  await shoestring("config", "set", "web", "NEW", "1");
  await shoestring("config", "set", "web", "ALL", "1", "--global");
  await shoestring("config", "unset", "web", "GONE");
  await shoestring("config", "set", "web2", "OTHER", "1");

  expect((await shoestring("config", "diff", "web")).out).toBe(
    "+ global/ALL\n+ web/NEW\n- web/GONE",
  );
  await shoestring("restart", "web");
  expect((await shoestring("config", "diff", "web")).out).toBe(
    "no config of web changed since revision 2",
  );
});

test("diff reads only the audit records that were written since the deploy", async () => {
  const { shoestring, announce, consul } = commandLine();
  for (const n of ["1", "2", "3"]) await shoestring("config", "set", "web", "OLD", n);
  await announce(7);
  await shoestring("config", "unset", "web", "OLD");
  const read: string[] = [];
  const { get, list } = consul;
  consul.get = (key, options) => {
    read.push(key);
    return get(key, options);
  };
  consul.list = (prefix, options) => {
    read.push(prefix);
    return list(prefix, options);
  };

  expect((await shoestring("config", "diff", "web")).out).toBe("- web/OLD");

  const audits = read.filter((key) => key.startsWith(keys.audits()));
  // The record of the deploy itself, and the one after it; the three before it are not read.
  expect(new Set(audits).size).toBe(2);
  expect(audits).not.toContain(keys.audits());
});
