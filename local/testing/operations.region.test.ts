import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { readRegionFile, targetStates } from "../region/index.ts";
import { simulateAutoScaling } from "./auto-scaling.ts";
import { pageSteps } from "./page-blocks.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { shellCommands } from "./shell-blocks.ts";
import { until } from "./until.ts";

let on: RegionUnderTest;

beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  await on.pushed();
  await until("two healthy instances", twoHealthy);
});
afterAll(endTestRegion);

/** Waits until Consul's checks, which a drain reads, pass on both instances. */
const twoHealthy = async () =>
  (await on.consul.serviceInstances("web")).filter((it) => it.isHealthy).length === 2;

/** Waits until the load balancer's health check finds an instance in this state. */
const target = (instance: string, state: "UP" | "DOWN") =>
  until(`${instance} ${state}`, async () =>
    (await targetStates(on.region)).get(instance)?.startsWith(state),
  );

test("a drained instance leaves the load balancer and comes back under load, and no request is lost", async () => {
  const seen = await on.underLoad(async () => {
    expect(await on.shoestring("drain", "web-1", "--reason", "a test")).toMatchObject({ code: 0 });
    await target("web-1", "DOWN");
    expect((await on.shoestring("status", "web")).out).toContain(
      "web-1 is drained by tester until",
    );
    // Its processes keep running, and the other instance cannot be drained too.
    expect(
      await on.on("web-1", "systemctl", "is-active", "shoestring-web@1a", "shoestring-web@2a"),
    ).toMatch(/^active\nactive\n$/);
    expect((await on.shoestring("drain", "web-2", "--reason", "a test")).code).toBe(1);

    expect((await on.shoestring("undrain", "web-1")).code).toBe(0);
    await target("web-1", "UP");
  });
  expect(seen.errors).toEqual({});
  expect((await on.shoestring("status", "web")).out).not.toContain("is drained");
});

test("every command of the on-call page works as written, and the one that must be refused is", async () => {
  await on.pushed(); // the release that a rollback leaves
  const ran = [];
  for (const command of shellCommands("docs/operations.md")) {
    const { code, err } = await on.shoestring(...(await wordsOf(command)));
    expect([command, code, err]).toEqual([command, 0, expect.any(String)]);
    ran.push(command);
  }
  expect(ran.length).toBeGreaterThan(10);

  await until("two healthy instances", twoHealthy);
  expect((await on.shoestring("drain", "web-1", "--reason", "a test")).code).toBe(0);
  const refused = pageSteps("docs/operations.md").flatMap((step) =>
    step.kind === "run" && step.fails ? [step.commands] : [],
  );
  expect(refused).toHaveLength(1);
  const { code, err } = await on.shoestring(...(await wordsOf(refused[0] as string)));
  expect(code).toBe(1);
  expect(err).toContain("without web-2, web would have 0 of 2 instances healthy");
  expect((await on.shoestring("undrain", "web-1")).code).toBe(0);
  await target("web-1", "UP");
});

/** The words of a page's command as a shell splits them; no program is started. */
async function wordsOf(command: string): Promise<string[]> {
  const split = command.replace(/^npx shoestring /, "printf '%s\\0' ");
  expect(split).not.toBe(command);
  const { stdout } = await promisify(execFile)("bash", ["-c", split]);
  return stdout.split("\0").slice(0, -1);
}

test("an instance answers its group's hooks after it serves and after it leaves, also during a rollout", async () => {
  await inGroup("web-2", async ({ simulated, restartAgent }) => {
    await restartAgent("true");
    await until("an answer to the launch hook", () => simulated.answers.length === 1);
    expect(simulated.answers).toEqual(["launch CONTINUE local-web web-2"]);

    const seen = await on.underLoad(async () => {
      // Late, so that the other instance has the slot.
      await on.on("web-2", "systemctl", "stop", "shoestring-agent");
      const desired = await on.push({ bootMs: 2000 });
      const exists = async (key: string) => (await on.consul.get(key)).found !== undefined;
      await until("a rollout that has begun", () => exists(keys.rollout("web", desired.revision)));
      await on.on("web-2", "systemctl", "start", "shoestring-agent");
      await until("web-2 in it", () =>
        exists(keys.rolloutInstance("web", desired.revision, "web-2")),
      );
      simulated.bringTo("Terminated");
      await target("web-2", "DOWN");
      await until("a catalogue without it", async () => {
        const instances = await on.consul.serviceInstances("web");
        return instances.every(({ name }) => name !== "web-2");
      });
      await until("an answer to the terminate hook", () => simulated.answers.length === 2);
      const { phase, instances } = await on.ended(desired);
      expect(phase).toBe("done");
      expect(instances["web-1"]?.phase).toBe("done");
      // It left while it waited for a slot, so the rollout skipped it.
      expect(instances["web-2"]?.phase).toBe("superseded");
    });

    expect(simulated.answers[1]).toBe("terminate CONTINUE local-web web-2");
    expect(simulated.refused).toEqual([]);
    expect(seen.errors).toEqual({});
  });
});

test("an instance that leaves stops a service whose journal is damaged, and deregisters it", async () => {
  const journal = "/var/lib/shoestring/web.json";
  const running = async () =>
    (
      await on.on("web-2", "systemctl", "list-units", "shoestring-web@*", "--state=active")
    ).includes("shoestring-web@");
  await until("two healthy instances", twoHealthy);
  expect(await running()).toBe(true);
  await inGroup("web-2", async ({ simulated, restartAgent }) => {
    await restartAgent(`cp ${journal} ${journal}.kept; echo damaged > ${journal}`);
    try {
      const seen = await on.underLoad(async () => {
        simulated.bringTo("Terminated");
        await until("an answer to the terminate hook", () => simulated.answers.length === 1);
      });
      expect(simulated.answers).toEqual(["terminate CONTINUE local-web web-2"]);
      expect(seen.errors).toEqual({});
      expect(await running()).toBe(false);
      const left = await on.consul.serviceInstances("web");
      expect(left.map(({ name }) => name)).toEqual(["web-1"]);
    } finally {
      await on.on("web-2", "mv", `${journal}.kept`, journal);
    }
  });
});

/** Lets the agent of an instance ask a simulated Auto Scaling group, and not any more at the end. */
async function inGroup(
  instance: string,
  act: (on: {
    readonly simulated: Awaited<ReturnType<typeof simulateAutoScaling>>;
    /** @param script runs before. */
    readonly restartAgent: (script: string) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const { awsEndpoint } = readRegionFile(on.region);
  const simulated = await simulateAutoScaling(new URL(awsEndpoint).hostname);
  const dropIn = "/etc/systemd/system/shoestring-agent.service.d/simulated.conf";
  const environment = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: simulated.url,
    AWS_ENDPOINT_URL_AUTO_SCALING: simulated.url,
    SHOESTRING_DEREGISTER_SECONDS: "3",
  };
  const lines = Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}`);
  const restartAgent = async (script: string) => {
    await on.on(instance, "sh", "-ec", `${script}; systemctl daemon-reload`);
    await on.on(instance, "systemctl", "restart", "shoestring-agent");
  };
  const write = `printf '%s\\n' '[Service]' ${lines.join(" ")} > ${dropIn}`;
  try {
    await act({ simulated, restartAgent: (script) => restartAgent(`${write}; ${script}`) });
  } finally {
    await restartAgent(`rm -f ${dropIn} /run/shoestring/leaving`);
    simulated.close();
  }
}
