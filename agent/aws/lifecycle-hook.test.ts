import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { completeHook, extendHook } from "./lifecycle-hook.ts";

const answer = {
  group: "staging-web",
  hook: "launch",
  instance: "i-0abc",
  result: "CONTINUE",
} as const;

/** A server on loopback that answers as Auto Scaling does; returns the requests that it got. */
async function autoScaling(status: number, body: string) {
  const seen: { parameters: Record<string, string>; authorization: string }[] = [];
  const server = createServer(async (request, response) => {
    const parameters = Object.fromEntries(new URLSearchParams(await text(request)));
    seen.push({ parameters, authorization: request.headers.authorization ?? "" });
    response.writeHead(status, { "content-type": "text/xml" }).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKID");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a secret");
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return seen;
}

const done = `<CompleteLifecycleActionResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
  <CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>`;
const heartbeat = "RecordLifecycleActionHeartbeat";
const error = (code: string, message: string) =>
  `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error>
  <Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

test("a hook is answered by one signed request that names group, hook and instance", async () => {
  const seen = await autoScaling(200, done);
  expect(await completeHook(answer)).toBe(true);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.parameters).toMatchObject({
    Action: "CompleteLifecycleAction",
    AutoScalingGroupName: "staging-web",
    LifecycleHookName: "launch",
    InstanceId: "i-0abc",
    LifecycleActionResult: "CONTINUE",
  });
  expect(seen[0]?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/autoscaling\/aws4_request, .*Signature=[0-9a-f]{64}$/,
  );
});

test("an answer to a hook that no longer waits returns false, without an error", async () => {
  const message = "No active Lifecycle Action found with instance ID i-0abc";
  await autoScaling(400, error("ValidationError", message));
  expect(await completeHook(answer)).toBe(false);
});

test("a refused answer is a problem that names what to look at", async () => {
  await autoScaling(403, error("AccessDenied", "not authorized to perform it"));
  await expect(completeHook(answer)).rejects.toMatchObject({
    happened:
      "the hook launch of staging-web did not take CONTINUE: AccessDenied: not authorized to perform it",
    next: "see whether the instance's role may do autoscaling:CompleteLifecycleAction",
  });
});

test("a heartbeat is one signed request that names group, hook and instance", async () => {
  const seen = await autoScaling(200, done.replaceAll("CompleteLifecycleAction", heartbeat));
  const { result: _, ...waiting } = answer;
  expect(await extendHook(waiting)).toBe(true);
  expect(seen.map(({ parameters }) => parameters)).toEqual([
    {
      ...{ Action: heartbeat, Version: "2011-01-01" },
      ...{ AutoScalingGroupName: "staging-web", LifecycleHookName: "launch", InstanceId: "i-0abc" },
    },
  ]);
});

test("a heartbeat that the role may not send is a problem that names the right", async () => {
  await autoScaling(403, error("AccessDenied", "not authorized to perform it"));
  await expect(extendHook(answer)).rejects.toMatchObject({
    happened:
      "the hook launch of staging-web did not take a heartbeat: AccessDenied: not authorized to perform it",
    next: "see whether the instance's role may do autoscaling:RecordLifecycleActionHeartbeat",
  });
});
