import { expect, test } from "vitest";
import { documentOf, type Resource } from "./document.ts";
import type { ResourceSchema } from "./schemas.ts";

const schemas: Record<string, ResourceSchema> = {
  "AWS::SQS::Queue": {
    properties: {
      QueueName: { type: "string" },
      VisibilityTimeout: { type: "string" },
      RedrivePolicy: { type: "object" },
      RedriveAllowPolicy: { type: "object" },
      Arn: { type: "string" },
      Tags: {
        type: "array",
        items: { $ref: "#/definitions/Tag" },
      },
    },
    definitions: { Tag: { type: "object", properties: { Key: {}, Value: {} } } },
    readOnlyProperties: ["/properties/Arn"],
  },
};

const queue = (written: Resource["written"], applied: Resource["applied"] = written): Resource => ({
  address: "aws_sqs_queue.announce_1A2B",
  type: "aws_sqs_queue",
  written,
  applied,
});
const convert = (...resources: Resource[]) =>
  documentOf(resources, (type) => schemas[type] as ResourceSchema);

test("a resource gets CloudFormation's names and types, and its JSON is no text", () => {
  const args = {
    name: "announce",
    visibility_timeout_seconds: 30,
    redrive_policy: '{"maxReceiveCount":5}',
  };
  const { document, addresses, unplaced } = convert(queue(args));
  expect(document.Resources.awssqsqueueannounce1A2B).toEqual({
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: "announce",
      VisibilityTimeout: "30",
      RedrivePolicy: { maxReceiveCount: 5 },
    },
  });
  expect(addresses.get("awssqsqueueannounce1A2B")).toBe("aws_sqs_queue.announce_1A2B");
  expect([...unplaced]).toEqual([]);
});

test("tags are those that the provider gives, too", () => {
  const made = queue({ name: "a", tags: { x: "1" } }, { name: "a", tags_all: { x: "1", y: "2" } });
  const [resource] = Object.values(convert(made).document.Resources);
  expect(resource?.Properties.Tags).toEqual([
    { Key: "x", Value: "1" },
    { Key: "y", Value: "2" },
  ]);
});

test("a resource that is a part of another one goes into that one alone", () => {
  const part = (id: string): Resource => ({
    address: `aws_sqs_queue_redrive_allow_policy.${id}`,
    type: "aws_sqs_queue_redrive_allow_policy",
    written: { queue_url: id, redrive_allow_policy: "" },
    applied: { queue_url: id, redrive_allow_policy: `{"of":"${id}"}` },
  });
  const made = queue({ name: "a" }, { name: "a", id: "url-1" });
  const { document } = convert(part("url-2"), made, part("url-1"));
  expect(Object.values(document.Resources).map(({ Properties }) => Properties)).toEqual([
    { QueueName: "a", RedriveAllowPolicy: { of: "url-1" } },
  ]);
});

test("an argument, and a type, that has no place is told", () => {
  const made = queue({ name: "a", fifo: true, arn: "arn:1" });
  const other = { ...queue({}), type: "aws_mq_broker" };
  expect([...convert(made, other).unplaced]).toEqual([
    "aws_sqs_queue.fifo",
    "aws_sqs_queue.arn",
    "aws_mq_broker",
  ]);
});
