#!/usr/bin/env node
// Runs the TypeScript sources as they are, so that a checkout needs no build step.

// Node does that itself since 22.18; then a workflow installs nothing for it.
if (!process.features.typescript) (await import("tsx/esm/api")).register();

// The AWS SDK warns of an older node, which package.json allows, on every run.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// Whoever reads has enough, as `head`: what shells say of a program that a closed pipe ended.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(141);
});

// The CLI imports only protocol/; what is no part of it begins here.
const others = {
  local: () => import("../local/main.ts"),
  board: () => import("../board/main.ts"),
};
const [name = "", ...rest] = process.argv.slice(2);
const other = Object.hasOwn(others, name) ? others[name] : undefined;
const { main } = await (other ? other() : import("../cli/main.ts"));
process.exitCode = await main(other ? rest : process.argv.slice(2));
