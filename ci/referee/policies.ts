import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Values } from "./cloudformation/configured.ts";
import type { Finding } from "./finding.ts";
import { outputOf } from "./program.ts";

/** A policy document of a stack. */
export interface Policy {
  /** `<stack>/<type>.<name>` */
  readonly at: string;
  readonly kind: "rights" | "trust";
  readonly statements: readonly Statement[];
}

interface Statement extends Values {
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

/** The policy documents among the applied values of a resource. */
export function policiesOf(at: string, applied: Values): Policy[] {
  return Object.entries(applied).flatMap(([name, it]): Policy[] => {
    if (typeof it !== "string" || !it.startsWith("{") || !it.includes('"Statement"')) return [];
    const { Statement } = JSON.parse(it) as { Statement: Statement | readonly Statement[] };
    const kind = name === "assume_role_policy" ? "trust" : "rights";
    return [{ at, kind, statements: [Statement].flat() as readonly Statement[] }];
  });
}

/**
 * Trust policies name no resource, as they belong to their role; parliament takes a document without one
 * for broken. So it gets one, without who is trusted, and judges actions and conditions.
 */
const asRights = ({ kind, statements }: Policy): readonly Statement[] =>
  kind === "rights"
    ? statements
    : statements.map(({ Principal, ...rest }) => ({ ...rest, Resource: "*" }));

interface Issue {
  readonly issue: string;
  readonly detail: unknown;
  readonly location: { readonly filepath: string };
}

/**
 * Asks parliament what it says against policies. Its hints of low severity are left to Checkov.
 *
 * @throws Error with parliament's words if it fails
 */
export async function judgePolicies(
  parliament: string,
  policies: readonly Policy[],
): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-policies-"));
  try {
    for (const [index, policy] of policies.entries()) {
      const document = { Version: "2012-10-17", Statement: asRights(policy) };
      writeFileSync(join(folder, `${index}.json`), JSON.stringify(document));
    }
    const options = ["--directory", folder, "--json", "--minimum_severity", "MEDIUM"];
    const lines = (await outputOf(parliament, options, folder, (code) => code === 1)).split("\n");
    return lines
      .filter((line) => line.startsWith("{"))
      .flatMap((line) => findingsOf(JSON.parse(line) as Issue, policies));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function findingsOf(issue: Issue, policies: readonly Policy[]): Finding[] {
  const index = /(\d+)\.json$/.exec(issue.location.filepath)?.[1];
  const policy = policies[Number(index)];
  if (!policy) throw new Error(`parliament names no policy of ours: ${JSON.stringify(issue)}`);
  const { at } = policy;
  if (issue.issue === "RESOURCE_MISMATCH") {
    const actions = (issue.detail as readonly Mismatch[]).map(({ action }) => action);
    return [...new Set(actions)]
      .filter((action) => fitsNowhere(action, issue.detail as readonly Mismatch[], policy))
      .map((action) => ({
        rule: issue.issue,
        at: `${at} ${action}`,
        says: "none of its resources is one that the action takes: AWS denies it",
      }));
  }
  return [
    { rule: issue.issue, at: `${at}${conditionOf(issue)}`, says: JSON.stringify(issue.detail) },
  ];
}

/** The action and the condition that parliament names in words, so that one alone can be accepted. */
function conditionOf({ detail }: Issue): string {
  const [, condition, action] =
    /^Unknown condition (\S+) for action (\S+)$/.exec(String(detail)) ?? [];
  return condition === undefined ? "" : ` ${action} ${condition}`;
}

interface Mismatch {
  readonly action: string;
  readonly required_format: string;
}

/**
 * Whether a policy names an action, and no resource that the action takes. Parliament compares the two as
 * texts, so `*` on both sides would not fit; and it lists what `autoscaling:*` has besides, which nobody asked for.
 */
function fitsNowhere(action: string, mismatches: readonly Mismatch[], { statements }: Policy) {
  const named = statements.filter(({ Action = [] }) =>
    [Action].flat().some((it) => it.toLowerCase() === action.toLowerCase()),
  );
  const resources = named.flatMap(({ Resource = [] }) => [Resource].flat());
  const formats = mismatches.filter((it) => it.action === action).map((it) => it.required_format);
  const fits = (format: string) =>
    resources.some((it) => (format === "*" ? it === "*" : overlap(it, format)));
  return named.length > 0 && !formats.some(fits);
}

/** Whether some text matches both patterns, in which `*` stands for anything. */
export function overlap(one: string, other: string): boolean {
  const [[a = "", ...restOfOne], [b = "", ...restOfOther]] = [[...one], [...other]];
  if (a === "" && b === "") return true;
  if (a === "*") {
    return overlap(restOfOne.join(""), other) || (b !== "" && overlap(one, restOfOther.join("")));
  }
  if (b === "*") return overlap(other, one);
  return a === b && overlap(restOfOne.join(""), restOfOther.join(""));
}
