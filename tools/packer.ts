import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Problem } from "../lib/problem.ts";
import { stream } from "./stream.ts";

const install = "apt-get install --no-install-recommends packer";

/** The version of the packer on PATH, like "1.6.6"; undefined where there is none. */
export const packerVersion = (): Promise<string | undefined> =>
  promisify(execFile)("packer", ["version"], {
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  }).then(
    ({ stdout }) => /^Packer v(\S+)/.exec(stdout)?.[1],
    () => undefined,
  );

/** What is missing where there is no packer, and how to get it. */
export const noPacker = () =>
  new Problem({
    happened: "there is no packer on PATH",
    unchanged: "no template was checked",
    next: `${install} (Debian 12), or https://developer.hashicorp.com/packer/install`,
  });

/** Installs Debian's packer where there is none. @throws Problem where this release has none. */
export async function ensurePacker(log: (line: string) => void): Promise<void> {
  if ((await packerVersion()) !== undefined) return;
  log("packer is installed: it checks the templates of the images");
  const [program = "", ...args] = install.split(" ");
  await stream(program, [...args, "--yes", "--quiet"], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stillRunning: (seconds) => log(`packer: ${seconds} s`),
    next: "install it by hand: https://developer.hashicorp.com/packer/install",
  });
}
