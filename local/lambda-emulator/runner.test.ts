import type { SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { type Handler, runQueue } from "./runner.ts";

/** Runs one batch of messages through a handler; returns the ids that were deleted. */
async function deletedAfter(ids: readonly string[], handler: Handler): Promise<string[]> {
  const stop = new AbortController();
  const deleted: string[] = [];
  let received = false;
  const sqs = {
    async send(command: { input: { Entries?: { Id: string }[] } }) {
      const { Entries } = command.input;
      if (Entries) {
        deleted.push(...Entries.map(({ Id }) => Id));
        return {};
      }
      if (received) stop.abort();
      const Messages = received
        ? []
        : ids.map((id) => ({ MessageId: id, ReceiptHandle: `receipt-${id}`, Body: "{}" }));
      received = true;
      return { Messages };
    },
  } as unknown as SQSClient;
  await runQueue({ sqs, queueUrl: "q", handler, log: () => {}, signal: stop.signal });
  return deleted;
}

test("a message that the function handled is deleted", async () => {
  expect(await deletedAfter(["a", "b"], async () => ({ batchItemFailures: [] }))).toEqual([
    "a",
    "b",
  ]);
});

test("a message that the function reports as failed is not deleted", async () => {
  const handler: Handler = async () => ({ batchItemFailures: [{ itemIdentifier: "a" }] });
  expect(await deletedAfter(["a", "b"], handler)).toEqual(["b"]);
});

test("a function that throws fails its whole batch", async () => {
  const handler: Handler = async () => {
    throw new Error("out of memory");
  };
  expect(await deletedAfter(["a", "b"], handler)).toEqual([]);
});
