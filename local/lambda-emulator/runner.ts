import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

/** A record as Lambda passes it to a function from an SQS queue. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, never>>;
  readonly eventSource: "aws:sqs";
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

/** A function's handler with partial batch responses, as Lambda calls it. */
export type Handler = (event: { readonly Records: readonly SqsRecord[] }) => Promise<
  | {
      readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
    }
  | undefined
>;

export interface QueueRunner {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly handler: Handler;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Works as Lambda's event source mapping: takes messages from the queue, passes them to the
 * handler, and deletes those that it did not report as failed. The others come back after their
 * visibility timeout, and end in the dead-letter queue.
 */
export async function runQueue(runner: QueueRunner): Promise<void> {
  const { sqs, queueUrl, log, signal } = runner;
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 20,
          MessageSystemAttributeNames: ["All"],
        }),
        { abortSignal: signal },
      );
      if (Messages.length > 0) await handle(runner, Messages);
    } catch (error) {
      if (signal.aborted) return;
      log(`queue: ${error instanceof Error ? error.message : String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function handle(runner: QueueRunner, messages: readonly Message[]): Promise<void> {
  const { sqs, queueUrl, handler, log } = runner;
  const failed = await failures(handler, messages, log);
  const done = messages.filter(({ MessageId }) => !failed.has(MessageId as string));
  log(`queue: ${done.length} of ${messages.length} messages done`);
  if (done.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: done.map(({ MessageId, ReceiptHandle }) => ({
        Id: MessageId as string,
        ReceiptHandle: ReceiptHandle as string,
      })),
    }),
  );
}

/** A handler that throws fails the whole batch. */
async function failures(
  handler: Handler,
  messages: readonly Message[],
  log: (line: string) => void,
): Promise<Set<string>> {
  try {
    const answer = await handler({ Records: messages.map(sqsRecord) });
    return new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  } catch (error) {
    log(`queue: the function failed: ${error instanceof Error ? error.stack : String(error)}`);
    return new Set(messages.map(({ MessageId }) => MessageId as string));
  }
}

const sqsRecord = (message: Message): SqsRecord => ({
  messageId: message.MessageId as string,
  receiptHandle: message.ReceiptHandle as string,
  body: message.Body ?? "",
  attributes: message.Attributes ?? {},
  messageAttributes: {},
  eventSource: "aws:sqs",
  eventSourceARN: "",
  awsRegion: process.env.AWS_REGION ?? "",
});
