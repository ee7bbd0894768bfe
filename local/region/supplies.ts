import { Problem } from "../../lib/problem.ts";
import type { Region } from "../host/region.ts";

/** Parts that a region needs but does not make. Each is fetched when it is asked for. */
export interface Supplies {
  /** Checks for the programs that this machine must have, or installs them. */
  prerequisites(install: boolean): Promise<void>;
  /** The image with the agent of this checkout: read-only roots, the topmost first. */
  layers(): Promise<readonly string[]>;
  /** Path of the Consul program. */
  consul(): Promise<string>;
  /** Path of the program that simulates AWS. */
  moto(): Promise<string>;
  /** Checks for Terraform, and installs its simulated providers. */
  terraform(): Promise<void>;
}

/** The real ones, built or downloaded once, then cached. Loaded when needed: exec needs none. */
export function supplies(region: Region, log: (line: string) => void): Supplies {
  // The image needs it too, and a build that takes minutes must not run twice.
  let consul: Promise<string> | undefined;
  const theConsul = async () => {
    const { ensureConsul } = await import("../../tools/consul.ts");
    consul ??= ensureConsul(log);
    return await consul;
  };
  return {
    async prerequisites(install) {
      const { ensurePrerequisites } = await import("../host/prerequisites.ts");
      await ensurePrerequisites({ install, log });
    },
    async layers() {
      const { buildAgent } = await import("../../agent/build.ts");
      const { ensureImage } = await import("../image/image.ts");
      const agentBundle = region.path("build", "agent");
      await buildAgent(agentBundle);
      return (await ensureImage({ agentBundle, consul: theConsul(), log })).layers;
    },
    consul: theConsul,
    async terraform() {
      const { simulatedTerraform } = await import("../terraform/simulated.ts");
      await simulatedTerraform(log);
    },
    async moto() {
      const { ensureMoto } = await import("../../tools/python.ts");
      return await ensureMoto(log);
    },
  };
}

/** @throws Problem for anyone but root. */
export function needRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new Problem({
    happened: "the local region needs root: for control groups, mounts and a bridge",
    unchanged: "nothing was done",
    next: 'run it as root, like: sudo env "PATH=$PATH" npx shoestring local up',
  });
}
