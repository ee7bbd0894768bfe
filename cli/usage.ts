import { parseArgs } from "node:util";
import { InstanceName, ServiceName } from "../protocol/names.ts";
import { Commit, Sequence } from "../protocol/releases.ts";
import { configGet, configSet, configUnset } from "./commands/config.ts";
import { configDiff } from "./commands/config-diff.ts";
import { cron } from "./commands/cron.ts";
import { deploy } from "./commands/deploy.ts";
import { drain, undrain } from "./commands/drain.ts";
import { history } from "./commands/history.ts";
import { hold, unhold } from "./commands/hold.ts";
import { pause, resume } from "./commands/pause.ts";
import { releaseBuild } from "./commands/release-build.ts";
import { releasePush } from "./commands/release-push.ts";
import { releaseTell } from "./commands/release-tell.ts";
import { restart } from "./commands/restart.ts";
import { rollback } from "./commands/rollback.ts";
import { status } from "./commands/status.ts";
import { trace } from "./commands/trace.ts";
import type { Command, Options } from "./core/context.ts";
import { splitWait } from "./core/wait-option.ts";

/** Every command by its words. */
const commands: Readonly<Record<string, Command>> = {
  status,
  history,
  cron,
  trace,
  deploy,
  restart,
  rollback,
  hold,
  unhold,
  pause,
  resume,
  drain,
  undrain,
  "release build": releaseBuild,
  "release push": releasePush,
  "release tell": releaseTell,
  "config get": configGet,
  "config set": configSet,
  "config unset": configUnset,
  "config diff": configDiff,
};

/** A valid command line. */
export interface Call {
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: Options;
  readonly cluster: string;
}

/** An invalid command line; `message` has the reason and the usage. */
export class WrongUse extends Error {}

/** A request for help; `message` is the help. */
export class HelpWanted extends Error {}

const optionTypes = {
  cluster: { type: "string", short: "c" },
  service: { type: "string", short: "s" },
  reason: { type: "string", short: "m" },
  to: { type: "string" },
  sequence: { type: "string" },
  commit: { type: "string" },
  by: { type: "string" },
  out: { type: "string" },
  "build-started": { type: "string" },
  timeout: { type: "string" },
  wait: { type: "boolean" },
  json: { type: "boolean" },
  global: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  "accept-shrunk-config": { type: "boolean" },
  for: { type: "string" },
  force: { type: "boolean" },
} as const;

/** Options that every command takes. A command's usage has the others. */
const takenByAll = ["cluster", "by", "json", "help"];

/**
 * Parses a command line.
 *
 * @throws WrongUse; HelpWanted.
 */
export function understand(argv: readonly string[], env: NodeJS.ProcessEnv): Call {
  const split = splitWait(argv);
  // A service may also be named `serving`: in `restart --wait serving` it is the service, which
  // `restart` needs; in `restart web --wait serving` it is the value of `--wait`.
  const isMeant = !split.isWord || hasWords(split.argv);
  const { values, positionals } = parse(isMeant ? split.argv : argv);
  const { name, command } = commandOf(positionals);
  if (values.help) throw new HelpWanted(command ? howMeant(command) : help());
  if (!command) throw new WrongUse(help(isHalf(name) ? positionals.slice(0, 2).join(" ") : name));
  const words = positionals.slice(name.split(" ").length);
  checkTaken(name, command, words, Object.keys(values));
  const options = {
    json: values.json ?? false,
    wait: values.wait ? ((isMeant ? split.waitFor : undefined) ?? "done") : undefined,
    global: values.global ?? false,
    acceptShrunkConfig: values["accept-shrunk-config"] ?? false,
    timeoutSeconds: number(command, "--timeout", values.timeout) ?? 600,
    service: values.service,
    reason: values.reason,
    to: values.to,
    sequence: number(command, "--sequence", values.sequence),
    commit: values.commit,
    by: values.by,
    out: values.out,
    buildStarted: time(command, "--build-started", values["build-started"]),
    forSeconds: duration(command, values.for),
    force: values.force ?? false,
  };
  checkNames(command, words, options);
  return { command, words, options, cluster: values.cluster ?? env.SHOESTRING_CLUSTER ?? "local" };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: optionTypes,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    // The words still show which command is meant.
    const { positionals } = parseArgs({ args: [...argv], options: optionTypes, strict: false });
    const { command } = commandOf(positionals);
    throw new WrongUse(`${(error as Error).message}\n${command ? howMeant(command) : help()}`);
  }
}

