import { expect, test } from "vitest";
import { type Caller, decide, type Request } from "./decide.ts";
import { parsePolicy } from "./document.ts";

const policy = (name: string, ...statements: object[]) =>
  parsePolicy(name, JSON.stringify({ Version: "2012-10-17", Statement: statements }));
const allow = (Action: string | string[], Resource: string | string[] = "*", more = {}) => ({
  Sid: "Allow",
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const role = (boundary: object[] | undefined, ...statements: object[]): Caller => ({
  kind: "AWS",
  id: "arn:aws:iam::123456789012:role/web",
  policies: [policy("own", ...statements)],
  ...(boundary ? { boundary: policy("boundary", ...boundary) } : {}),
});
const key = "arn:aws:s3:::releases/web/1.tar.gz";
const read: Request = { action: "s3:GetObject", resource: key, context: {} };

test("what nothing allows is denied", () => {
  expect(decide(role(undefined), read)).toEqual({ allowed: false, reason: "nothing allows it" });
});

test.each([
  ["the action by name", allow("s3:GetObject"), true],
  ["the action in other letters", allow("S3:getobject"), true],
  ["a pattern of actions", allow("s3:Get*"), true],
  ["one letter by a question mark", allow("s3:GetObjec?"), true],
  ["another action", allow("s3:PutObject"), false],
  ["an action that the name begins", allow("s3:GetObjectVersion"), false],
  ["a pattern of resources", allow("s3:GetObject", "arn:aws:s3:::releases/web/*"), true],
  ["another resource", allow("s3:GetObject", "arn:aws:s3:::releases/api/*"), false],
  ["one of several resources", allow("s3:GetObject", ["arn:aws:s3:::a/*", key]), true],
])("a statement on %s decides", (_, statement, allowed) => {
  expect(decide(role(undefined, statement), read).allowed).toBe(allowed);
});

test("a call that names no resource is allowed by a statement on * alone", () => {
  const unsubscribe = { action: "sns:Unsubscribe", resource: "*", context: {} };
  const named = allow("sns:Unsubscribe", "arn:aws:sns:eu-central-1:123456789012:*");
  expect(decide(role(undefined, named), unsubscribe).allowed).toBe(false);
  expect(decide(role(undefined, allow("sns:Unsubscribe")), unsubscribe).allowed).toBe(true);
});

test.each([
  ["in a name", "arn:aws:rds:*:*:db:web-*", true],
  ["for all resources of an account", "arn:aws:rds:eu-central-1:123456789012:*", true],
  ["from the region into the name", "arn:aws:rds:*:db:web-main", false],
  ["from the service on", "arn:aws:*", false],
])("a star %s reaches as far as AWS lets it", (_, resource, allowed) => {
  const arn = "arn:aws:rds:eu-central-1:123456789012:db:web-main";
  const caller = role(undefined, allow("rds:*", resource));
  const request = { action: "rds:ModifyDBInstance", resource: arn, context: {} };
  expect(decide(caller, request).allowed).toBe(allowed);
});

test("a denial wins over every allowance, and is named", () => {
  const deny = { Sid: "Never", Effect: "Deny", Action: "s3:*", Resource: "*" };
  expect(decide(role(undefined, allow("*"), deny), read)).toEqual({
    allowed: false,
    reason: "denied",
    by: "own: Never",
  });
});

test("a boundary allows nothing by itself, and what is outside it is denied", () => {
  expect(decide(role([allow("s3:*")]), read).reason).toBe("nothing allows it");
  expect(decide(role([allow("sqs:*")], allow("s3:*")), read).reason).toBe("outside the boundary");
  expect(decide(role([allow("s3:*")], allow("s3:*")), read).allowed).toBe(true);
});

test("a denial in a boundary wins", () => {
  const deny = { Sid: "NoState", Effect: "Deny", Action: "s3:*", Resource: key };
  const decision = decide(role([allow("*"), deny], allow("*")), read);
  expect(decision).toMatchObject({ allowed: false, by: "boundary: NoState" });
});

const equals = { StringEquals: { "aws:RequestedRegion": ["eu-central-1", "us-east-1"] } };
test.each<[string, object, Record<string, string>, boolean]>([
  ["one of its values", equals, { "aws:RequestedRegion": "us-east-1" }, true],
  ["the key in other letters", equals, { "AWS:requestedregion": "us-east-1" }, true],
  ["another value", equals, { "aws:RequestedRegion": "ap-south-1" }, false],
  ["no such key", equals, {}, false],
  ["a pattern", { StringLike: { "s3:prefix": "web/*" } }, { "s3:prefix": "web/" }, true],
  ["a star that is no pattern", { StringEquals: { a: "web/*" } }, { a: "web/1" }, false],
  ["an ARN", { ArnLike: { a: "arn:aws:sns:*:1:x" } }, { a: "arn:aws:sns:r:1:x" }, true],
  ["a key that must be absent and is", { Null: { a: "true" } }, {}, true],
  ["a key that must be there and is not", { Null: { a: "false" } }, {}, false],
  ["a key that must be there and is", { Null: { a: "false" } }, { a: "x" }, true],
  ["two conditions, of which one holds", { StringEquals: { a: "1", b: "2" } }, { a: "1" }, false],
])("a condition looks at the request: %s", (_, Condition, context, allowed) => {
  const caller = role(undefined, allow("s3:GetObject", "*", { Condition }));
  expect(decide(caller, { ...read, context }).allowed).toBe(allowed);
});

const onlyTls = policy("bucket", {
  Sid: "OnlyOverTls",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: "*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

test("a bucket's policy denies what a role's allows", () => {
  const caller = role(undefined, allow("s3:*"));
  const over = (tls: string) => ({ ...read, context: { "aws:SecureTransport": tls } });
  expect(decide(caller, over("false"), onlyTls).by).toBe("bucket: OnlyOverTls");
  expect(decide(caller, over("true"), onlyTls).allowed).toBe(true);
});

test("a resource's policy allows whom it names, and nobody else", () => {
  const queue = policy("queue", {
    Sid: "OnlyTheBucket",
    Effect: "Allow",
    Principal: { Service: "s3.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: "*",
  });
  const send = {
    action: "sqs:SendMessage",
    resource: "arn:aws:sqs:eu-central-1:123456789012:web",
    context: {},
  };
  const service = (id: string): Caller => ({ kind: "Service", id, policies: [] });
  expect(decide(service("s3.amazonaws.com"), send, queue).allowed).toBe(true);
  expect(decide(service("sns.amazonaws.com"), send, queue).allowed).toBe(false);
  expect(decide(role(undefined), send, queue).allowed).toBe(false);
});

test.each([
  ["NotAction", { Effect: "Allow", NotAction: "iam:*", Resource: "*" }, /NotAction/],
  ["NotResource", { Effect: "Allow", Action: "s3:*", NotResource: "arn:a" }, /NotResource/],
  ["a variable", allow("s3:*", "arn:aws:s3:::${aws:username}"), /variable/],
  [
    "a star for the kind of a resource",
    allow("rds:*", "arn:aws:rds:*:*:*:web-*"),
    /no star in the kind/,
  ],
  ["a part of a kind", allow("ecs:*", "arn:aws:ecs:*:1:clus*/web"), /no star in the kind/],
])("%s is refused, as a guess would be worse", (_, statement, why) => {
  expect(() => policy("strange", statement)).toThrow(why);
});

test("an operator that is not simulated is refused when it decides", () => {
  const strange = allow("s3:*", "*", {
    Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
  });
  expect(() => decide(role(undefined, strange), read)).toThrow("IpAddress is not simulated");
});
