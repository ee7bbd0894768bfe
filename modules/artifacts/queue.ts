import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import { SqsQueueRedriveAllowPolicy } from "@cdktf/provider-aws/lib/sqs-queue-redrive-allow-policy/index.js";
import { Fn } from "cdktf";
import type { Construct } from "constructs";

export interface AnnounceQueue {
  readonly arn: string;
  readonly name: string;
  readonly deadLettersName: string;
  readonly policy: SqsQueuePolicy;
}

export interface AnnounceQueueProps {
  readonly cluster: string;
  readonly account: string;
  /** The only bucket that may send. */
  readonly bucketArn: string;
  /** Longest run of the function that reads the queue. */
  readonly functionTimeoutSeconds: number;
}

const dayInSeconds = 24 * 3600;

/** A message that failed this many times becomes a dead letter. */
const maxReceiveCount = 5;

export function announceQueue(scope: Construct, props: AnnounceQueueProps): AnnounceQueue {
  const { cluster, account, bucketArn, functionTimeoutSeconds } = props;
  const deadLetters = new SqsQueue(scope, "dead-letters", {
    name: `${cluster}-announce-dead`,
    messageRetentionSeconds: 14 * dayInSeconds,
    sqsManagedSseEnabled: true,
  });
  const queue = new SqsQueue(scope, "queue", {
    name: `${cluster}-announce`,
    messageRetentionSeconds: 4 * dayInSeconds,
    sqsManagedSseEnabled: true,
    // AWS recommends this: Lambda keeps a batch that it cannot run yet, and tries again.
    visibilityTimeoutSeconds: 6 * functionTimeoutSeconds,
    redrivePolicy: Fn.jsonencode({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount }),
  });
  new SqsQueueRedriveAllowPolicy(scope, "dead-letters-source", {
    queueUrl: deadLetters.url,
    redriveAllowPolicy: Fn.jsonencode({
      redrivePermission: "byQueue",
      sourceQueueArns: [queue.arn],
    }),
  });
  const document = new DataAwsIamPolicyDocument(scope, "queue-policy-document", {
    statement: [
      {
        sid: "OnlyTheBucket",
        actions: ["sqs:SendMessage"],
        resources: [queue.arn],
        principals: [{ type: "Service", identifiers: ["s3.amazonaws.com"] }],
        condition: [
          { test: "ArnEquals", variable: "aws:SourceArn", values: [bucketArn] },
          // A bucket's ARN has no account: another account could reuse the name of a deleted one.
          { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
        ],
      },
    ],
  });
  const policy = new SqsQueuePolicy(scope, "queue-policy", {
    queueUrl: queue.url,
    policy: document.json,
  });
  return { arn: queue.arn, name: queue.name, deadLettersName: deadLetters.name, policy };
}
