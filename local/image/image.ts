import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cached } from "../../tools/cache.ts";
import { ensureNode } from "../../tools/node.ts";
import { ensureAnsible } from "../../tools/python.ts";
import { stream } from "../../tools/stream.ts";
import { versions } from "../../tools/versions.ts";
import { contentsOf, keyOf } from "./contents.ts";
import { debianMirror } from "./mirror.ts";
import { ansibleFolder, clean, cleanScript, localVariables, play } from "./play.ts";

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
  "goss",
];

/** Python of the Debian release in versions.yml. */
export const imagePython = "3.13";

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
  const key = keyOf([
    packages.join(" "),
    imagePython,
    JSON.stringify(localVariables),
    readFileSync(cleanScript, "utf8"),
    ...contentsOf(ansibleFolder, "roles/agent"),
  ]);
  return cached(join("image", `base-${key}`), (path) => makeBase(path, options));
}

async function makeBase(
  root: string,
  { consul, log }: Omit<ImageOptions, "agentBundle">,
): Promise<void> {
  log("image: a Debian root is made, once: about a minute");
  const suite = versions().debian_suite as string;
  const mirror = await debianMirror();
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
  await play(root, { ansible, args: ["--skip-tags", "agent"], programs, log });
  await clean(root);
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
  // Checks of the arguments of a role always run, unless another tag leaves the role out.
  const args = ["--tags", "agent", "--skip-tags", "base"];
  const options = `lowerdir=${base},upperdir=${layer},workdir=${work}`;
  await stream("mount", ["-t", "overlay", "overlay", "-o", options, root], { next });
  try {
    await play(root, { ansible, args, programs: { agent: agentBundle }, log });
  } finally {
    await stream("umount", [root], { next });
    for (const folder of [work, root]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Adapts the local image: user data comes from a folder, the network from the region. */
function finishLocally(root: string): void {
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  write(
    "etc/cloud/cloud.cfg.d/90-local.cfg",
    "datasource_list: [NoCloud]\nnetwork: {config: disabled}\n",
  );
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
}
