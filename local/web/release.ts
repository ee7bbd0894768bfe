import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
}

const serverPath = fileURLToPath(new URL("./server.js", import.meta.url));

/** Writes a release of the demo's service to a folder, ready to be pushed. */
export function makeRelease(folder: string, behaviour?: WebBehaviour): void {
  mkdirSync(folder, { recursive: true });
  cpSync(serverPath, join(folder, "server.js"));
  if (behaviour) writeFileSync(join(folder, "behaviour.json"), JSON.stringify(behaviour));
}
