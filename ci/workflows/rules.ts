import type { Step, Workflow, WorkflowJob } from "./workflows.ts";

/** Rules for every workflow; each fault is a line that names its place. */
export const rules: Readonly<Record<string, (workflow: Workflow) => string[]>> = {
  "every action is pinned by commit, with its version beside it": ({ file, text }) =>
    [...text.matchAll(/^\s*-?\s*uses:\s*(.+)$/gm)]
      .map(([, used = ""]) => used)
      .filter((used) => !used.startsWith("./"))
      .filter((used) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))
      .map((used) => `${file}: ${used}`),

  "an action has the same commit everywhere": ({ file, text }) => {
    const seen = new Map<string, string>();
    return [...text.matchAll(/uses:\s*([\w./-]+)@(\S+)/g)].flatMap(([, action = "", at = ""]) => {
      const first = seen.get(action) ?? at;
      seen.set(action, first);
      return first === at ? [] : [`${file}: ${action} is ${first} and ${at}`];
    });
  },

  "a workflow has no permission, and each job says its own": ({ file, permissions, jobs }) => [
    ...(isEmpty(permissions) ? [] : [`${file}: permissions is not {}`]),
    ...Object.entries(jobs).flatMap(([name, { permissions: own }]) =>
      own === undefined ? [`${file} ${name}: no permissions`] : [],
    ),
  ],

  "no job may write code": ({ file, jobs }) =>
    Object.entries(jobs)
      .filter(([, { permissions }]) => permissions?.contents === "write")
      .map(([name]) => `${file} ${name}: contents: write`),

  "nothing of a pull request is put into a shell's text": (workflow) =>
    steps(workflow).flatMap(([where, { run, uses, with: inputs }]) => [
      ...(run?.includes("${{") ? [`${where}: ${run}`] : []),
      ...(uses?.startsWith("actions/github-script@") && String(inputs?.script).includes("${{")
        ? [`${where}: an expression in a script`]
        : []),
    ]),

  "runs of one thing are kept apart": ({ file, concurrency }) =>
    concurrency?.group ? [] : [`${file}: no concurrency`],

  "whatever runs terraform synthesises first, which puts the providers' checksums beside each stack":
    ({ file, jobs }) =>
      Object.entries(jobs).flatMap(([name, { steps: all = [] }]) => {
        const at = (found: (step: Step) => boolean | undefined) => all.findIndex(found);
        const uses = at((it) => it.uses?.startsWith("hashicorp/setup-terraform@"));
        const synth = at((it) => it.run === "node synth/main.mjs");
        const works = at((it) => it.run?.startsWith("npx tsx ci/review/main.ts"));
        const isRight = uses < 0 || (synth >= 0 && (works < 0 || synth < works));
        return isRight
          ? []
          : [`${file} ${name}: node synth/main.mjs is not before terraform's work`];
      }),

  "nobody's code runs with another one's rights": ({ file, on }) =>
    ["pull_request_target", "workflow_run"]
      .filter((event) => JSON.stringify(on).includes(`"${event}"`))
      .map((event) => `${file}: ${event}`),

  "no checkout leaves a token behind": (workflow) =>
    steps(workflow)
      .filter(([, { uses }]) => uses?.startsWith("actions/checkout@"))
      .filter(([, it]) => it.with?.["persist-credentials"] !== false)
      .map(([where]) => `${where}: persist-credentials is not false`),

  "every job ends": ({ file, jobs }) =>
    Object.entries(jobs)
      .filter(([, { uses, "timeout-minutes": minutes }]) => uses === undefined && !minutes)
      .map(([name]) => `${file} ${name}: no timeout-minutes`),

  "a step is one command: what is more belongs into ci/": (workflow) =>
    steps(workflow)
      .filter(([, { run }]) => run !== undefined && /[\n;]|&&|\|\|/.test(run.trim()))
      .map(([where, { run }]) => `${where}: ${run}`),

  "no secret that lasts: roles come from GitHub's own token": ({ file, text }) =>
    [...text.matchAll(/secrets\.\w*(?:AWS|ACCESS_KEY)\w*/g)].map(([found]) => `${file}: ${found}`),
};

/** A job with the role that writes needs the environment, and a queue without cancellations. */
export function applyFaults({ file, jobs }: Workflow): string[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    const text = JSON.stringify(job);
    if (!text.includes("APPLY_ROLE_ARN")) return [];
    return [
      ...(job.environment === "production" ? [] : [`${file} ${name}: not in production`]),
      ...(isQueued(job) ? [] : [`${file} ${name}: two could run at once, or one be cancelled`]),
    ];
  });
}

const isQueued = ({ concurrency }: WorkflowJob) =>
  concurrency?.["cancel-in-progress"] === false && concurrency.group.includes("matrix.stack");

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const steps = ({ file, jobs }: Workflow): (readonly [string, Step])[] =>
  Object.entries(jobs).flatMap(([name, { steps: all = [] }]) =>
    all.map((step, at) => [`${file} ${name} step ${at + 1}`, step] as const),
  );
