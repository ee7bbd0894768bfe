import { expect, test } from "vitest";
import { aService } from "../testing/builders.ts";
import { oneShotState, oneShotUnit, renderOneShotUnit } from "./one-shot-unit.ts";

/** The properties that systemd shows of the step's unit. */
test.each([
  ["none", { ActiveState: "inactive", SubState: "dead", Result: "success" }],
  ["running", { ActiveState: "activating", SubState: "start" }],
  // A start that waits in systemd's queue, also where a failure before it was not forgotten.
  ["running", { ActiveState: "inactive", SubState: "dead", Job: "1234" }],
  ["running", { ActiveState: "failed", Result: "exit-code", Job: "1234" }],
  ["none", { ActiveState: "inactive", SubState: "dead", Job: "0" }],
  ["running", { ActiveState: "deactivating", SubState: "stop-sigterm" }],
  ["done", { ActiveState: "active", SubState: "exited", Result: "success" }],
  [
    { failed: "it exited with status 3" },
    { ActiveState: "failed", Result: "exit-code", ExecMainCode: "1", ExecMainStatus: "3" },
  ],
  [
    { failed: "it was killed by signal 9" },
    { ActiveState: "failed", Result: "signal", ExecMainCode: "2", ExecMainStatus: "9" },
  ],
  [
    { failed: "it took longer than its timeout, and was killed" },
    { ActiveState: "failed", Result: "timeout", ExecMainCode: "2", ExecMainStatus: "15" },
  ],
  [
    { failed: "systemd could not run it: resources" },
    { ActiveState: "failed", Result: "resources", ExecMainCode: "0", ExecMainStatus: "0" },
  ],
] as const)("the state of the step is %j, where systemd shows %j", (state, properties) => {
  expect(oneShotState(properties)).toEqual(state);
});

test("the step runs as the service's user, and systemd keeps how it ended", () => {
  const unit = renderOneShotUnit(aService({ user: "app-web" }), {
    ...{ description: "the step before a release", place: "before", timeoutSeconds: 42 },
  });
  expect(unit).toContain("User=app-web\n");
  expect(unit).toContain("TimeoutStartSec=42\n");
  expect(unit).toContain("RemainAfterExit=yes\n");
});

test("the state is that of properties that systemd was asked for, with the job in its queue", async () => {
  const unit = oneShotUnit("shoestring-web@before", async (_, args) => {
    const names =
      args
        .find((it) => it.startsWith("--property="))
        ?.slice(11)
        .split(",") ?? [];
    const all = { ActiveState: "inactive", SubState: "dead", Job: "1234" };
    return Object.entries(all)
      .filter(([name]) => names.includes(name))
      .map((it) => it.join("="))
      .join("\n");
  });
  expect(await unit.state()).toBe("running");
});

test("a start does not wait for the step's end, and a reset forgets a failure", async () => {
  const calls: string[] = [];
  const unit = oneShotUnit("shoestring-web@before", async (program, args) => {
    calls.push([program, ...args].join(" "));
    return "";
  });
  await unit.reset();
  await unit.start();
  expect(calls).toEqual([
    "systemctl stop shoestring-web@before.service",
    "systemctl reset-failed shoestring-web@before.service",
    "systemctl start --no-block shoestring-web@before.service",
  ]);
});

test("lines that cannot be read are none: the end of a run is told without them", async () => {
  const unit = oneShotUnit("shoestring-web@before", async () => {
    throw new Error("systemctl show failed: Connection timed out");
  });
  expect(await unit.lastLines()).toEqual([]);
});
