import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conversion } from "./cloudformation/document.ts";
import type { Finding } from "./finding.ts";
import { outputOf } from "./program.ts";

interface Match {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path?: readonly (string | number)[] };
}

/** Exit codes of cfn-lint have a bit for each level of findings; 1 is a failure of its own. */
const hasFindings = (code: number) => code !== 0 && (code & 1) === 0;

/**
 * Asks cfn-lint what it says against CloudFormation documents.
 *
 * @param stacks the documents, by their stack's name
 * @throws Error with cfn-lint's words if it fails
 */
export async function lint(
  cfnLint: string,
  stacks: ReadonlyMap<string, Conversion>,
  region: string,
): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-cfn-lint-"));
  try {
    const files = [...stacks].map(([stack, { document }]) => {
      writeFileSync(join(folder, `${stack}.json`), JSON.stringify(document));
      return `${stack}.json`;
    });
    const options = ["--format", "json", "--regions", region, "--", ...files];
    const matches = JSON.parse(await outputOf(cfnLint, options, folder, hasFindings)) as Match[];
    return matches.map(({ Filename, Rule, Message, Location: { Path = [] } }) => {
      const stack = Filename.replace(/\.json$/, "");
      const [, name, , ...path] = Path;
      const address = stacks.get(stack)?.addresses.get(String(name)) ?? "";
      return { rule: Rule.Id, at: `${stack}/${address}`, says: `${path.join("/")} ${Message}` };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
