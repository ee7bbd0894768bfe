import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheDir } from "./cache.ts";

afterEach(() => void vi.unstubAllEnvs());

// An empty value counts as unset, says the XDG specification.
test.each([undefined, ""])("with XDG_CACHE_HOME=%o the cache is in the home directory", (empty) => {
  vi.stubEnv("SHOESTRING_CACHE", empty);
  vi.stubEnv("XDG_CACHE_HOME", empty);
  expect(cacheDir()).toBe(join(homedir(), ".cache", "shoestring"));
});

test("the cache is below XDG_CACHE_HOME, and SHOESTRING_CACHE comes first", () => {
  vi.stubEnv("SHOESTRING_CACHE", undefined);
  vi.stubEnv("XDG_CACHE_HOME", "/var/cache/me");
  expect(cacheDir()).toBe("/var/cache/me/shoestring");
  vi.stubEnv("SHOESTRING_CACHE", "/srv/cache");
  expect(cacheDir()).toBe("/srv/cache");
});
