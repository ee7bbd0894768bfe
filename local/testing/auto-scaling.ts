import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** The part of EC2 and Auto Scaling that an agent calls, as an agent sees it. */
export interface SimulatedAutoScaling {
  readonly url: string;
  /** Answers to hooks, like `launch CONTINUE staging-web web-1`, in their order. */
  readonly answers: readonly string[];
  /** Requests that AWS would have refused, with the reasons. */
  readonly refused: readonly string[];
  /** Sets the group's target lifecycle state of the instance from now on. */
  bringTo(state: "InService" | "Terminated"): void;
  close(): void;
}

/** Simulates the metadata service (IMDSv2), and the two calls of Auto Scaling about a hook, on one address. */
export async function simulateAutoScaling(address: string): Promise<SimulatedAutoScaling> {
  const answers: string[] = [];
  const refused: string[] = [];
  let state = "InService";
  const answer = async (request: IncomingMessage): Promise<[status: number, body: string]> => {
    const { method, url, headers } = request;
    const refuse = (why: string): [number, string] => {
      refused.push(`${method} ${url}: ${why}`);
      return [400, ""];
    };
    if (method === "PUT" && url === "/latest/api/token") {
      return headers["x-aws-ec2-metadata-token-ttl-seconds"] ? [200, "a token"] : refuse("no TTL");
    }
    if (url === "/latest/meta-data/autoscaling/target-lifecycle-state") {
      return headers["x-aws-ec2-metadata-token"] === "a token" ? [200, state] : [401, ""];
    }
    const sent = new URLSearchParams(await text(request));
    const action = sent.get("Action");
    const isHeartbeat = action === "RecordLifecycleActionHeartbeat";
    if (!isHeartbeat && action !== "CompleteLifecycleAction") return refuse("not simulated");
    if (!/^AWS4-HMAC-SHA256 .*Signature=/.test(headers.authorization ?? "")) {
      return refuse("not signed");
    }
    const named = `<${action}Result/>`;
    if (isHeartbeat) return [200, `<${action}Response>${named}</${action}Response>`];
    const names = ["LifecycleHookName", "LifecycleActionResult", "AutoScalingGroupName"];
    answers.push([...names, "InstanceId"].map((name) => sent.get(name)).join(" "));
    return [200, `<${action}Response>${named}</${action}Response>`];
  };
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "text/xml" }).end(body);
  }).listen(0, address);
  await new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    answers,
    refused,
    bringTo(next) {
      state = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
