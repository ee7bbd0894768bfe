// fill-secrets.mjs TEMPLATE OUT: writes TEMPLATE to OUT with each "ssm:<path>" replaced by the secret
// of that name. Runs on instances, in front of Consul, as Consul's user.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const [template, out] = process.argv.slice(2);
// The part of Shoestring's agent that calls AWS.
const program = process.env.SHOESTRING_AWS ?? "/opt/shoestring/aws.js";

const text = readFileSync(template, "utf8");
const references = [...new Set(text.match(/(?<=")ssm:[^"]+(?=")/g))];
const answer = JSON.parse(
  execFileSync(process.execPath, [program, "resolve"], {
    input: JSON.stringify(references),
    encoding: "utf8",
  }),
);
if (answer.result) {
  const filled = JSON.parse(text, (_, value) => answer.result[value] ?? value);
  writeFileSync(`${out}.new`, JSON.stringify(filled), { mode: 0o600 });
  renameSync(`${out}.new`, out);
} else {
  console.error(answer.problem.happened);
  if (!existsSync(out)) process.exit(1);
}
