import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { controlGroup } from "../host/control-groups.ts";
import { writeFileAtomic } from "../host/files.ts";
import { mountOverlay, unmountBelow } from "../host/mounts.ts";
import { unplug } from "../host/network.ts";
import {
  assertRunning,
  type Background,
  ensureProcess,
  logPath,
  runningPid,
  stopProcess,
} from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { waitFor } from "../host/wait.ts";
import { execOn } from "./exec.ts";
import {
  type InstanceSpec,
  instanceProcess,
  leaderPid,
  readRecord,
  unknownInstance,
} from "./record.ts";
import { seedFiles } from "./seed.ts";

/** Whether a running instance differs from its spec. */
export function isOutdated(region: Region, spec: InstanceSpec): boolean {
  const record = readRecord(region, spec.name);
  const runs = runningPid(region, instanceProcess(spec.name)) !== undefined;
  return runs && record !== undefined && difference(record, spec) !== undefined;
}

/** The work that `ensureInstance` had to do. */
export type Ensured = "runs" | "started" | "made";

/**
 * Makes and starts an instance. One that was only stopped, or lost its power, boots with the disk
 * that it had; one that differs from its spec is replaced, as by an instance refresh on AWS.
 */
export async function ensureInstance(
  region: Region,
  spec: InstanceSpec,
  log: (line: string) => void,
): Promise<Ensured> {
  const record = readRecord(region, spec.name);
  const same = record !== undefined && difference(record, spec) === undefined;
  if (same && runningPid(region, instanceProcess(spec.name)) !== undefined) return "runs";
  if (same) {
    await startInstance(region, spec.name);
    return "started";
  }
  if (record) {
    log(`${spec.name}: made anew, its ${difference(record, spec)} changed`);
    await stopInstance(region, spec.name); // an orderly stop: it leaves the load balancer first
  }
  await removeInstance(region, spec.name);
  makeInstance(region, spec);
  await startInstance(region, spec.name);
  return "made";
}

function difference(record: InstanceSpec, spec: InstanceSpec): string | undefined {
  const fields = {
    service: "service",
    address: "address",
    userData: "user data",
    hosts: "list of names in the network",
    layers: "image",
  } as const;
  const changed = Object.entries(fields).find(
    ([field]) =>
      JSON.stringify(record[field as keyof InstanceSpec]) !==
      JSON.stringify(spec[field as keyof InstanceSpec]),
  );
  return changed?.[1];
}

/** The record is written last, so that a half-made instance has none. */
function makeInstance(region: Region, spec: InstanceSpec): void {
  for (const folder of ["upper", "work", "root"]) {
    mkdirSync(region.instancePath(spec.name, folder), { recursive: true });
  }
  const { name: instance } = spec;
  // On AWS the id is the name; here the name is the id. The disk is new, so cloud-init runs.
  const files = seedFiles({ ...spec, instance, instanceId: instance });
  for (const [path, content] of Object.entries(files)) {
    const file = region.instancePath(spec.name, "upper", path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content);
  }
  writeFileAtomic(region.instancePath(spec.name, "instance.json"), JSON.stringify(spec));
}

/**
 * Boots an existing instance with its disk.
 *
 * @throws Problem if there is no such instance, or if its image is gone.
 */
export async function startInstance(region: Region, name: string): Promise<void> {
  const record = readRecord(region, name);
  if (!record) throw unknownInstance(name);
  if (runningPid(region, instanceProcess(name)) !== undefined) return;
  await powerOffInstance(region, name); // the remains of a kill
  await forgetMachine(region, name); // while the old mount still has the lock's name
  await mountOverlay(region.instancePath(name), record.layers);
  await ensureProcess(region, machineProcess(region, name));
}

