import { expect, test } from "vitest";
import { chooseMirror } from "../local/image/mirror.ts";
import { versionFits } from "./consul.ts";
import { parseVersions, siteOf, versions } from "./versions.ts";

test.each([
  ["1.22.7", true],
  ["1.22.9", true],
  ["1.22.6", false],
  ["1.21.5", false],
  ["1.23.0", false],
  ["2.0.1", false],
])("an installed Consul %s is used: %s", (installed, fits) => {
  expect(versionFits(installed, "1.22.7")).toBe(fits);
});

test("versions are read from the roles' own file, and a line in another format is refused", () => {
  expect(versions().consul_version).toMatch(/^1\.22\./);
  expect(parseVersions('# why\na_version: "1.2"\nsuite: trixie\n')).toEqual({
    a_version: "1.2",
    suite: "trixie",
  });
  expect(() => parseVersions("- a list")).toThrow("not of the form");
});

test("a mirror stands in place of every distributor, each with a folder of its own", () => {
  const mirror = "https://mirror.test";
  expect(siteOf("consul", "https://distributor.test", { mirror })).toBe(`${mirror}/consul`);
  expect(siteOf("npm", undefined, { mirror: "none" })).toBeUndefined();
  expect(siteOf("node", "https://distributor.test")).toBe("https://distributor.test");
});

test("the root comes from apt's mirror, not from its security updates", () => {
  const sites = "http://mirror.test/debian-security\nhttp://mirror.test/debian\n";
  expect(chooseMirror(sites)).toBe("http://mirror.test/debian");
  expect(chooseMirror("")).toBeUndefined();
});
