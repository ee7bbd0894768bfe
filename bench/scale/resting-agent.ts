import { type WatchContext, watchDeploy } from "../../agent/core/watch.ts";
import { controlDrain } from "../../agent/instance/drain-controller.ts";
import { readRollout } from "../../agent/rollout/fleet-snapshot.ts";
import { memoryHealthCheck } from "../../agent/testing/health-check.ts";
import type { Deploy } from "../../protocol/documents.ts";

/** The deploy of its one service, and the drain of its instance; each holds a connection. */
export const longPollsOfAgent = 2;
/** What is asked beside them has connections of its own, which are kept. */
export const connectionsOfAgent = 2 * longPollsOfAgent;

/** All that an agent asks of Consul while no rollout is under way, with the agent's own code. */
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
