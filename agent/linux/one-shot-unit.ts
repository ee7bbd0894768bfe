import type { ServiceFile } from "../../protocol/service-file.ts";
import type { OneShotUnit } from "../core/effects.ts";
import type { Exec } from "./exec.ts";
import { serviceFolder } from "./folders.ts";
import { runLines } from "./run-lines.ts";
import { hasJob } from "./unit-job.ts";

/** Enough for the trace of a migration that failed. */
const logLines = 100;
const logMs = 2000;
/** Longer than systemd needs for a unit that is killed at its stop timeout. */
const resetMs = 120_000;
const shown = "ActiveState,SubState,Job,Result,ExecMainCode,ExecMainStatus";

/** A command that the agent runs once now and then. */
interface OneShot {
  readonly description: string;
  /** The folder below `processes/` that it starts from. */
  readonly place: string;
  readonly timeoutSeconds: number;
}

/**
 * A unit that runs a command of a release once. `RemainAfterExit`: systemd keeps how it ended until
 * it is reset, so that an agent that starts anew finds it. The command has the rights of a process,
 * and none of its agent's.
 */
export function renderOneShotUnit(service: ServiceFile, oneShot: OneShot): string {
  const { description, place, timeoutSeconds } = oneShot;
  return `# Written by the Shoestring agent from /etc/shoestring/services/${service.service}.json
[Unit]
Description=${service.service}, ${description}
After=network.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=${timeoutSeconds}
${runLines(service, `${serviceFolder(service.service)}/processes/${place}`)}
`;
}

/** A one-shot unit of systemd, by its name. */
export function oneShotUnit(name: string, exec: Exec): OneShotUnit {
  const unit = `${name}.service`;
  return {
    async reset() {
      await exec("systemctl", ["stop", unit], { timeoutMs: resetMs });
      // Fails where there is nothing to forget.
      await exec("systemctl", ["reset-failed", unit]).catch(() => undefined);
    },
    // It would wait until the step has ended.
    start: async () => void (await exec("systemctl", ["start", "--no-block", unit])),
    async state() {
      const text = await exec("systemctl", ["show", unit, `--property=${shown}`]);
      return oneShotState(Object.fromEntries(text.split("\n").map((line) => line.split("=", 2))));
    },
    async lastLines() {
      // Of its last run, and without what systemd itself says of it.
      try {
        const id = await exec("systemctl", ["show", unit, "--property=InvocationID", "--value"]);
        const args = [`_SYSTEMD_INVOCATION_ID=${id.trim()}`, "-n", `${logLines}`, "-o", "cat"];
        const options = { timeoutMs: logMs };
        return (await exec("journalctl", ["--no-pager", "-q", ...args], options)).split("\n");
      } catch {
        return [];
      }
    },
  };
}

/** Translates the properties of `systemctl show`. */
export function oneShotState(
  properties: Readonly<Record<string, string>>,
): Awaited<ReturnType<OneShotUnit["state"]>> {
  const { ActiveState = "", SubState = "", Result = "" } = properties;
  if (ActiveState === "active" && SubState === "exited") return "done";
  // The job of a unit that does not run can only be its start: it is about to run.
  if (hasJob(properties)) return "running";
  if (ActiveState === "failed") return { failed: describeResult(Result, properties) };
  return ActiveState === "inactive" ? "none" : "running";
}

/** `ExecMainCode` is that of waitid(2): 1 where the program exited. */
function describeResult(
  result: string,
  { ExecMainCode = "", ExecMainStatus = "" }: Readonly<Record<string, string>>,
): string {
  if (result === "timeout") return "it took longer than its timeout, and was killed";
  if (result === "oom-kill") return "it was killed, the kernel was out of memory";
  if (ExecMainCode === "1") return `it exited with status ${ExecMainStatus}`;
  if (ExecMainCode === "2" || ExecMainCode === "3")
    return `it was killed by signal ${ExecMainStatus}`;
  return `systemd could not run it: ${result}`;
}
