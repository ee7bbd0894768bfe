import * as z from "zod";

/** The identity of one build of one service. */
export interface ReleaseName {
  readonly service: string;
  /** The workflow's run number: monotonic, decides which build is newer. */
  readonly sequence: number;
  /** The full commit id, 40 hexadecimal digits. */
  readonly commit: string;
}

export const Sequence = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
export const Commit = z.string().regex(/^[0-9a-f]{40}$/, "a commit is 40 hexadecimal digits");
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 is 64 hexadecimal digits");
/** A repository's page, like "https://github.com/example/web"; no character that ends a link. */
export const RepositoryUrl = z
  .string()
  .max(300)
  .regex(/^https:\/\/[A-Za-z0-9.-]+(:[0-9]+)?(\/[A-Za-z0-9._~-]+)+$/);

/** `<service>-<sequence>-<commit7>`: the name of a release in folders, messages and headers. */
export const ReleaseId = z.string().regex(/^[a-z][a-z0-9-]{0,30}-[1-9][0-9]*-[0-9a-f]{7}$/);

/** The id under which a release is known everywhere. */
export function releaseId({ service, sequence, commit }: ReleaseName): string {
  return `${service}-${sequence}-${commit.slice(0, 7)}`;
}

/** The object key of a release's archive in the cluster's artifacts bucket. */
export function artifactKey({ service, sequence, commit }: ReleaseName): string {
  return `${service}/${sequence}-${commit}.tar.gz`;
}

/** The build that an object key names, or undefined for a key of another form. */
export function parseArtifactKey(key: string): ReleaseName | undefined {
  const match = /^([a-z][a-z0-9-]{0,30})\/([1-9][0-9]{0,15})-([0-9a-f]{40})\.tar\.gz$/.exec(key);
  if (!match) return undefined;
  const [, service, sequence, commit] = match as unknown as [string, string, string, string];
  const build = { service, sequence: Number(sequence), commit };
  return Number.isSafeInteger(build.sequence) ? build : undefined;
}
