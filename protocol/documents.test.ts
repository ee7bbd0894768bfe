import { expect, test } from "vitest";
import { Deploy, formatDocument, Hold, parseDocument, schemaVersion } from "./documents.ts";
import { ServiceName } from "./names.ts";
import { artifactKey, parseArtifactKey, releaseId } from "./releases.ts";

const hold = {
  schema: schemaVersion,
  by: "oncall",
  reason: "incident",
  at: "2026-01-01T00:00:00Z",
} as const;

test("fields that this version does not know are kept", () => {
  const text = formatDocument(Hold, "holds/web", { ...hold, ticket: 7 } as typeof hold);
  expect(parseDocument(Hold, "holds/web", text)).toMatchObject({ ticket: 7 });
});

test.each([
  [
    "an unknown schema",
    JSON.stringify({ ...hold, schema: 3 }),
    "its schema is 3, this program knows 2",
  ],
  ["no JSON", "{", "it is not JSON"],
  ["nothing", "", "it is empty"],
  ["null", "null", "its schema is undefined"],
  ["a wrong field", JSON.stringify({ ...hold, at: "yesterday" }), "Invalid ISO datetime"],
])("%s is refused with the key, the unchanged state, and the next step", (_, text, why) => {
  const parse = () => parseDocument(Hold, "holds/web", text);
  expect(parse).toThrow(
    `the document holds/web cannot be used: ${why.startsWith("Inv") ? "" : why}`,
  );
  expect(parse).toThrow(why);
  expect(parse).toThrow("Unchanged: nothing was changed because of it. Next: look at it with");
});

test("a document that readers would refuse is not written", () => {
  expect(() => formatDocument(Deploy, "deploys/web", {} as never)).toThrow("deploys/web");
});

test("an artifact's key and its build convert to each other", () => {
  const build = {
    service: "my-web",
    sequence: 42,
    commit: "0123456789abcdef".repeat(3).slice(0, 40),
  };
  expect(parseArtifactKey(artifactKey(build))).toEqual(build);
  expect(releaseId(build)).toBe("my-web-42-0123456");
  for (const key of ["web/1.tar.gz", "web/01-x.tar.gz", "../web/1-abc.tar.gz", "web/"]) {
    expect(parseArtifactKey(key)).toBeUndefined();
  }
});

test("a reserved name is refused as a service's name", () => {
  expect(ServiceName.safeParse("web").success).toBe(true);
  for (const name of ["global", "audit", "Web", "1web", "", "a".repeat(32)]) {
    expect(ServiceName.safeParse(name).success).toBe(false);
  }
});
