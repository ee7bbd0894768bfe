import { readFileSync } from "node:fs";

const unit = new URL("../ansible/roles/agent/files/shoestring-agent.service", import.meta.url);

/** The flags of node in the agent's unit. @throws Error if the unit does not start node. */
export function agentFlags(text: string = readFileSync(unit, "utf8")): string[] {
  const [, flags] = /^ExecStart=\S*\/node (.*)\S*agent\.js run$/m.exec(text) ?? [];
  if (flags === undefined) throw new Error("the agent's unit does not start node with agent.js");
  return flags.split(" ").filter((word) => word.startsWith("--"));
}