/** Waits until an instance has booted: systemd is through, and the agent's target is active. */
export async function waitBooted(
  region: Region,
  name: string,
  log: (line: string) => void,
): Promise<void> {
  const next = `read its console: ${logPath(region, instanceProcess(name))}`;
  const state = await waitFor(
    async () => {
      assertRunning(region, instanceProcess(name));
      const found = await bootState(region, name);
      return found === "running" || found === "degraded" ? found : undefined;
    },
    { what: `${name} to boot`, seconds: 90, next, log, everyMs: 150 },
  );
  if (state === "running") return;
  const { stdout } = await execOn(region, name, [
    "systemctl",
    "--failed",
    "--plain",
    "--no-legend",
  ]);
  const failed = stdout.split("\n").flatMap((line) => line.trim().split(" ")[0] || []);
  log(`${name}: booted, but these units failed: ${failed.join(" ")}`);
}

/** systemd's state of the boot: starting, running, degraded, …; "off" for a stopped instance. */
export async function bootState(region: Region, name: string): Promise<string> {
  if (leaderPid(region, name) === undefined) return "off";
  const { stdout } = await execOn(region, name, ["systemctl", "is-system-running"]);
  return stdout.trim() || "starting";
}

/** Shuts an instance down cleanly, as an EC2 stop does; its disk stays. */
export const stopInstance = (region: Region, name: string) =>
  stopProcess(region, instanceProcess(name), { graceSeconds: 60 });

/** Cuts an instance's power, without any shutdown. Its disk stays. */
export const powerOffInstance = (region: Region, name: string) =>
  stopProcess(region, instanceProcess(name), { graceSeconds: 0 });

/** Shuts an instance down cleanly and boots it again. */
export async function rebootInstance(
  region: Region,
  name: string,
  log: (line: string) => void = () => {},
): Promise<void> {
  if (!readRecord(region, name)) throw unknownInstance(name);
  await stopInstance(region, name);
  await startInstance(region, name);
  await waitBooted(region, name, log);
}

/** Cuts an instance's power and removes its disk; does nothing without an instance. */
export async function removeInstance(region: Region, name: string): Promise<void> {
  await powerOffInstance(region, name);
  await forgetMachine(region, name);
  await unmountBelow(region.instancePath(name));
  rmSync(region.instancePath(name), { recursive: true, force: true });
}

/** nspawn, restarted when the instance reboots by itself (exit code 133). */
function machineProcess(region: Region, name: string): Background {
  // nspawn gets a group of its own below the shell's: cgroup2 wants processes in leaves only.
  const supervise = `
    group=$1; shift
    mkdir -p "$group/machine"
    while :; do
      sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$group/machine" "$@" & child=$!
      trap 'kill -TERM "$child"' TERM
      wait "$child"; code=$?
      while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
      [ "$code" -eq 133 ] || exit "$code"
    done`;
  return {
    name: instanceProcess(name),
    command: [
      "/bin/sh",
      "-c",
      supervise,
      "sh",
      controlGroup(region, instanceProcess(name)),
      "systemd-nspawn",
      "--quiet",
      `--directory=${region.instancePath(name, "root")}`,
      "--boot",
      // Works also if the machine's PID 1 is not systemd.
      "--keep-unit",
      "--register=no",
      "--settings=no",
      `--machine=${region.machine(name)}`,
      `--hostname=${name}`,
      `--network-bridge=${region.names.bridge}`,
      "--resolv-conf=off",
      "--timezone=off",
      "--link-journal=no",
      "--console=pipe",
    ],
    // Debian 13's systemd accepts only cgroup2, even if the machine still mixes v1 and v2.
    env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
  };
}

/** Removes the remains of a killed nspawn: files in /run, and the machine's interface. */
export async function forgetMachine(region: Region, name: string): Promise<void> {
  const run = "/run/systemd/nspawn";
  rmSync(`${run}/propagate/${region.machine(name)}`, { recursive: true, force: true });
  try {
    const { dev, ino } = statSync(region.instancePath(name, "root"));
    rmSync(`${run}/locks/inode-${dev}:${ino}`, { force: true });
  } catch {
    // Without a root there is no lock.
  }
  await unplug(region.machine(name));
}
