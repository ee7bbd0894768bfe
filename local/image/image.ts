import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "../../tools/cache.ts";
import { ensureNode } from "../../tools/node.ts";
import { ensureAnsible } from "../../tools/python.ts";
import { stream } from "../../tools/stream.ts";
import { versions } from "../../tools/versions.ts";
import { hostMirror } from "./mirror.ts";

const ansibleFolder = fileURLToPath(new URL("../../ansible", import.meta.url));

/** Packages that the playbook needs in a Debian root, and the roles' own packages. */
const packages = [
  "systemd",
  "systemd-sysv",
  "systemd-timesyncd",
  "dbus",
  "cloud-init",
  "python3",
  "python3-apt",
  "iproute2",
  "ca-certificates",
  "kmod",
  "netbase",
  "procps",
  "nginx-light",
  "nftables",
];

/** Python of the Debian release in versions.yml. */
const imagePython = "3.13";

export interface ImageOptions {
  /** Folder with the agent's bundles. */
  readonly agentBundle: string;
  /** The Consul program; its build may go on while the root is made. */
  readonly consul: Promise<string>;
  readonly log: (line: string) => void;
}

/**
 * The image of the local region: a Debian root made by the playbook that also makes the AMI, and
 * above it a layer with the agent. Each is made once for its inputs, then cached.
 *
 * @returns read-only roots for overlayfs, the topmost first.
 */
export async function ensureImage(options: ImageOptions): Promise<{ layers: string[] }> {
  const { agentBundle, log } = options;
  const base = await ensureBase(options);
  const agentKey = keyOf([
    basename(base).slice("base-".length),
    ...contentsOf(join(ansibleFolder, "roles", "agent")),
    ...contentsOf(agentBundle),
  ]);
  const agent = await cached(join("image", `agent-${agentKey}`), async (path) => {
    log("image: the layer with the agent is made");
    await makeAgentLayer(path, base, agentBundle, log);
  });
  return { layers: [agent, base] };
}

/** The image without the agent, whose tests need it more often than it changes. */
export function ensureBase(options: Omit<ImageOptions, "agentBundle">): Promise<string> {
  const key = keyOf([packages.join(" "), imagePython, ...contentsOf(ansibleFolder, "roles/agent")]);
  return cached(join("image", `base-${key}`), (path) => makeBase(path, options));
}

async function makeBase(
  root: string,
  { consul, log }: Omit<ImageOptions, "agentBundle">,
): Promise<void> {
  log("image: a Debian root is made, once: about a minute");
  const suite = versions().debian_suite as string;
  const mirror = await hostMirror();
  const [, node, ansible] = await Promise.all([
    stream(
      "mmdebstrap",
      ["--variant=minbase", `--include=${packages.join(",")}`, suite, root].concat(mirror ?? []),
      {
        stillRunning: (seconds) => log(`image: Debian ${suite}, ${seconds} s`),
        next: "see that the Debian mirror of this machine answers: apt-get update",
      },
    ),
    ensureNode(log),
    ensureAnsible(imagePython, log),
  ]);
  const programs = { node, consul: await consul };
  await play(root, ansible, ["--skip-tags", "agent"], log, programs);
  finishLocally(root);
}

/** Runs the agent's role over the base, and keeps its changes. */
async function makeAgentLayer(
  layer: string,
  base: string,
  agentBundle: string,
  log: (line: string) => void,
): Promise<void> {
  const ansible = await ensureAnsible(imagePython, log);
  const work = `${layer}.work`;
  const root = `${layer}.root`;
  for (const folder of [layer, work, root]) mkdirSync(folder, { recursive: true });
  const next = "see that this kernel has overlayfs: grep overlay /proc/filesystems";
  const options = `lowerdir=${base},upperdir=${layer},workdir=${work}`;
  await stream("mount", ["-t", "overlay", "overlay", "-o", options, root], { next });
  try {
    await play(root, ansible, ["--tags", "agent"], log, { agent: agentBundle });
  } finally {
    await stream("umount", [root], { next });
    for (const folder of [work, root]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the playbook inside a root that is not booted; Ansible and programs are only mounted. */
async function play(
  root: string,
  ansible: string,
  args: readonly string[],
  log: (line: string) => void,
  programs: Readonly<Record<string, string>>,
): Promise<void> {
  const inside = (name: string) => `/run/shoestring-image/${name}`;
  const variable: Readonly<Record<string, string>> = {
    node: "node_binary",
    consul: "consul_binary",
    agent: "agent_bundle",
  };
  const binds = [
    `${ansible}:${inside("ansible")}`,
    `${ansibleFolder}:${inside("playbook")}`,
    ...Object.entries(programs).map(([name, path]) => `${path}:${inside(name)}`),
  ];
  await stream(
    "systemd-nspawn",
    [
      ...["--quiet", `--directory=${root}`, "--register=no", "--keep-unit", "--pipe"],
      ...["--resolv-conf=replace-host", "--timezone=off", "--link-journal=no"],
      ...binds.map((bind) => `--bind-ro=${bind}`),
      `--setenv=PYTHONPATH=${inside("ansible")}`,
      "--setenv=ANSIBLE_LOCALHOST_WARNING=false",
      "--setenv=PYTHONDONTWRITEBYTECODE=1",
      ...["python3", "-m", "ansible", "playbook", inside("playbook/instance.yml")],
      ...["--inventory", "localhost,", "--connection", "local"],
      ...["--extra-vars", "ansible_python_interpreter=/usr/bin/python3"],
      ...Object.keys(programs).flatMap((name) => [
        "--extra-vars",
        `${variable[name]}=${inside(name)}`,
      ]),
      ...args,
    ],
    {
      env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
      onLine: (line) => {
        const task = /^TASK \[(.+?)\]/.exec(line)?.[1];
        if (task) log(`image: ${task}`);
      },
      stillRunning: (seconds) => log(`image: the playbook runs, ${seconds} s`),
      next: "run the playbook's task that failed by hand inside the root",
    },
  );
  rmSync(join(root, "root", ".ansible"), { recursive: true, force: true });
}

/** Adapts the local image: user data comes from a folder, the network from the region. */
function finishLocally(root: string): void {
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  write(
    "etc/cloud/cloud.cfg.d/90-local.cfg",
    "datasource_list: [NoCloud]\nnetwork: {config: disabled}\nssh_genkeytypes: []\n",
  );
  write("etc/machine-id", "");
  write("etc/hostname", "");
  const wants = join(root, "etc/systemd/system/multi-user.target.wants");
  mkdirSync(wants, { recursive: true });
  const networkd = "/usr/lib/systemd/system/systemd-networkd.service";
  rmSync(join(wants, "systemd-networkd.service"), { force: true });
  // Nobody logs in to a machine of the region, so it needs no console and no login manager.
  for (const unit of ["console-getty.service", "systemd-logind.service"]) {
    const mask = join(root, "etc/systemd/system", unit);
    rmSync(mask, { force: true });
    symlinkSync("/dev/null", mask);
  }
  symlinkSync(networkd, join(wants, "systemd-networkd.service"));
  rmSync(join(root, "var/lib/apt/lists"), { recursive: true, force: true });
}

/** Names and contents of a folder's files, in order. */
function contentsOf(folder: string, except?: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !(except && name.startsWith(except)) && !name.endsWith(".md"))
    .sort();
  return names.flatMap((name) => [name, readFileSync(join(folder, name), "utf8")]);
}

const keyOf = (parts: readonly string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
