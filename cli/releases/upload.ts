import { createHash } from "node:crypto";
import { Problem } from "../../lib/problem.ts";
import { artifactKey, type ReleaseName, releaseId } from "../../protocol/releases.ts";
import type { Artifacts } from "./artifacts.ts";

/**
 * Uploads a build's archive once and never overwrites an object. A repeated upload of the same
 * build, by a workflow that is run again or a request whose answer was lost, is recognised by its
 * content.
 *
 * @returns whether it was uploaded now; false where it existed already.
 * @throws Problem where its sequence belongs to another build, or to other content.
 */
export async function upload(
  artifacts: Artifacts,
  build: ReleaseName,
  archive: Buffer,
  metadata: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (await isThere(artifacts, build, archive)) return false;
  if (await artifacts.put(artifactKey(build), archive, metadata)) return true;
  // The key was taken in between: by another job, or by this request, which the SDK repeats when an
  // answer is lost.
  if (await isThere(artifacts, build, archive)) return false;
  throw new Problem({
    happened: `S3 says that ${artifactKey(build)} is there, and does not show it`,
    unchanged: "nothing was uploaded",
    next: "run the command again",
  });
}

/**
 * Compares an object's name and its MD5, as a list shows them: the role of a workflow may read no
 * object, not even its metadata.
 */
async function isThere(
  artifacts: Artifacts,
  build: ReleaseName,
  archive: Buffer,
): Promise<boolean> {
  const listed = await artifacts.list(`${build.service}/${build.sequence}-`);
  const other = listed.find(({ key }) => key !== artifactKey(build));
  if (other) throw otherBuild(build, other.key);
  const [same] = listed;
  if (!same) return false;
  if (same.etag !== createHash("md5").update(archive).digest("hex")) throw otherContent(build);
  return true;
}

const otherBuild = ({ service, sequence }: ReleaseName, key: string) =>
  new Problem({
    happened: `sequence ${sequence} of ${service} belongs to another build: ${key}`,
    unchanged: "nothing was uploaded; that build stands",
    next: "use a sequence that is new; if a workflow was made anew and counts from 1 again, set its sequence-offset",
  });

const otherContent = (build: ReleaseName) =>
  new Problem({
    happened: `${releaseId(build)} was uploaded before, with other content`,
    unchanged: "nothing was uploaded; the first upload stands, and may be what runs",
    next: "to deploy the new content, push a commit: a release never changes under its name; if nothing changed, make the build give the same bytes each time",
  });
