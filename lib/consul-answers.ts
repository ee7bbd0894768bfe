import * as z from "zod";
import type { Entry, ServiceInstance } from "./consul.ts";
import { away, denied } from "./consul-problems.ts";
import type { HttpAnswer } from "./http.ts";
import { parseJson } from "./json.ts";

const KvAnswer = z.array(
  z.object({
    Key: z.string(),
    Value: z.string().nullable(),
    ModifyIndex: z.number(),
    Session: z.string().optional(),
  }),
);

const HealthAnswer = z.array(
  z.object({
    Node: z.object({ Node: z.string() }),
    Checks: z.array(z.object({ CheckID: z.string(), Status: z.string() })),
  }),
);

export function refuseFiltered(what: string, { headers }: HttpAnswer): void {
  if (headers["x-consul-results-filtered-by-acls"] !== "true") return;
  throw denied(what, "the token may not see all of it, so the list is not the whole list");
}

/** An index must be ≥ 1 and starts again at 0 when it goes backwards (a restored snapshot). */
export function nextIndex(previous: number, header: string | string[] | undefined): number {
  const index = Number(header);
  return Number.isSafeInteger(index) && index >= 1 && index >= previous ? index : 0;
}

export function parseEntries(what: string, body: string): Entry[] {
  try {
    return KvAnswer.parse(parseJson(body)).map(({ Key, Value, ModifyIndex, Session }) => ({
      key: Key,
      value: Value === null ? "" : Buffer.from(Value, "base64").toString("utf8"),
      modifyIndex: ModifyIndex,
      ...(Session === undefined ? {} : { session: Session }),
    }));
  } catch (cause) {
    throw away(what, "its answer is not the JSON of KV entries", cause);
  }
}

export const parseSession = (body: string): string =>
  z.object({ ID: z.string() }).parse(parseJson(body)).ID;

export function parseNames(what: string, prefix: string, answer: HttpAnswer): string[] {
  refuseFiltered(what, answer);
  try {
    const paths = z.array(z.string()).parse(parseJson(answer.body));
    // A key and the folder of the same name come one after the other, the folder with a slash.
    const names = paths.map((path) => path.slice(prefix.length).replace(/\/$/, ""));
    return [...new Set(names)].filter((name) => name !== "");
  } catch (cause) {
    throw away(what, "its answer is not the JSON of names", cause);
  }
}

export function parseInstances(what: string, answer: HttpAnswer): ServiceInstance[] {
  refuseFiltered(what, answer);
  try {
    return HealthAnswer.parse(parseJson(answer.body)).map(({ Node, Checks }) => ({
      name: Node.Node,
      isAlive: Checks.every((it) => it.CheckID !== "serfHealth" || it.Status === "passing"),
      isHealthy: Checks.every((it) => it.Status === "passing"),
    }));
  } catch (cause) {
    throw away(what, "its answer is not the JSON of service instances", cause);
  }
}
