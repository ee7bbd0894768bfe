import { type ReleaseName, releaseId } from "../protocol/releases.ts";
import { layout, type SlackMessage } from "./layout.ts";
import { code, link, plain } from "./text.ts";

/** A build's details before its deploy exists. */
export interface BuildDetails extends ReleaseName {
  readonly cluster: string;
  readonly by: string;
  readonly reason: string;
  readonly repository?: string | undefined;
}

/**
 * The phase of a build. A deploy's coordinator goes on with the message after `uploading`; the last
 * two are final: nothing follows a build that failed or was uploaded before.
 */
export type BuildPhase = "building" | "uploading" | "failed" | "known";

const waits = "stays like this where a newer build or a hold came first";
const phases = {
  building: { icon: "hammer", word: "building", note: waits },
  uploading: { icon: "hammer", word: "uploading", note: waits },
  failed: { icon: "x", word: "not uploaded", note: "the service runs what it ran" },
  known: {
    icon: "heavy_minus_sign",
    word: "was uploaded before",
    note: "nothing is deployed a second time",
  },
} as const;

/** The name that a build's message is found by, until its deploy has one. */
export const buildName = (cluster: string, { id }: { readonly id: string }) => `${cluster}/${id}`;

/** The one message of a deploy, before any of it reached the cluster. */
export function buildMessage(build: BuildDetails, phase: BuildPhase): SlackMessage {
  const { cluster, service, by, reason, commit, repository } = build;
  const { icon, word, note } = phases[phase];
  const short = commit.slice(0, 7);
  const status = code(`shoestring status ${service} --cluster ${cluster}`, 200);
  return layout({
    icon,
    title: `${releaseId(build)} on ${cluster}: ${word}`,
    about: [
      plain(`${by}: ${reason}`, 300),
      repository ? link(`${repository}/commit/${commit}`, short) : short,
    ],
    notes: [`${note}: ${status}`],
  });
}
