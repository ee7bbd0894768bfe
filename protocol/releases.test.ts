import fc from "fast-check";
import { expect, test } from "vitest";
import { artifactKey, parseArtifactKey, ReleaseId, releaseId } from "./releases.ts";

const commits = fc
  .array(fc.constantFrom(..."0123456789abcdef"), { minLength: 40, maxLength: 40 })
  .map((digits) => digits.join(""));
const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
const builds = fc.record({
  service: names,
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  commit: commits,
});

test("the object key of a build is parsed back to the build", () => {
  fc.assert(
    fc.property(builds, (build) => {
      expect(parseArtifactKey(artifactKey(build))).toEqual(build);
    }),
  );
});

test("the release id of every build is valid", () => {
  fc.assert(fc.property(builds, (build) => ReleaseId.safeParse(releaseId(build)).success));
});

test.each([
  "",
  "web",
  `web/7-${"a".repeat(39)}.tar.gz`,
  `web/7-${"A".repeat(40)}.tar.gz`,
  `web/07-${"a".repeat(40)}.tar.gz`,
  `web/0-${"a".repeat(40)}.tar.gz`,
  `web/9999999999999999-${"a".repeat(40)}.tar.gz`,
  `web/7-${"a".repeat(40)}.tar`,
  `web/7-${"a".repeat(40)}.tar.gz\n`,
  `a/web/7-${"a".repeat(40)}.tar.gz`,
  `../7-${"a".repeat(40)}.tar.gz`,
])("%j is refused as the key of a build", (key) => {
  expect(parseArtifactKey(key)).toBeUndefined();
});
