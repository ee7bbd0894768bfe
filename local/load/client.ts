import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";

/** One request's outcome. */
export interface Outcome {
  /** Undefined for a good answer. */
  readonly error: string | undefined;
  readonly release: string;
  readonly text: string;
}

/** A request without an answer for this long is lost. */
const answerWithinMs = 30_000;
const partPosts = 0.7;

/** Bodies of 1 to 8 KB with their hashes, made once. */
const bodies = Array.from({ length: 64 }, (_, i) => {
  const body = randomBytes(1024 + i * 112);
  return { body, sha256: createHash("sha256").update(body).digest("hex") };
});

/**
 * One client with one keep-alive connection. It never retries: a request that fails for any
 * reason is lost.
 */
export function client(url: string, host: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (
    method: string,
    path: string,
    body: Buffer | undefined,
    check: (status: number, text: string) => string | undefined,
  ) =>
    new Promise<Outcome>((resolve) => {
      const end = (error: string | undefined, release = "", text = "") =>
        resolve({ error, release, text });
      const outgoing = request(`${url}${path}`, {
        method,
        agent,
        headers: { host, ...(body ? { "content-length": body.length } : {}) },
        timeout: answerWithinMs,
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
      outgoing.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      outgoing.on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const release = answer.headers["shoestring-release"];
          end(
            check(answer.statusCode ?? 0, text),
            typeof release === "string" ? release : "",
            text,
          );
        });
      });
      outgoing.end(body);
    });
  return {
    /** A POST whose answer must have its body's hash, or a GET. */
    next(random: number): Promise<Outcome> {
      if (random >= partPosts) return send("GET", "/", undefined, (status) => badStatus(status));
      const { body, sha256 } = bodies[Math.floor((random / partPosts) * bodies.length)] ?? fail();
      return send(
        "POST",
        "/echo",
        body,
        (status, text) => badStatus(status) ?? (text.includes(sha256) ? undefined : "wrong answer"),
      );
    },
    get: (path: string) => send("GET", path, undefined, badStatus),
    /** The answer as JSON; for a question whose answer must be there. */
    async json(path: string): Promise<Record<string, unknown>> {
      return JSON.parse((await send("GET", path, undefined, badStatus)).text);
    },
    close: () => agent.destroy(),
  };
}

const badStatus = (status: number) =>
  status >= 200 && status < 300 ? undefined : `status ${status}`;

function fail(): never {
  throw new Error("there is always a body");
}
