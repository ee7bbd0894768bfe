import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { aService } from "../../testing/builders.ts";
import { writeSites } from "./write-sites.ts";

/** A folder of sites, and an nginx that refuses those that contain a word. */
function nginxThatRefuses(word: string) {
  const folder = mkdtempSync(join(tmpdir(), "sites-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const texts = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const logged: unknown[] = [];
  return {
    folder,
    logged,
    exec: async () => {
      if (texts().some((text) => text.includes(word))) throw new Error(`[emerg] ${word}`);
      return "";
    },
    log: (event: string, fields = {}) => void logged.push({ event, ...fields }),
  };
}

const services = ["api", "bad", "web"].map((service) =>
  aService({ service, hosts: [`${service}.example.org`] }),
);

test("a service whose site nginx refuses is left out and logged, and the others keep theirs", async () => {
  const nginx = nginxThatRefuses("bad.example.org");
  await writeSites(services, nginx);
  expect(readdirSync(nginx.folder).sort()).toEqual(["_default.conf", "api.conf", "web.conf"]);
  const checks = readFileSync(join(nginx.folder, "_default.conf"), "utf8");
  expect(checks).toContain("/shoestring/health/web");
  expect(checks).not.toContain("/shoestring/health/bad");
  expect(nginx.logged).toEqual([
    { event: "service.unusable", service: "bad", error: "[emerg] bad.example.org" },
  ]);
});

test("a site of a service that the machine no longer has is removed", async () => {
  const nginx = nginxThatRefuses("nothing");
  writeFileSync(join(nginx.folder, "old.conf"), "");
  await writeSites(services, nginx);
  expect(readdirSync(nginx.folder)).not.toContain("old.conf");
  expect(nginx.logged).toEqual([]);
});

test("a service called like the default site keeps it", async () => {
  const nginx = nginxThatRefuses("nothing");
  await writeSites([aService({ service: "default" })], nginx);
  expect(readdirSync(nginx.folder).sort()).toEqual(["_default.conf", "default.conf"]);
});
