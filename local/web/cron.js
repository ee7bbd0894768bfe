// The scheduled command of the demo's service. `behaviour.json` beside it may have
// `cron: { ms, exit }`.
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const path = join(__dirname, "behaviour.json");
const { cron = {} } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
const { ms = 200, exit = 0 } = cron;
const release = process.env.SHOESTRING_RELEASE;
console.log(`cron of ${release} began at ${Date.now()}`);
setTimeout(() => {
  if (exit !== 0) console.error(`Error: the table of ${release} is locked`);
  console.log(`cron of ${release} ended at ${Date.now()}`);
  process.exit(exit);
}, ms);
