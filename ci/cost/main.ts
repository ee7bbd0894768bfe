/** `make cost`: what the synthesised stacks cost in a month, into out/cost.json with --json. */
import { fileURLToPath } from "node:url";
import { costs } from "./command.ts";

process.exitCode = costs(process.argv.slice(2), fileURLToPath(new URL("../..", import.meta.url)));
