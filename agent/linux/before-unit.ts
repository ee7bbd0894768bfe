import type { ServiceFile } from "../../protocol/service-file.ts";
import { beforeUnitName } from "../../protocol/units.ts";
import type { BeforeUnit } from "../core/effects.ts";
import type { Exec } from "./exec.ts";
import { serviceFolder } from "./folders.ts";
import { runLines } from "./run-lines.ts";

const logLines = 20;
const logMs = 2000;
/** Longer than systemd needs for a unit that is killed at its stop timeout. */
const resetMs = 120_000;
const shown = "ActiveState,SubState,Result,ExecMainCode,ExecMainStatus";

/**
 * The unit of the step before a release. `RemainAfterExit`: systemd keeps how it ended until it is
 * reset, so that an agent that starts anew finds it. The step has the rights of a process, and none
 * of its agent's.
 */
export function renderBeforeUnit(service: ServiceFile, timeoutSeconds: number): string {
  const place = `${serviceFolder(service.service)}/processes/before`;
  return `# Written by the Shoestring agent from /etc/shoestring/services/${service.service}.json
[Unit]
Description=${service.service}, the step before a release
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=${timeoutSeconds}
${runLines(service, place)}
`;
}

/** The step before a release, as a unit of systemd. */
export function beforeUnit(service: string, exec: Exec): BeforeUnit {
  const unit = `${beforeUnitName(service)}.service`;
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
      return beforeState(Object.fromEntries(text.split("\n").map((line) => line.split("=", 2))));
    },
    async lastLines() {
      // Of its last run, and without what systemd itself says of it.
      const id = await exec("systemctl", ["show", unit, "--property=InvocationID", "--value"]);
      const args = [`_SYSTEMD_INVOCATION_ID=${id.trim()}`, "-n", `${logLines}`, "-o", "cat"];
      const read = exec("journalctl", ["--no-pager", "-q", ...args], { timeoutMs: logMs });
      return (await read.catch(() => "")).split("\n");
    },
  };
}

/** Translates the properties of `systemctl show`. */
export function beforeState(
  properties: Readonly<Record<string, string>>,
): Awaited<ReturnType<BeforeUnit["state"]>> {
  const { ActiveState = "", SubState = "", Result = "" } = properties;
  if (ActiveState === "active" && SubState === "exited") return "done";
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
