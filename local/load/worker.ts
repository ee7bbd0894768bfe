/** The load itself, in a process of its own, so that the measurements do not disturb it. */
import { client } from "./client.ts";
import type { LoadOptions, WorkerAnswer, WorkerQuestion } from "./load.ts";
import { records } from "./records.ts";

const tickMs = 4;

const options = JSON.parse(process.argv[2] as string) as Required<LoadOptions>;
const seen = records(options.maxRequests);
const idle = Array.from({ length: options.clients }, () => client(options.url, options.host));
const startedAt = Date.now();
let sent = 0;
let inFlight = 0;
let stopping = false;

/** Sends the requests that are due by the clock; counts them as late while all clients wait. */
function tick() {
  const elapsed = Date.now() - startedAt;
  const due = Math.floor((elapsed / 1000) * options.requestsPerSecond);
  if (elapsed > options.maxSeconds * 1000) stopping = true;
  while (!stopping && sent + seen.late() < due && sent < options.maxRequests) {
    const free = idle.shift();
    if (!free) return seen.addLate(Date.now(), due - sent - seen.late());
    sent += 1;
    void one(free);
  }
}

async function one(free: ReturnType<typeof client>) {
  inFlight += 1;
  const at = Date.now();
  const from = performance.now();
  const { error, release } = await free.next(Math.random());
  seen.add(at, performance.now() - from, error, release);
  inFlight -= 1;
  idle.push(free);
}

const timer = setInterval(tick, tickMs);

async function answer(question: WorkerQuestion): Promise<WorkerAnswer["value"]> {
  if (question.ask === "window") return seen.window(question.from, question.to);
  if (question.ask === "stop") {
    stopping = true;
    clearInterval(timer);
    while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const each of idle) each.close();
    return seen.window(0, Number.POSITIVE_INFINITY);
  }
  return { sent, answered: seen.count(), lost: seen.lost(), late: seen.late() };
}

process.on("message", async (question: WorkerQuestion) => {
  const value = await answer(question);
  process.send?.({ id: question.id, value } satisfies WorkerAnswer);
  if (question.ask === "stop") process.disconnect();
});
process.on("disconnect", () => process.exit(0));
