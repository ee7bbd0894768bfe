// The step before a release of the demo's service. `behaviour.json` beside it may have
// `before: { ms, exit }`.
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const path = join(__dirname, "behaviour.json");
const { before = {} } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
const { ms = 200, exit = 0 } = before;
const release = process.env.SHOESTRING_RELEASE;
console.log(`migration for ${release} began`);
setTimeout(() => {
  if (exit !== 0) console.error(`Error: column "colour" of ${release} does not exist`);
  console.log(`migration for ${release} ended`);
  process.exit(exit);
}, ms);
