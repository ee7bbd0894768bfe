import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll } from "vitest";
import { checkout } from "../host/region.ts";
import { broken, pageSteps } from "./page-blocks.ts";

/** A reader with a checkout of their own, who follows the pages. */
interface Reader {
  readonly checkout: string;
  /**
   * Takes every step of a page, or of one section of it.
   *
   * @returns the output of each block of commands.
   * @throws Error for a command that ends otherwise than the page says, or lacks promised output.
   */
  follows(page: string, section?: string): Promise<string[]>;
  /** Removes the checkout. */
  leaves(): void;
}

/** Generated files, and files of other programs. */
const notCopied = /^(\.git|\.local.*|node_modules|out|dist|coverage|cdktf\.out)$/;

/**
 * Replaces `cdktf plan`, `apply` and `destroy`, which take ten seconds longer than terraform in the
 * stack's folder. It refreshes nothing, because simulated resources never drift, and does not ask.
 */
const standIn = `
npx() {
  if [ "$1" != cdktf ]; then command npx "$@"; return; fi
  if [ -z "\${SYNTHESISED-}" ] ||
    [ -n "$(find synth/main.ts clusters adopted -newer cdktf.out/manifest.json 2> /dev/null)" ]; then
    node --import tsx synth/main.ts
    export SYNTHESISED=1
  fi
  [ "\${4-}" = --skip-provider-lock ] && [ $# = 4 ] || { echo "no such cdktf: $*"; return 2; }
  local terraform="\${TERRAFORM_BINARY_NAME-terraform} -chdir=cdktf.out/stacks/$3"
  $terraform init -input=false > /dev/null
  case $2 in
    plan) $terraform plan -input=false ;;
    apply | destroy) $terraform $2 -input=false -auto-approve -refresh=false ;;
    *) echo "no such cdktf: $*"; return 2 ;;
  esac
}
`;

interface ReaderProps {
  /** Whether the real cdktf runs, which is slow and asks at a terminal. @default false */
  readonly cdktf?: boolean;
  /** Clusters that the page needs; others only take time. @default all */
  readonly clusters?: readonly string[];
}

/** Makes readers for the tests of a file, whose checkouts are removed after its last test. */
export function makeReaders(): (props?: ReaderProps) => Reader {
  const readers: Reader[] = [];
  afterAll(() => {
    for (const one of readers) one.leaves();
  });
  return (props) => {
    const one = reader(props);
    readers.push(one);
    return one;
  };
}

/** A reader with a copy of this checkout. */
function reader({ cdktf = false, clusters }: ReaderProps = {}): Reader {
  const root = mkdtempSync(join(tmpdir(), "shoestring-reader-"));
  const copy = join(root, "checkout");
  cpSync(checkout, copy, {
    recursive: true,
    filter: (path) => !notCopied.test(relative(checkout, path)),
  });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  if (clusters !== undefined) {
    for (const file of readdirSync(join(copy, "clusters"))) {
      // The local region's commands read the file of their own cluster.
      const kept = [...clusters, "account", "local"].includes(file.replace(".ts", ""));
      if (!kept) rmSync(join(copy, "clusters", file));
    }
  }
  const shell = join(root, "shell");
  const block = join(root, "block");
  writeFileSync(shell, "");
  const none = join(root, "no-clusters");
  mkdirSync(none);
  const env = {
    ...process.env,
    ...(clusters?.length === 0 ? { SHOESTRING_CLUSTERS: none } : {}),
  };
  return {
    checkout: copy,
    async follows(page, section) {
      const printed: string[] = [];
      for (const step of pageSteps(page, section)) {
        if (step.kind === "write") {
          const path = join(copy, step.path);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, step.text);
          continue;
        }
        writeFileSync(block, inShell(shell, cdktf ? "" : standIn, step.commands));
        const { failed, output } = await (cdktf ? atTerminal : run)(block, copy, env);
        const faults = broken(step.promised, output);
        if (failed !== step.fails || faults.length > 0) {
          const why = failed === step.fails ? `no line "${faults[0]}"` : `failed: ${failed}`;
          throw new Error(`${page}: ${why}\n${step.commands}\n${output.slice(-4000)}`);
        }
        printed.push(output);
      }
      return printed;
    },
    leaves: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A script that runs a block in the state in which the blocks before it left the shell. */
const inShell = (shell: string, before: string, commands: string) =>
  `exec 2>&1; set -euo pipefail; . ${shell}\n${before}\n${commands}\nexport -p > ${shell}\n`;

interface Ran {
  readonly failed: boolean;
  readonly output: string;
}

function run(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    execFile("bash", [script], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) =>
      resolve({ failed: error !== null, output: stripVTControlCharacters(stdout) }),
    );
  });
}

/** Runs a script at a terminal and approves whatever cdktf asks about. */
function atTerminal(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const args = ["--quiet", "--return", "--flush", "--command", `bash ${script}`, "/dev/null"];
  // With CI=1 cdktf asks the same but draws nothing, and takes a third of the time. Without the
  // other variable it would ask a registry for its newest version.
  const quick = { CI: "1", DISABLE_VERSION_CHECK: "1" };
  const terminal = spawn("script", args, { cwd, env: { ...env, ...quick } });
  return new Promise((resolve) => {
    let output = "";
    let approving: NodeJS.Timeout | undefined;
    terminal.stdout.on("data", (some: Buffer) => {
      output += stripVTControlCharacters(some.toString()).replaceAll("\r", "");
      clearInterval(approving);
      // It begins to read keys a moment after the question, without any sign.
      if (/Only 'yes' will be accepted to \w+\.\s*$/.test(output.slice(-200))) {
        approving = setInterval(() => terminal.stdin.write("\r"), 500);
      }
    });
    terminal.on("close", (code) => {
      clearInterval(approving);
      resolve({ failed: code !== 0, output });
    });
  });
}
