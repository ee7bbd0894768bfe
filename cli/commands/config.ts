import { Problem } from "../../lib/problem.ts";
import { table } from "../../lib/text-table.ts";
import { whyNoConfig } from "../../protocol/config-variable.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command, Context, Options } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { type AuditedWrite, writeAudited } from "../core/write-audited.ts";

const globalScope = keys.globalConfig().slice(0, -1);
const scopeOf = (service: string, { global }: Options) => (global ? globalScope : service);

/** Shows the config that the next deploy or restart will use. */
export const configGet: Command = {
  usage: "config get S [VAR] [--global]",
  about: "show config as the next deploy takes it",
  words: [1, 2],
  async run(context, [service = "", variable], options) {
    const { consul } = context;
    const prefixes = options.global
      ? [keys.globalConfig()]
      : [keys.globalConfig(), keys.serviceConfig(service)];
    const merged = new Map<string, { value: string; from: string }>();
    for (const prefix of prefixes) {
      for (const { key, value } of (await consul.list(prefix)).found) {
        const name = key.slice(prefix.length);
        if (name !== "" && !name.includes("/")) merged.set(name, { value, from: prefix });
      }
    }
    if (variable === undefined) {
      const rows = [...merged].map(([name, { value, from }]) => [name, value, from]);
      const lines = rows.length > 0 ? table(rows) : [`${service} has no config`];
      answer(
        context,
        options,
        Object.fromEntries([...merged].map(([n, { value }]) => [n, value])),
        lines,
      );
      return 0;
    }
    const found = merged.get(variable);
    if (!found) throw noSuch(service, variable);
    answer(context, options, { [variable]: found.value }, [found.value]);
    return 0;
  },
};

/** Sets a variable; no process has it before a restart. */
export const configSet: Command = {
  usage: "config set S VAR VALUE [--global] [--reason R]",
  about: "set a variable; a restart takes it",
  words: [3, 3],
  async run(context, [service = "", variable = "", value = ""], options) {
    const why = whyNoConfig(variable, value);
    if (why !== undefined) throw refused(service, variable, why);
    const key = keys.configVariable(scopeOf(service, options), variable);
    const before = (await context.consul.get(key)).found;
    await write(context, options, service, { action: "config set", key, before, after: value });
    answer(context, options, { key }, [
      `${key} is set; it counts from: shoestring restart ${service}`,
    ]);
    return 0;
  },
};

/** Removes a variable; running processes keep it until a restart. */
export const configUnset: Command = {
  usage: "config unset S VAR [--global] [--reason R]",
  about: "remove a variable; a restart goes without it",
  words: [2, 2],
  async run(context, [service = "", variable = ""], options) {
    const key = keys.configVariable(scopeOf(service, options), variable);
    const before = (await context.consul.get(key)).found;
    if (!before) throw noSuch(service, variable);
    await write(context, options, service, {
      action: "config unset",
      key,
      before,
      after: undefined,
    });
    answer(context, options, { key }, [
      `${key} is removed; it counts from: shoestring restart ${service}`,
    ]);
    return 0;
  },
};

const write = (
  context: Context,
  { reason }: Options,
  service: string,
  change: Pick<AuditedWrite, "action" | "key" | "before" | "after">,
) =>
  writeAudited(context, {
    ...change,
    reason: reason ?? `${change.action} by hand`,
    at: context.now(),
    showCommand: `shoestring config get ${service}`,
  });

const refused = (service: string, variable: string, why: string) =>
  new Problem({
    happened: `${JSON.stringify(variable)} cannot be part of a config: ${why}`,
    unchanged: "nothing was written",
    next: `another name or value, like: shoestring config set ${service} LOG_LEVEL info`,
  });

const noSuch = (service: string, variable: string) =>
  new Problem({
    happened: `${variable} is not set for ${service}`,
    unchanged: "nothing was written",
    next: `see what is set: shoestring config get ${service}`,
  });
