import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** As cpu.weight, whose default is 100, and as a nice value for kernels that group by session. */
const shares = { small: { weight: "20", nice: "10" }, ordinary: { weight: "100", nice: "0" } };

/**
 * Sets the share of the processors of a control group: by its weight where it has the cpu
 * controller, else by the autogroup of its processes (sched(7)). It counts only while processors
 * are scarce; a machine with neither does without. It uses files only: every roll waits for it.
 */
export async function setShare(group: string, share: keyof typeof shares): Promise<void> {
  const { weight, nice } = shares[share];
  const ignore = () => undefined;
  await writeFile(join(group, "cpu.weight"), weight).catch(ignore);
  for (const pid of await processesIn(group)) {
    await writeFile(`/proc/${pid}/autogroup`, nice).catch(ignore);
  }
}

/** Ids of the processes in a control group; empty where none runs. */
export async function processesIn(group: string): Promise<string[]> {
  const pids = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
  return pids.split("\n").filter((line) => line !== "");
}
