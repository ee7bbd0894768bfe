import { type StreamOptions, stream } from "../../tools/stream.ts";

/** A command in a root that is not booted. */
export interface InRoot {
  readonly command: readonly string[];
  /** Files and folders of this machine by their path in the root, read-only. */
  readonly binds: Readonly<Record<string, string>>;
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command in a root that is not booted, with this machine's network. @throws as `stream`. */
export const runInRoot = (
  root: string,
  { command, binds, environment = {} }: InRoot,
  options: StreamOptions,
): Promise<void> =>
  stream(
    "systemd-nspawn",
    [
      ...["--quiet", `--directory=${root}`, "--register=no", "--keep-unit", "--pipe"],
      ...["--resolv-conf=replace-host", "--timezone=off", "--link-journal=no"],
      ...Object.entries(binds).map(([inside, path]) => `--bind-ro=${path}:${inside}`),
      ...Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`),
      ...command,
    ],
    { ...options, env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" } },
  );
