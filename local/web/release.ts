import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Faults of a release of the demo's service; none by default. */
export interface WebBehaviour {
  readonly exitAtStart?: number;
  readonly neverAnswer?: boolean;
  readonly pingStatus?: number;
  /** The release id that it reports. */
  readonly claimRelease?: string;
  readonly ignoreSigterm?: boolean;
  /** It answers for this long after SIGTERM, and then ends even with requests in flight. */
  readonly stopMs?: number;
  readonly bootMs?: number;
  readonly omitReleaseHeader?: boolean;
  readonly crashAfterMs?: number;
  /** It throws at this request after its start; pings do not count. */
  readonly crashAtRequest?: number;
  /** It answers every nth request with 500; pings do not count. */
  readonly failEvery?: number;
  /** Of the release's worker (worker.js), for a service that runs one. */
  readonly worker?: WorkerBehaviour;
  /** Texts of more files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of the step before the release (migrate.js), for a service that has one. */
  readonly before?: { readonly ms?: number; readonly exit?: number };
  /** Of its scheduled command (cron.js), for a service that has one. */
  readonly cron?: { readonly ms?: number; readonly exit?: number };
}

export interface WorkerBehaviour {
  readonly jobMs?: number;
  /** It never says that it is ready. */
  readonly isSilent?: boolean;
  readonly crashAfterMs?: number;
}

/** Writes a release of the demo's service to a folder, ready to be pushed. */
export function makeRelease(folder: string, { files = {}, ...behaviour }: WebBehaviour = {}): void {
  mkdirSync(folder, { recursive: true });
  for (const program of ["server.js", "worker.js", "migrate.js", "cron.js"]) {
    cpSync(fileURLToPath(new URL(program, import.meta.url)), join(folder, program));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  if (Object.keys(behaviour).length > 0)
    writeFileSync(join(folder, "behaviour.json"), JSON.stringify(behaviour));
}
