import { aDeploy } from "./builders.ts";

/** A key of each kind that agents read, or that lies beside those, of a fleet that rolls `web`. */
export const keysOfEachKind = (revision: number): Readonly<Record<string, string>> => ({
  deploy: "deploys/web",
  rollout: `rollouts/web/${revision}`,
  "copy of the deploy": `rollouts/web/${revision}/deploy`,
  "copy of the former deploy": `rollouts/web/${revision - 1}/deploy`,
  report: `rollouts/web/${revision}/instances/web-1`,
  "report of nobody": `rollouts/web/${revision}/instances/note`,
  slot: "slots/web/1",
  "slot of no number": "slots/web/first",
  coordinator: `rollouts/web/${revision}/coordinator`,
  good: "releases/web/good",
  "what was good before": "releases/web/previous",
  hold: "holds/web",
  pause: "pauses/web",
  drain: "drains/web-2",
  "drain elsewhere": "drains/db-7",
  "order of drains": "drain-order",
  service: "services/web",
  "config of all": "global/LEVEL",
  config: "web/LEVEL",
  audit: "audit/2026-01-01T00:00:00.000Z-x",
});

/** Replacements of a key's document, made from that document. */
export const garbage: Readonly<Record<string, (former: string) => string | Buffer>> = {
  empty: () => "",
  text: () => "out for maintenance",
  "{}": () => "{}",
  null: () => "null",
  "of a newer schema": (former) => changed(former, (it) => ({ ...it, schema: 3 })),
  "of wrong types": (former) =>
    changed(former, ({ schema, ...others }) => ({
      schema,
      ...Object.fromEntries(Object.keys(others).map((name) => [name, [name]])),
    })),
  "with a word that nobody knows": (former) =>
    changed(former, (it) => ({ ...it, kind: "swap", phase: "parked" })),
  "of another service": (former) => changed(former, (it) => ({ ...it, ...ofApi, service: "api" })),
  "of 512 KB": () => "x".repeat(512 * 1024),
  "of 400 KB that can be read": (former) =>
    changed(former, (it) => ({ ...it, reason: "x".repeat(400 * 1024) })),
  "not UTF-8": (former) => Buffer.concat([Buffer.from(former), Buffer.from([0xff, 0xfe, 0x00])]),
  "not UTF-8 in a word": (former) =>
    Buffer.from(
      changed(former, (it) => ({ ...it, reason: "caf\xe9" })),
      "latin1",
    ),
};

const { release } = aDeploy(2);
const ofApi = { release: { ...release, id: release.id.replace("web", "api") } };

/** A deploy's fields include those of a hold, a pause and a drain. */
const anyDocument = { ...aDeploy(2), until: "2099-01-01T00:00:00.000Z", phase: "done" };

type Fields = Readonly<Record<string, unknown>>;

function changed(former: string, change: (fields: Fields) => Fields): string {
  let fields: Fields = anyDocument;
  try {
    fields = (JSON.parse(former) as Fields | null) ?? anyDocument;
  } catch {
    // The value was not a document: a variable, or empty.
  }
  return JSON.stringify(change(fields));
}
