import { expect, test } from "vitest";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { aService } from "../../agent/testing/builders.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { inImage } from "./in-image.ts";

/** Four processes that say which they are; `/slow` never answers. Then a client's steps. */
const program = (steps: string) => `
const http = require("node:http");
const asked = [];
const send = (response, n) => {
  response.write("event " + n);
  if (n < 4) setTimeout(send, 300, response, n + 1); else response.end();
};
for (const port of [8001, 8002, 8003, 8004]) {
  http.createServer((request, response) => {
    if (request.url === "/events") return send(response, 1);
    if (request.url === "/slow") return void asked.push(port);
    request.resume().on("end", () => response.end(String(port)));
  }).listen(port, "127.0.0.1");
}
const ask = ({ body = "", ...options }) => new Promise((resolve, reject) => {
  const request = http.request({ agent: false, method: "POST", ...options }, (answer) => {
    let text = "";
    answer.on("data", (chunk) => (text += chunk));
    answer.on("end", () => resolve({ status: answer.statusCode, text, cookies: answer.headers["set-cookie"] }));
  });
  request.on("error", reject);
  request.end(body);
});
const headers = { host: "web.test" };
(async () => {
  const told = [];
  ${steps}
  console.log(JSON.stringify(told));
  process.exit(0);
})();
`;

async function told(service: ServiceFile, steps: string): Promise<unknown[]> {
  const sites = [...renderSites([service])].map(([name, text]) => [
    `/etc/nginx/conf.d/${name}`,
    text,
  ]);
  const files = { ...Object.fromEntries(sites), "/run/shoestring/here": "" };
  const started = { ...files, "/program.js": program(steps) };
  const { stdout, stderr } = await inImage(started, "nginx && node /program.js");
  expect(stderr).toBe("");
  return JSON.parse(stdout) as unknown[];
}

test("a client with the cookie of its first answer comes back to the same process", async () => {
  const seen = (await told(
    aService({ service: "my-web", stickySeconds: 600 }),
    `for (let client = 0; client < 12; client++) {
      const first = await ask({ path: "/", headers });
      const cookie = first.cookies[0].split(";")[0];
      const answers = [first];
      for (let i = 0; i < 8; i++) answers.push(await ask({ path: "/", headers: { ...headers, cookie } }));
      told.push({ cookie: first.cookies, processes: answers.map(({ text }) => text) });
    }`,
  )) as { cookie: string[]; processes: string[] }[];
  for (const { cookie, processes } of seen) {
    expect(new Set(processes).size).toBe(1);
    expect(cookie).toHaveLength(1);
    expect(cookie[0]).toMatch(
      /^shoestring_my_web=[0-9a-f]{32}; Path=\/; Max-Age=600; HttpOnly; Secure$/,
    );
  }
  expect(new Set(seen.map(({ processes }) => processes[0])).size).toBeGreaterThan(1);
});

test("a body above maxBodyMib gets 413, and any other passes", async () => {
  const asks = `
    for (const mib of [1, 2, 3]) told.push((await ask({ path: "/", headers, body: "x".repeat(mib * 1024 ** 2) })).status);`;
  expect(await told(aService({ maxBodyMib: 2 }), asks)).toEqual([200, 200, 413]);
  expect(await told(aService(), asks)).toEqual([200, 200, 200]);
});

test("an answer that does not come within requestTimeoutSeconds is given up, and no other process asked", async () => {
  const slow = aService({ requestTimeoutSeconds: 1 });
  const ask = `
    told.push((await ask({ method: "GET", path: "/slow", headers })).status, asked.length);`;
  expect(await told(slow, ask)).toEqual([504, 1]);
});

test("each event of a stream reaches its client when it is sent", async () => {
  const watch = `
    await new Promise((resolve) => http.get({ path: "/events", headers }, (answer) => {
      answer.on("data", (chunk) => told.push([String(chunk), Date.now()]));
      answer.on("end", resolve);
    }));`;
  const seen = (await told(aService(), watch)) as [string, number][];
  expect(seen.map(([event]) => event)).toEqual(["event 1", "event 2", "event 3", "event 4"]);
  const times = seen.map(([, at]) => at);
  for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThan(150);
});
