import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

/** What the load saw. */
export interface Seen {
  /** Good answers, by path. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests without a good answer, by path and reason. */
  readonly lost: Readonly<Record<string, number>>;
}

/** Clients for each path; each sends its next request when the last one has an answer. */
const clientsEach = 3;

/** A request without an end for this long is lost. */
const endWithinMs = 60_000;

/**
 * Asks for each path, over and over, with connections that are kept.
 *
 * @param isWhole whether the text of a good answer is complete.
 * @returns a function that ends it, after the answers to what is under way.
 */
export function startGetLoad(
  url: string,
  host: string,
  paths: readonly string[],
  isWhole: (path: string, text: string) => boolean,
) {
  const answered: Record<string, number> = {};
  const lost: Record<string, number> = {};
  let isOver = false;
  const client = async (path: string) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const why = await get(agent, url, host, path, isWhole);
      if (why === undefined) answered[path] = (answered[path] ?? 0) + 1;
      else lost[`${path}: ${why}`] = (lost[`${path}: ${why}`] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    agent.destroy();
  };
  const clients = paths.flatMap((path) => Array.from({ length: clientsEach }, () => client(path)));
  return async (): Promise<Seen> => {
    isOver = true;
    await Promise.all(clients);
    return { answered, lost };
  };
}

/** @returns why it is lost; undefined for a good answer that came whole. */
function get(
  agent: Agent,
  url: string,
  host: string,
  path: string,
  isWhole: (path: string, text: string) => boolean,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { agent, headers: { host }, timeout: endWithinMs };
    const outgoing = request(`${url}${path}`, options, (answer) => {
      const { statusCode } = answer;
      text(answer).then(
        (body) =>
          resolve(
            statusCode !== 200 ? `${statusCode}` : isWhole(path, body) ? undefined : "not whole",
          ),
        (error: Error) => resolve(error.message),
      );
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no end")));
    outgoing.on("error", (error) => resolve(error.message));
    outgoing.end();
  });
}
