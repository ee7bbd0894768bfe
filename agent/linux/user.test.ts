import { expect, test } from "vitest";
import { Problem } from "../../lib/problem.ts";
import type { Exec } from "./exec.ts";
import { ensureUser } from "./user.ts";

/** The programs of a machine with these accounts and groups. */
function machine(accounts: string[], groups: string[] = []) {
  const made: string[][] = [];
  const fail = (code: number, why: string) => {
    const cause = Object.assign(new Error(why), { code });
    return new Problem({ happened: why, unchanged: "", next: "", cause });
  };
  const exec: Exec = async (program, args) => {
    const name = args.at(-1) ?? "";
    if (program === "getent") {
      const line = accounts.find((account) => account.startsWith(`${name}:`));
      if (line === undefined) throw fail(2, "getent failed");
      return `${line}\n`;
    }
    if (groups.includes(name)) throw fail(9, `useradd: group ${name} exists`);
    made.push([program, ...args]);
    return "";
  };
  return { exec, made };
}

test("a service gets a user that is made for it, with a group of its own", async () => {
  const { exec, made } = machine(["root:x:0:0:root:/root:/bin/bash"]);
  await ensureUser({ service: "web", user: "app-web" }, exec);
  expect(made).toEqual([
    [
      ...["useradd", "--system", "--user-group", "--no-create-home", "--shell"],
      ...["/usr/sbin/nologin", "--comment", "made by Shoestring", "app-web"],
    ],
  ]);
});

test.each([
  ["the agent made it at an earlier boot", "app-web:x:994:994:made by Shoestring:/home/app-web:/x"],
  ["the image made it for people or services", "deploy:x:1001:1001::/home/deploy:/bin/bash"],
])("a user that exists is taken where %s", async (_, line) => {
  const { exec, made } = machine([line]);
  await ensureUser({ service: "web", user: line.split(":")[0] ?? "" }, exec);
  expect(made).toEqual([]);
});

test.each([
  ["root", "root:x:0:0:root:/root:/bin/bash"],
  ["consul", "consul:x:995:995::/home/consul:/usr/sbin/nologin"],
  ["nobody", "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin"],
])("the system's user %s runs no service", async (user, line) => {
  const { exec, made } = machine([line]);
  const [, , id] = line.split(":");
  await expect(ensureUser({ service: "web", user }, exec)).rejects.toThrow(
    `web cannot run as the user ${user}: it is one of the system's, with the id ${id}`,
  );
  expect(made).toEqual([]);
});

test("a user whose group the system has is refused", async () => {
  const { exec, made } = machine([], ["video"]);
  await expect(ensureUser({ service: "clips", user: "video" }, exec)).rejects.toThrow(
    "clips cannot run as the user video: useradd: group video exists",
  );
  expect(made).toEqual([]);
});

test("a lookup that fails makes no user", async () => {
  const silent: Exec = () => Promise.reject(new Error("getent takes too long"));
  await expect(ensureUser({ service: "web", user: "app-web" }, silent)).rejects.toThrow("too long");
});
