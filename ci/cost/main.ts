/** `make cost`: the monthly cost of the synthesised stacks, into out/cost.json with --json. */
import { fileURLToPath } from "node:url";
import { costs } from "./command.ts";

process.exitCode = costs(process.argv.slice(2), fileURLToPath(new URL("../..", import.meta.url)));
