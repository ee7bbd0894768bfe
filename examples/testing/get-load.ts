import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { type Load, startClients } from "./load.ts";

/** A load balancer, and a host of it. */
export interface Site {
  readonly url: string;
  readonly host: string;
}

export interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Clients for each path; each sends its next request when the last one has an answer. */
const clientsEach = 3;

/** A request without an end for this long is lost. */
const endWithinMs = 60_000;

/** Asks for each path, over and over, with connections that are kept. */
export const startGetLoad = (site: Site, paths: readonly string[]): Load =>
  startClients(
    paths.flatMap((path) =>
      Array.from({ length: clientsEach }, () => {
        const get = getter(site);
        return [path, () => get(path).then((got) => whyLost(path, got), whyNot)] as const;
      }),
    ),
  );

function whyLost(path: string, { status, body }: Got): string | undefined {
  if (status !== 200) return `${status}`;
  return isWhole(path, body) ? undefined : "not whole";
}

/** Whether as many events came as the path asks for. */
function isWhole(path: string, body: string): boolean {
  const [, count] = /count=(\d+)/.exec(path) ?? [];
  return count === undefined || body.split("data:").length - 1 === Number(count);
}

export const whyNot = (error: Error): string => error.message;

/** @returns a client with one connection, which it keeps. */
export function getter({ url, host }: Site): (path: string) => Promise<Got> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (path) =>
    new Promise((resolve, reject) => {
      const options = { agent, headers: { host }, timeout: endWithinMs };
      const outgoing = request(`${url}${path}`, options, (answer) => {
        const { statusCode: status, headers } = answer;
        text(answer).then((body) => resolve({ status, headers, body }), reject);
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error("no end")));
      outgoing.on("error", reject);
      outgoing.end();
    });
}
