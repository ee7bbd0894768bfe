// A worker of the demo's service: it takes one job after another, says on its standard output when
// each begins and ends, and ends after its job in hand when it gets SIGTERM. It says that it is ready
// as it is asked to, unless `behaviour.json` has `worker: { isSilent: true }`.
const { execFileSync } = require("node:child_process");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const path = join(__dirname, "behaviour.json");
const { worker = {} } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
const { jobMs = 1000, isSilent, crashAfterMs } = worker;
const release = process.env.SHOESTRING_RELEASE;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let isStopping = false;
process.on("SIGTERM", () => {
  isStopping = true;
});

async function main() {
  await sleep(100);
  if (!isSilent && process.env.NOTIFY_SOCKET) execFileSync("systemd-notify", ["--ready"]);
  if (!isSilent && process.env.READY_FILE) writeFileSync(process.env.READY_FILE, "");
  if (crashAfterMs !== undefined) setTimeout(() => process.exit(3), crashAfterMs);
  for (let n = 1; !isStopping; n += 1) {
    const job = `${process.pid}-${n} of ${release} port=${process.env.PORT ?? "none"}`;
    console.log(`job ${job} began`);
    await sleep(jobMs);
    console.log(`job ${job} ended`);
  }
  console.log("worker has stopped");
  process.exit(0);
}

main();
