import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { checkout, compilerOptions } from "./repository.ts";

/**
 * Names that an example need not declare: the reader's stack and its existing parts. An example
 * imports everything else that it uses.
 */
const names = `
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import type { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import type { TerraformStack } from "cdktf";
import type { Database } from "../../modules/database/index.ts";
import type { Artifacts } from "../../modules/artifacts/index.ts";
import type { LoadBalancer } from "../../modules/load-balancer/index.ts";
import type { Network } from "../../modules/network/index.ts";

interface Machines {
  readonly securityGroupId: string;
}

declare global {
  const stack: TerraformStack;
  const artifacts: Artifacts;
  const network: Network;
  const balancer: LoadBalancer;
  const database: Database;
  const consul: Machines;
  const web: Machines;
  const group: LbTargetGroup;
  const webRole: IamRole;
  const buildRole: IamRole;
  const pushRole: IamRole;
  const bucketArn: string;
  const padUserSecretArn: string;
}
`;

/** A block of a page, as a module of its own. */
export interface Example {
  readonly page: string;
  /** The path of its file: in the page's folder, or the path of its first line. */
  readonly path: string;
  /** Starts with empty lines, so that its line numbers are the page's. */
  readonly text: string;
}

/** The `ts` blocks of a page. One that begins with `// clusters/x.ts` is that file. */
export function examples(page: string, text = readFileSync(page, "utf8")): Example[] {
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: block = "", index }) => {
    const line = text.slice(0, index).split("\n").length;
    const named = /^\/\/ (\S+\.ts)\n/.exec(block)?.[1];
    return {
      page,
      path: join(named ? dirname(join(checkout, named)) : dirname(page), `README.${line}.ts`),
      // Without an export, a block without imports would be a script with global names.
      text: `${"\n".repeat(line)}${block}export {};\n`,
    };
  });
}

/** The compiler's errors in examples, each with its page and line. */
export function faultsOf(all: readonly Example[]): string[] {
  const namesPath = join(checkout, "ci", "module-readmes", "names-of-examples.ts");
  const sources = new Map([
    [namesPath, names],
    ...all.map(({ path, text }) => [path, text] as const),
  ]);
  const host = ts.createCompilerHost(compilerOptions);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.getSourceFile = (path, options, ...rest) => {
    const text = sources.get(path);
    return text === undefined
      ? getSourceFile(path, options, ...rest)
      : ts.createSourceFile(path, text, options);
  };
  const program = ts.createProgram([...sources.keys()], compilerOptions, host);
  const pageOf = new Map(all.map(({ path, page }) => [path, page]));
  return [...sources.keys()]
    .map((path) => program.getSourceFile(path))
    .flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ])
    .map(({ file, start = 0, messageText }) => {
      const message = ts.flattenDiagnosticMessageText(messageText, " ");
      if (!file) return message;
      const { line } = file.getLineAndCharacterOfPosition(start);
      const page = pageOf.get(file.fileName) ?? file.fileName;
      return `${relative(checkout, page)}:${line + 1}: ${message}`;
    });
}
