import type { BuildOptions, BuildResult } from "esbuild";

export function bundleProgram(entry: string, options?: BuildOptions): Promise<BuildResult>;
