import { type WatchContext, watchDeploy } from "../../agent/core/watch.ts";
import { controlDrain } from "../../agent/instance/drain-controller.ts";
import { readRollout } from "../../agent/rollout/fleet-snapshot.ts";
import { memoryHealthCheck } from "../../agent/testing/health-check.ts";
import type { Deploy } from "../../protocol/documents.ts";

/** For the deploy of its service and for the drain of its instance; each holds a connection. */
export const longPollsOfAgent = 2;
/** Other requests have connections of their own, which are kept open. */
export const connectionsOfAgent = 2 * longPollsOfAgent;

/** All requests of an agent to Consul without a rollout, made by the agent's own code. */
export function restingAgent(
  on: WatchContext & { readonly instance: string },
  hand: (deploy: Deploy) => void,
): void {
  const goOn = (deploy: Deploy) => void readRollout(on.consul, deploy).catch(() => {});
  void watchDeploy({ ...on, service: "web" }, hand, goOn);
  const { healthCheck } = memoryHealthCheck(on.clock);
  const kept = { read: async () => undefined, write: async () => {} };
  void controlDrain({ ...on, healthCheck, kept });
}
