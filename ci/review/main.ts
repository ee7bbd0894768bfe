/** The workflows run `npx tsx ci/review/main.ts <command> [stack]`. See commands/commands.ts. */

import { Problem, threeLines } from "../../lib/problem.ts";
import { terraformBy } from "../../terraform/terraform.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { commands, ofOneStack } from "./commands/commands.ts";

const [name = "", stack = "", ...more] = process.argv.slice(2);
const command = commands[name];
const fits = command !== undefined && (stack !== "") === ofOneStack.has(name) && more.length === 0;

if (!fits) {
  const list = Object.keys(commands).map((it) => (ofOneStack.has(it) ? `${it} STACK` : it));
  console.error(`usage: npx tsx ci/review/main.ts ${list.join(" | ")}`);
  process.exitCode = 2;
} else {
  try {
    const job = {
      env: process.env,
      print: console.log,
      folder: ".",
      terraform: async () => terraformBy(await ensureTerraform(console.log)),
    };
    process.exitCode = (await command(job, stack)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(threeLines(error));
    process.exitCode = 1;
  }
}
