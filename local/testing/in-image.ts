import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildAgent } from "../../agent/build.ts";
import { ensureConsul } from "../../tools/consul.ts";
import { type RunResult, run } from "../host/run.ts";
import { ensureBase, ensureImage } from "../image/image.ts";

const log = (line: string) => console.log(line);
const made = {
  get consul() {
    return ensureConsul(log);
  },
  log,
};

/** The image of this checkout's agent, the topmost layer first. */
async function layersWithAgent(): Promise<readonly string[]> {
  const agentBundle = mkdtempSync(join(tmpdir(), "in-image-agent-"));
  try {
    await buildAgent(agentBundle);
    return (await ensureImage({ ...made, agentBundle })).layers;
  } finally {
    rmSync(agentBundle, { recursive: true, force: true });
  }
}

export interface InImageOptions {
  /** Whether the image has the agent, too. @default false */
  readonly withAgent?: boolean;
  /** Folders of this machine by their path in the image, read-only. @default none */
  readonly binds?: Readonly<Record<string, string>>;
}

/**
 * Runs a shell script in a throw-away layer over the image, with a network and processes of its own;
 * nothing of it is left.
 *
 * @param files texts by path, which the script finds there.
 */
export async function inImage(
  files: Readonly<Record<string, string>>,
  script: string,
  { withAgent = false, binds = {} }: InImageOptions = {},
): Promise<RunResult> {
  const layers = withAgent ? await layersWithAgent() : [await ensureBase(made)];
  const folder = mkdtempSync(join(tmpdir(), "in-image-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, "files", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    writeFileSync(join(folder, "files", "script.sh"), script);
    mkdirSync(join(folder, "layer"));
    const inside = `set -e
layer="$1/layer"
mount -t tmpfs none "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
mount -t proc proc "$layer/root/proc"
mount --bind /dev "$layer/root/dev"
cp -r "$1/files/." "$layer/root/"
${Object.entries(binds)
  .map(([path, from]) => `mkdir -p "$layer/root${path}"; mount --bind ${from} "$layer/root${path}"`)
  .join("\n")}
ip link set lo up
exec chroot "$layer/root" sh /script.sh`;
    const own = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
    const args = [...own, "bash", "-c", inside, "in-image", folder, layers.join(":")];
    return await run("unshare", args, { timeoutMs: 100_000, env: process.env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
