import { expect, test } from "vitest";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { aService } from "../../agent/testing/builders.ts";
import { inImage } from "./in-image.ts";

const hashed = { folder: "public/assets", hashed: true } as const;

/** Two services of one host, of which each has static files; two releases of web. */
const services = [
  aService({
    static: {
      "/assets": hashed,
      "/a.b/icons": { folder: "icons" },
      "/.well-known/@a": { folder: ".next/@a" },
    },
  }),
  aService({
    service: "api",
    hosts: ["www.test"],
    rule: { priority: 1, paths: ["/api/*"] },
    static: { "/api/assets": hashed },
    basePort: 9000,
    processes: 1,
  }),
  aService({
    service: "site",
    hosts: ["www.test"],
    rule: { priority: 2, paths: [] },
    static: { "/assets": hashed },
    basePort: 10_000,
    processes: 1,
  }),
];

const program = `
const http = require("node:http");
for (const port of [8001, 8002, 8003, 8004, 9001, 10001]) {
  http.createServer(({ url }, response) => response.end("process " + url)).listen(port, "127.0.0.1");
}
const ask = ([host, path]) => new Promise((resolve) =>
  http.get({ agent: false, path, headers: { host } }, (answer) => {
    let text = "";
    answer.on("data", (chunk) => (text += chunk));
    answer.on("end", () => resolve([text, answer.headers[process.argv[3] ?? "cache-control"] ?? ""].join("|")));
  }));
(async () => {
  for (const each of JSON.parse(process.argv[2])) console.log(await ask(each));
  process.exit(0);
})();
`;

test("nginx answers with the newest release's file, with an older one's, and else asks a process", async () => {
  const asked = [
    ["web.test", "/assets/app.js?v=1"],
    ["web.test", "/assets/old%20one.js"],
    ["web.test", "/a.b/icons/icon.txt"],
    ["web.test", "/axb/icons/icon.txt"],
    ["web.test", "/.well-known/@a/b.txt"],
    ["web.test", "/assets/none.js?v=1"],
    ["web.test", "/assets/../icons"],
    ["web.test", "/assets"],
    ["www.test", "/api/assets/app.js"],
    ["www.test", "/assets/app.js"],
    ["www.test", "/api/assets/none.js?v=%31"],
    ["www.test", "/assets/none.js"],
  ];
  const files: Record<string, string> = {
    "/run/shoestring/here": "",
    "/program.js": program,
    "/srv/web/static/1/public/assets/app.js": "new",
    "/srv/web/static/2/public/assets/app.js": "old",
    "/srv/web/static/2/public/assets/old one.js": "old one",
    "/srv/web/static/1/icons/icon.txt": "icon",
    "/srv/web/static/1/.next/@a/b.txt": "dots",
    "/srv/api/static/1/public/assets/app.js": "of api",
    "/srv/site/static/1/public/assets/app.js": "of site",
  };
  for (const [name, text] of renderSites(services)) files[`/etc/nginx/conf.d/${name}`] = text;
  const { stdout, stderr } = await inImage(
    files,
    `chmod -R a+rX /srv && nginx && node /program.js '${JSON.stringify(asked)}'`,
  );
  expect(stderr).toBe("");
  const aYear = "public, max-age=31536000, immutable";
  expect(stdout.trim().split("\n")).toEqual([
    `new|${aYear}`,
    `old one|${aYear}`,
    "icon|no-cache",
    "process /axb/icons/icon.txt|",
    "dots|no-cache",
    "process /assets/none.js?v=1|",
    "process /assets/../icons|",
    "process /assets|",
    `of api|${aYear}`,
    `of site|${aYear}`,
    "process /api/assets/none.js?v=%31|",
    "process /assets/none.js|",
  ]);
});

test("a browser is told the type of a file: it runs no module without", async () => {
  const types = {
    ...{ mjs: "text/javascript", js: "application/javascript", wasm: "application/wasm" },
    ...{ map: "application/json", json: "application/json", css: "text/css" },
    ...{ webmanifest: "application/manifest+json", svg: "image/svg+xml", woff2: "font/woff2" },
    ...{ avif: "image/avif", webp: "image/webp", unknown: "application/octet-stream" },
  };
  const asked = Object.keys(types).map((ending) => ["web.test", `/assets/app.${ending}`]);
  const files: Record<string, string> = { "/run/shoestring/here": "", "/program.js": program };
  for (const [, path] of asked) files[`/srv/web/static/1/public${path}`] = "text";
  for (const [name, text] of renderSites(services)) files[`/etc/nginx/conf.d/${name}`] = text;
  const { stdout, stderr } = await inImage(
    files,
    `chmod -R a+rX /srv && nginx && node /program.js '${JSON.stringify(asked)}' content-type`,
  );
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toEqual(Object.values(types).map((type) => `text|${type}`));
});
