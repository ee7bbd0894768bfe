import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Problem } from "../../lib/problem.ts";
import { stream } from "../../tools/stream.ts";
import { isAtLeast } from "../../tools/versions.ts";

const run = promisify(execFile);

/** A Debian package, the program that shows that it is installed, and why it is needed. */
export interface Prerequisite {
  readonly program: string;
  /** Programs that serve as well. */
  readonly orElse?: readonly string[];
  readonly packageName: string;
  readonly why: string;
}

const prerequisites: readonly Prerequisite[] = [
  { program: "systemd-nspawn", packageName: "systemd-container", why: "runs the instances" },
  { program: "mmdebstrap", packageName: "mmdebstrap", why: "makes the instances' Debian root" },
  { program: "haproxy", packageName: "haproxy", why: "is the load balancer" },
  { program: "ip", packageName: "iproute2", why: "makes the instances' network" },
  { program: "nsenter", packageName: "util-linux", why: "runs commands on an instance" },
  { program: "tar", packageName: "tar", why: "unpacks the image's node" },
];

/** Packages that only the tests need. */
const testPrerequisites: readonly Prerequisite[] = [
  {
    program: "chromium",
    // GitHub's machines have this one; Ubuntu's own package is a snap, which asks for a desktop.
    orElse: ["google-chrome"],
    packageName: "chromium",
    why: "shows the board in its tests",
  },
];

/** Lowest versions; below them something is known to fail. */
const leastVersions = [
  { what: "Node", args: ["node", "--version"], least: [20, 19], get: "nodejs.org" },
  { what: "Go", args: ["go", "version"], least: [1, 25], get: "go.dev/dl" },
  {
    what: "Python",
    args: ["python3", "--version"],
    least: [3, 11],
    get: "apt-get install python3",
  },
] as const;

/** The facts that are read from a machine, and the changes made to it. */
export interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly isUbuntu: boolean;
  has(program: string): Promise<boolean>;
  /** The output of a command; undefined where the command fails or is not there. */
  output(command: readonly [string, ...string[]]): Promise<string | undefined>;
  hasFile(path: string): boolean;
  loadOverlay(): Promise<void>;
  /** Installs Debian packages. @throws Problem that says to run `next` by hand. */
  install(names: readonly string[], log: (line: string) => void, next: string): Promise<void>;
}

/**
 * Installs what this machine lacks for a local region, and logs each package with its reason.
 *
 * @param install with false, missing packages are an error that names the command.
 * @param forTests checks also for what only the tests need. @default false
 * @throws Problem that lists everything that is missing.
 */
export async function ensurePrerequisites(
  options: {
    readonly install: boolean;
    readonly forTests?: boolean;
    readonly log: (line: string) => void;
  },
  machine: Machine = thisMachine,
): Promise<void> {
  const { install, forTests = false, log } = options;
  if (machine.platform !== "linux") {
    throw missing(
      `the local region needs Linux, this is ${machine.platform}`,
      "run it in a Debian machine, as from: limactl start template://debian-13",
    );
  }
  if (!machine.isRoot) {
    throw missing(
      "the local region needs root: for control groups, mounts and a bridge",
      'run it as root, like: sudo env "PATH=$PATH" make demo',
    );
  }
  await machine.loadOverlay();
  await checkVersions(machine);
  const wanted = [...prerequisites, ...(forTests ? testPrerequisites : [])];
  const absent = await absentOf(wanted, machine);
  if (absent.length === 0) return;
  const names = absent.map(({ packageName }) => packageName);
  const command = `apt-get install --no-install-recommends ${names.join(" ")}`;
  if (!install) throw missing(`these packages are missing: ${names.join(", ")}`, command);
  for (const { packageName, why } of absent) log(`${packageName} is installed: it ${why}`);
  await machine.install(names, log, command);
}

async function absentOf(
  wanted: readonly Prerequisite[],
  machine: Machine,
): Promise<Pick<Prerequisite, "packageName" | "why">[]> {
  const absent = await Promise.all(
    wanted.map(async (one) => {
      const found = await Promise.all([one.program, ...(one.orElse ?? [])].map(machine.has));
      return found.includes(true) ? [] : [one];
    }),
  );
  const venv = await machine.output(["python3", "-c", "import venv, ensurepip"]);
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return [
    ...absent.flat(),
    ...(venv === undefined
      ? [{ packageName: "python3-venv", why: "holds what simulates AWS" }]
      : []),
    ...(machine.isUbuntu && !machine.hasFile(keyring)
      ? [{ packageName: "debian-archive-keyring", why: "checks Debian's packages" }]
      : []),
  ];
}

async function checkVersions(machine: Machine): Promise<void> {
  const faults = await Promise.all(
    leastVersions.map(async ({ what, args, least, get }) => {
      const found = await machine.output(args);
      if (found !== undefined && isAtLeast(found, least)) return [];
      return [`${what} ${least.join(".")} or newer (${get}), found ${found?.trim() ?? "none"}`];
    }),
  );
  if (faults.flat().length > 0)
    throw missing(faults.flat().join("; "), "install these, then run it again");
}

const thisMachine: Machine = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  get isUbuntu() {
    return /^ID=ubuntu$/m.test(readFileSync("/etc/os-release", "utf8"));
  },
  has: (program) =>
    run("sh", ["-c", `command -v ${program}`], {
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    }).then(
      () => true,
      () => false,
    ),
  output: ([program, ...args]) =>
    run(program, args).then(
      ({ stdout }) => stdout,
      () => undefined,
    ),
  hasFile: existsSync,
  async loadOverlay() {
    if (readFileSync("/proc/filesystems", "utf8").includes("overlay")) return;
    await run("modprobe", ["overlay"]).catch(() => undefined);
  },
  async install(names, log, next) {
    // RUNLEVEL=1 keeps packages from starting their services (invoke-rc.d): this machine needs
    // no haproxy of its own.
    const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    const stillRunning = (seconds: number) => log(`apt: ${seconds} s`);
    await stream("apt-get", ["update", "-qq"], { env, stillRunning, next });
    await stream("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], {
      env,
      stillRunning,
      next,
    });
  },
};

function missing(happened: string, next: string): Problem {
  return new Problem({ happened, unchanged: "nothing was installed or started", next });
}
