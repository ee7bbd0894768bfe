import { describe, Problem } from "../../lib/problem.ts";
import { type AnnounceDeps, announce } from "./announce.ts";
import { parseUploads } from "./upload.ts";

/** The part of Lambda's SQS event that is used. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** Messages that come back, and end in the dead-letter queue when they come back too often. */
export interface PartialResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Announces a batch of messages, one after the other; each succeeds or fails for itself. */
export async function respond(
  deps: AnnounceDeps,
  log: Log,
  event: QueueEvent,
): Promise<PartialResponse> {
  const failures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of event.Records) {
    try {
      for (const upload of parseUploads(body)) {
        log("announce", { key: upload.key, ...(await announce(deps, upload)) });
      }
    } catch (error) {
      const parts = error instanceof Problem ? { ...error, cause: undefined } : {};
      log("announce.failed", { messageId, error: describe(error), ...parts });
      failures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failures };
}
