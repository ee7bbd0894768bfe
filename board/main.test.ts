import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BoardIo, main } from "./main.ts";

const token = "b7e2c9a4-token-of-nobody";

/** A Consul that repeats its whole request, as a proxy's error page might. */
const consul = createServer((request, answer) => {
  answer.writeHead(500).end(`you sent ${JSON.stringify(request.headers["x-consul-token"])}`);
});
beforeAll(() => new Promise<void>((resolve) => void consul.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  consul.closeAllConnections();
  consul.close();
});

function started(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const ending = new AbortController();
  let printed = () => {};
  const url = new Promise<string>((resolve) => {
    printed = () => resolve(out[0] ?? "");
  });
  const { port } = consul.address() as AddressInfo;
  const io: BoardIo = {
    env: { CONSUL_HTTP_ADDR: `127.0.0.1:${port}`, CONSUL_HTTP_TOKEN: token },
    out: (line) => {
      out.push(line);
      printed();
    },
    say: (line) => void err.push(line),
    signal: ending.signal,
  };
  return { code: main(argv, io), url, out, err, end: () => ending.abort() };
}

test("the board prints its address, and exits with 0 when it is stopped", async () => {
  const board = started("--json", "--cluster", "staging");
  const { url, cluster } = JSON.parse(await board.url);
  expect(cluster).toBe("staging");
  expect((await fetch(url)).status).toBe(200);
  board.end();
  expect(await board.code).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

test("the token is in no served byte, even where Consul repeats it", async () => {
  const board = started();
  const url = await board.url;
  const reader = (await fetch(`${url}events`)).body?.getReader();
  let text = "";
  while (!text.includes("trouble")) {
    const { value } = (await reader?.read()) ?? {};
    text += Buffer.from(value ?? []).toString();
  }
  await reader?.cancel();
  expect(text).toContain("status 500");
  expect(text).not.toContain(token);
  for (const path of ["", "board.js", "icon.svg"]) {
    expect(await (await fetch(`${url}${path}`)).text()).not.toContain(token);
  }
  board.end();
  expect(await board.code).toBe(0);
});

test.each(["--port=many", "--port=65536", "--frobnicate", "web"])(
  "%s is wrong use",
  async (word) => {
    const { code, err, out } = started(word);
    expect(await code).toBe(2);
    expect(err.join("\n")).toContain("usage: shoestring board");
    expect(out).toEqual([]);
  },
);

test("requested help goes to stdout and ends with 0", async () => {
  const { code, out } = started("--help");
  expect(await code).toBe(0);
  expect(out.join("\n")).toContain("usage: shoestring board");
});
