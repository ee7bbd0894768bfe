#!/usr/bin/env node
// Runs the TypeScript sources as they are, so that a checkout needs no build step.

// Node does that itself since 22.18, so a workflow needs no installation.
if (!process.features.typescript) (await import("tsx/esm/api")).register();

// On every run the AWS SDK warns of an older node, although package.json allows it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// A reader may close the pipe early, like `head`; for that, shells report 141.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(141);
});

// The CLI imports only protocol/; parts outside the CLI start here.
const provisioning = () => import("../provisioning/main.ts");
const others = {
  local: () => import("../local/main.ts"),
  board: () => import("../board/main.ts"),
  bootstrap: provisioning,
  cluster: provisioning,
  preflight: provisioning,
};
const [name = "", ...rest] = process.argv.slice(2);
const other = Object.hasOwn(others, name) ? others[name] : undefined;
const { main } = await (other ? other() : import("../cli/main.ts"));
// The first word of these is a command of theirs.
const isWhole = !other || other === provisioning;
process.exitCode = await main(isWhole ? process.argv.slice(2) : rest);
