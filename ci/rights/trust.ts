import type { RoleKind } from "./scope.ts";

/** A token of GitHub that asks for a role. */
export interface TokenCell {
  readonly kind: Extract<RoleKind, "plan" | "apply" | "deploy">;
  /** The token's subject; `{infrastructure}`, `{repository}` and `{cluster}` are filled in. */
  readonly subject: string;
  readonly may: boolean;
  readonly why: string;
}

/** Who may take on the roles that GitHub's workflows use. */
export const tokens: readonly TokenCell[] = [
  {
    kind: "plan",
    subject: "repo:{infrastructure}:pull_request",
    may: true,
    why: "each change shows its plan",
  },
  {
    kind: "plan",
    subject: "repo:{infrastructure}:ref:refs/heads/topic",
    may: true,
    why: "branches plan too",
  },
  {
    kind: "plan",
    subject: "repo:somebody/else:pull_request",
    may: false,
    why: "another repository",
  },
  {
    kind: "plan",
    subject: "repo:{repository}:ref:refs/heads/deploy/{cluster}",
    may: false,
    why: "a service's repository sees no state",
  },
  {
    kind: "apply",
    subject: "repo:{infrastructure}:environment:production",
    may: true,
    why: "GitHub's rules guard it",
  },
  {
    kind: "apply",
    subject: "repo:{infrastructure}:pull_request",
    may: false,
    why: "anyone may open one",
  },
  {
    kind: "apply",
    subject: "repo:{infrastructure}:ref:refs/heads/main",
    may: false,
    why: "without the environment GitHub asks nobody",
  },
  {
    kind: "apply",
    subject: "repo:somebody/else:environment:production",
    may: false,
    why: "another repository",
  },
  {
    kind: "deploy",
    subject: "repo:{repository}:ref:refs/heads/deploy/{cluster}",
    may: true,
    why: "the push that deploys",
  },
  {
    kind: "deploy",
    subject: "repo:{repository}:ref:refs/heads/deploy/elsewhere",
    may: false,
    why: "the branch of another cluster",
  },
  {
    kind: "deploy",
    subject: "repo:{repository}:pull_request",
    may: false,
    why: "anyone may open one",
  },
  {
    kind: "deploy",
    subject: "repo:somebody/else:ref:refs/heads/deploy/{cluster}",
    may: false,
    why: "another repository",
  },
];
