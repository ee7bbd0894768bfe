import { describe, Problem } from "../../lib/problem.ts";
import { type AnnounceDeps, announce } from "./announce.ts";
import { parseUploads } from "./upload.ts";

/** The part of Lambda's SQS event that the function uses. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/**
 * The messages that return to the queue; after several returns they end in the dead-letter queue.
 */
export interface PartialResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Announces a batch of messages, one after the other; each succeeds or fails on its own. */
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
