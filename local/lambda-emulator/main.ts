import { SQSClient } from "@aws-sdk/client-sqs";
import { handler } from "../../functions/announce/handler.ts";
import { runQueue } from "./runner.ts";

const queueUrl = process.env.ANNOUNCE_QUEUE_URL;
if (!queueUrl) {
  process.stderr.write("usage: ANNOUNCE_QUEUE_URL=… main.ts; `shoestring local up` starts it\n");
  process.exit(2);
}
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);
log("queue: started");
await runQueue({ sqs: new SQSClient({}), queueUrl, handler, log, signal: stop.signal });