/** Whether a command line has at least the words that its command needs. */
function hasWords(argv: readonly string[]): boolean {
  const { positionals } = parseArgs({ args: [...argv], options: optionTypes, strict: false });
  const { name, command } = commandOf(positionals);
  return positionals.length - name.split(" ").length >= (command?.words[0] ?? 0);
}

/** Finds the command that the first words name; for an unknown one, the name is these words. */
function commandOf(positionals: readonly string[]) {
  const two = positionals.slice(0, 2).join(" ");
  const name = Object.hasOwn(commands, two) ? two : (positionals[0] ?? "");
  return { name, command: Object.hasOwn(commands, name) ? commands[name] : undefined };
}

/** Refuses an option that the command would ignore: the caller may rely on it. */
function checkTaken(
  name: string,
  command: Command,
  words: readonly string[],
  options: readonly string[],
): void {
  const refuse = (why: string) => new WrongUse(`"${name}" ${why}\n${howMeant(command)}`);
  const [least, most] = command.words;
  if (words.length < least || words.length > most) {
    const range = least === most ? `${most}` : `${least} to ${most}`;
    throw refuse(`takes ${range} ${most === 1 ? "word" : "words"}, got ${words.length}`);
  }
  const taken = command.usage.match(/(?<=--)[a-z-]+/g) ?? [];
  const other = options.find((option) => ![...takenByAll, ...taken].includes(option));
  if (other !== undefined) throw refuse(`takes no --${other}`);
}

function checkNames(command: Command, words: readonly string[], options: Options): void {
  const { first = "service", needsReason } = command;
  const refuse = (why: string) => new WrongUse(`${why}\n${howMeant(command)}`);
  const byOption = first === "folder" || first === "phase";
  if (byOption && options.service === undefined) throw refuse("--service is missing");
  if (needsReason !== undefined && !options.reason) {
    throw refuse(`--reason is missing: ${needsReason}`);
  }
  const wrong = command.wrong?.(words, options);
  if (wrong !== undefined) throw refuse(wrong);
  if (first === "instance" && !InstanceName.safeParse(words[0]).success) {
    throw refuse(`"${words[0]}" is no instance's name, like "web-1" or "i-0abc"`);
  }
  if (options.commit !== undefined && !Commit.safeParse(options.commit).success) {
    throw refuse(`--commit takes all 40 hexadecimal digits, got "${options.commit}"`);
  }
  if (first === "instance") return;
  const service = byOption ? options.service : words[0];
  if (service === undefined) return;
  const checked = ServiceName.safeParse(service);
  if (!checked.success) throw refuse(checked.error.issues[0]?.message ?? "no service name");
}

const howMeant = ({ usage }: Command) => `usage: shoestring ${usage} [--cluster C] [--json]`;

function number(command: Command, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = Sequence.safeParse(Number(text));
  if (!parsed.success) {
    throw new WrongUse(
      `${option} takes a whole number from 1, got "${text}"\n${howMeant(command)}`,
    );
  }
  return parsed.data;
}

function time(command: Command, option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new WrongUse(
      `${option} takes a time like 2026-01-31T12:00:00Z, got "${text}"\n${howMeant(command)}`,
    );
  }
  return date;
}

const secondsOf = { m: 60, h: 3600, d: 24 * 3600 } as const;
/** A longer drain is taken for a forgotten one. */
const longestDays = 7;

function duration(command: Command, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^([1-9]\d*)([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * secondsOf[unit as keyof typeof secondsOf];
  if (!(seconds <= longestDays * secondsOf.d)) {
    throw new WrongUse(
      `--for takes a time up to ${longestDays}d, like 30m, 2h or 1d, got "${text}"\n${howMeant(command)}`,
    );
  }
  return seconds;
}

/** Whether a word is the first of a two-word command. */
const isHalf = (word: string) => Object.keys(commands).some((name) => name.startsWith(`${word} `));

function help(unknown = ""): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    ...(unknown === "" ? [] : [`there is no command "${unknown}"`]),
    "usage: shoestring COMMAND … [--cluster C] [--json]",
    ...Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    `  ${"bootstrap".padEnd(width)}  the first apply of an AWS account`,
    `  ${"cluster".padEnd(width)}  create, destroy: a copied file; everything of a cluster`,
    `  ${"preflight".padEnd(width)}  what AWS would refuse, with the fix of each`,
    `  ${"board".padEnd(width)}  a live page of what runs where`,
    `  ${"local".padEnd(width)}  the local region: up, down, status, url, exec, terraform`,
  ].join("\n");
}
