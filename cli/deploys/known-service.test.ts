import { expect, test } from "vitest";
import { ConsulDenied } from "../../lib/consul.ts";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

const commands = [
  ["status", "wbe"],
  ["history", "wbe"],
  ["cron", "wbe"],
  ["trace", "wbe"],
  ["trace", "wbe", "7"],
  ["config", "diff", "wbe"],
  ["deploy", "wbe"],
  ["deploy", "wbe", "wbe-7-aaaaaaa"],
  ["restart", "wbe"],
  ["rollback", "wbe"],
  ["rollback", "wbe", "--to", "wbe-7-aaaaaaa"],
  ["hold", "wbe", "--reason", "a sale"],
  ["unhold", "wbe"],
  ["pause", "wbe", "--reason", "a look"],
  ["resume", "wbe"],
];

test.each(commands.map((argv) => [argv.join(" "), argv]))(
  "%s is refused where the cluster has no such service, and changes nothing",
  async (_, argv) => {
    const { shoestring, announce, consul } = commandLine();
    await announce(1, "api");
    consul.put(keys.service("web"), "");
    const before = consul.keys();

    const { code, out, err } = await shoestring(...argv);

    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      [
        "failed: local has no service wbe: it has api, web",
        "unchanged: nothing was changed",
        "next: check the name; a new service is known when local-config is applied with it in the cluster's file",
      ].join("\n"),
    );
    expect(consul.keys()).toEqual(before);
  },
);

test.each([
  ["hold", "unhold"],
  ["pause", "resume"],
])("a %s of a service that is gone can be lifted", async (set, lift) => {
  const { shoestring, consul } = commandLine();
  consul.nodes("jobs", ["jobs-1"]);
  await shoestring(set, "jobs", "--reason", "it goes");
  consul.nodes("jobs", []);
  expect(await shoestring(lift, "jobs")).toMatchObject({ code: 0 });
});

test("a service of the cluster's file that was never deployed is known", async () => {
  const { shoestring, consul } = commandLine();
  consul.put(keys.service("jobs"), "");
  expect((await shoestring("status", "jobs")).out).toBe("jobs in local: never deployed");
  expect((await shoestring("history", "jobs")).out).toBe("jobs was never deployed");
  expect((await shoestring("restart", "jobs")).err).toContain("jobs was never deployed to this");
});

test("a hold of a service of the cluster's file is set where Consul does not tell its instances", async () => {
  const { shoestring, consul } = commandLine();
  consul.put(keys.service("jobs"), "");
  consul.serviceInstances = async () => {
    throw new ConsulDenied({ happened: "Consul refused", unchanged: "everything", next: "a test" });
  };
  expect(await shoestring("hold", "jobs", "--reason", "a sale")).toMatchObject({ code: 0 });
});
