/** sync-workflows.yml runs it: `repositories` lists names, no argument opens pull requests. */
import { appendFileSync } from "node:fs";
import { account } from "../../clusters/account.ts";
import { pullRequests } from "./pull-requests.ts";
import { report } from "./report.ts";
import { services } from "./services.ts";
import { syncAll } from "./sync.ts";

const { env, argv } = process;
const word = argv[2];

if (word === "repositories") {
  const names = services.map(({ repository }) => repository.slice(repository.indexOf("/") + 1));
  console.log(`repositories=${[...new Set(names)].join(",")}`);
} else if (word === undefined || word === "--dry-run") {
  const token = env.GITHUB_TOKEN;
  if (!token) {
    console.error("failed: GITHUB_TOKEN is not set\nunchanged: nothing\nnext: export it");
    process.exit(1);
  }
  const outcomes = await syncAll(
    {
      git: { server: env.GITHUB_SERVER_URL ?? "https://github.com", token },
      pullRequests: pullRequests(token, env.GITHUB_API_URL),
      infrastructure: env.GITHUB_REPOSITORY ?? account.repository,
      isDryRun: word === "--dry-run",
    },
    services,
  );
  const lines = report(outcomes);
  for (const line of lines) console.log(line);
  if (env.GITHUB_STEP_SUMMARY) {
    appendFileSync(env.GITHUB_STEP_SUMMARY, `\`\`\`diff\n${lines.join("\n")}\n\`\`\`\n`);
  }
  if (outcomes.some(({ kind }) => kind === "failed")) process.exitCode = 1;
} else {
  console.error("usage: main.ts [repositories | --dry-run]");
  process.exitCode = 2;
}
