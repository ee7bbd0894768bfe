import * as z from "zod";
import { schemaVersion } from "./documents.ts";
import { InstanceName, Name } from "./names.ts";
import { SlackTarget } from "./slack-target.ts";
import { TraceTarget } from "./trace-target.ts";

/**
 * `/etc/shoestring/agent.json`: the settings that an instance's agent needs before it reads Consul.
 */
export const AgentFile = z.looseObject({
  schema: z.literal(schemaVersion),
  cluster: Name,
  instance: InstanceName,
  /** HTTP address of the Consul client on this machine. */
  consulUrl: z.url().default("http://127.0.0.1:8500"),
  /** Reference to the agent's Consul token: `ssm:<path>`, read with the instance's own role. */
  consulToken: z.string().regex(/^ssm:\/.+$/),
  /** How long a leaving instance waits for the load balancer to send its requests elsewhere. */
  deregisterSeconds: z.number().min(0).max(3600).default(30),
  /** The Slack channel that is notified of deploys. @default none */
  slack: SlackTarget.optional(),
  /** The collector that gets the trace of each deploy. @default none */
  trace: TraceTarget.optional(),
  /** The Auto Scaling group that waits for this instance; absent if there is none. */
  lifecycle: z
    .looseObject({
      group: z.string().min(1),
      /** Hooks of the group that wait for the agent. */
      launchHook: z.string().min(1),
      terminateHook: z.string().min(1),
      /** How long after its start the agent abandons a launch. */
      launchSeconds: z.number().min(1).max(7200),
      /** Whether the instance may be a spot instance, which EC2 takes back two minutes after a notice. @default false */
      spot: z.boolean().optional(),
    })
    .optional(),
});
export type AgentFile = z.infer<typeof AgentFile>;
