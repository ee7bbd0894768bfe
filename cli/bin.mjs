#!/usr/bin/env node
// Runs the TypeScript sources as they are, so that a checkout needs no build step.

// Node does that itself since 22.18; then a workflow installs nothing for it.
if (!process.features.typescript) (await import("tsx/esm/api")).register();

// The AWS SDK warns of an older node, which package.json allows, on every run.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// The local region is no part of the CLI: the CLI imports only protocol/, and here is the fork.
const argv = process.argv.slice(2);
const { main } = argv[0] === "local" ? await import("../local/main.ts") : await import("./main.ts");
process.exitCode = await main(argv[0] === "local" ? argv.slice(1) : argv);
