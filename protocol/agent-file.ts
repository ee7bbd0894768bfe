import * as z from "zod";
import { schemaVersion } from "./documents.ts";
import { InstanceName, Name } from "./names.ts";
import { SlackTarget } from "./slack/target.ts";

/** `/etc/shoestring/agent.json`: what an instance's agent must know before it reads Consul. */
export const AgentFile = z.looseObject({
  schema: z.literal(schemaVersion),
  cluster: Name,
  instance: InstanceName,
  /** HTTP address of the Consul client on this machine. */
  consulUrl: z.url().default("http://127.0.0.1:8500"),
  /** Where the agent's Consul token is: `ssm:<path>`, read with the instance's own role. */
  consulToken: z.string().regex(/^ssm:\/.+$/),
  /** How long a leaving instance waits for the load balancer to send its requests elsewhere. */
  deregisterSeconds: z.number().min(0).max(3600).default(30),
  /** Where deploys are told. @default nowhere */
  slack: SlackTarget.optional(),
});
export type AgentFile = z.infer<typeof AgentFile>;
