import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { Problem } from "../../lib/problem.ts";
import type { Effects } from "./effects.ts";

export interface ShellEffectsProps {
  /** The folder in which commands run. */
  readonly checkout: string;
  /** Whether every question is answered with yes. */
  readonly yes: boolean;
  /** Variables of the commands. @default this program's */
  readonly env?: NodeJS.ProcessEnv;
}

/** Real commands in a shell, with this terminal for their output and for questions. */
export function shellEffects(props: ShellEffectsProps): Effects {
  const { checkout, yes, env = process.env } = props;
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const start = (command: string, stdout: "inherit" | "pipe") =>
    spawn("sh", ["-c", command], {
      cwd: checkout,
      env: { ...env, TF_IN_AUTOMATION: "1" }, // no hints of the next terraform command
      stdio: ["ignore", stdout, "inherit"],
    });
  return {
    say,
    async shell(command) {
      const [code, signal] = await once(start(command, "inherit"), "close");
      return code ?? (signal === "SIGINT" ? 130 : 1);
    },
    async output(command) {
      const child = start(command, "pipe");
      const closed = once(child, "close");
      const printed = await text(child.stdout as NonNullable<typeof child.stdout>);
      const [code] = await closed;
      if (code === 0) return printed;
      throw new Problem({
        happened: `"${command}" ended with ${code}`,
        unchanged: "it only reads",
        next: `correct what it says, then run it by hand: ${command}`,
      });
    },
    read(path) {
      const file = join(checkout, path);
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    },
    async confirm(question) {
      if (yes) {
        say(`${question} yes (--yes)`);
        return true;
      }
      if (!process.stdin.isTTY) throw noTerminal(question);
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      const answer = await terminal.question(`${question} Only "yes" is taken: `);
      terminal.close();
      return answer.trim() === "yes";
    },
  };
}

const noTerminal = (question: string) =>
  new Problem({
    happened: `nobody can answer: ${question}`,
    unchanged: "nothing was changed",
    next: "run it at a terminal, or answer before with --yes",
  });
