import { execFile } from "node:child_process";
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
import { checkout } from "../region/region.ts";
import { broken, pageSteps } from "./page-blocks.ts";

/** Somebody with a checkout of their own, who does what pages say. */
export interface Reader {
  readonly checkout: string;
  /**
   * Does every step of a page, or of one section of it.
   *
   * @returns what each block of commands printed.
   * @throws Error for a command that ends otherwise than the page says, or a promise not kept.
   */
  follows(page: string, section?: string): Promise<string[]>;
  /** Removes the checkout. */
  leaves(): void;
}

/** What is made, or is somebody else's. */
const notCopied = /^(\.git|\.local.*|node_modules|out|dist|coverage|cdktf\.out)$/;

/**
 * `cdktf plan`, `apply` and `destroy` take ten seconds longer than what they do: they are done with
 * terraform in the stack's folder, without a refresh (what is simulated never drifts) and without
 * asking. The first plan is cdktf's own, if `READER_CDKTF` names a file.
 */
const standIn = `
npx() {
  if [ "$1" != cdktf ]; then command npx "$@"; return; fi
  if [ "$2" = plan ] && [ -e "$READER_CDKTF" ]; then rm "$READER_CDKTF"; command npx "$@"; return; fi
  if [ ! -e cdktf.out/manifest.json ] ||
    [ -n "$(find main.ts clusters adopted -newer cdktf.out/manifest.json 2> /dev/null)" ]; then
    node --import tsx main.ts
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

export interface ReaderProps {
  /** Whether the first plan is made by cdktf's own command, which is slow. @default false */
  readonly cdktf?: boolean;
  /** Clusters that the page needs; others only take time. @default all */
  readonly clusters?: readonly string[];
}

/** A reader with a copy of this checkout. */
export function reader({ cdktf = false, clusters }: ReaderProps = {}): Reader {
  const root = mkdtempSync(join(tmpdir(), "shoestring-reader-"));
  const copy = join(root, "checkout");
  cpSync(checkout, copy, {
    recursive: true,
    filter: (path) => !notCopied.test(relative(checkout, path)),
  });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  if (clusters !== undefined) {
    for (const file of readdirSync(join(copy, "clusters"))) {
      // The local region's commands read their own cluster's.
      const kept = [...clusters, "account", "local"].includes(file.replace(".ts", ""));
      if (!kept) rmSync(join(copy, "clusters", file));
    }
  }
  const shell = join(root, "shell");
  const own = join(root, "cdktf");
  writeFileSync(shell, "");
  if (cdktf) writeFileSync(own, "");
  const none = join(root, "no-clusters");
  mkdirSync(none);
  const env = {
    ...process.env,
    READER_CDKTF: own,
    READER_SHELL: shell,
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
        const { failed, output } = await run(step.commands, copy, env);
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

/** Runs a block in the shell that the blocks before it left. */
function run(
  commands: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly failed: boolean; readonly output: string }> {
  const script = `exec 2>&1; set -euo pipefail; . "$READER_SHELL"\n${standIn}\n${commands}\nexport -p > "$READER_SHELL"`;
  return new Promise((resolve) => {
    execFile("bash", ["-c", script], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) =>
      resolve({ failed: error !== null, output: stripVTControlCharacters(stdout) }),
    );
  });
}
