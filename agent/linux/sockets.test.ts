import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Exec, exec } from "./exec.ts";
import { sockets } from "./sockets.ts";

/** A server of this process, and so many connections to it. */
async function serverWith(connections: number): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < connections; i += 1) {
    const client = connect(port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    await Promise.all([once(client, "connect"), once(server, "connection")]);
  }
  onTestFinished(() => void server.close());
  return port;
}

test("connections are counted by the port of their server, with the real ss", async () => {
  const ports = [await serverWith(2), await serverWith(1), await serverWith(0)];
  const { count } = sockets(exec);
  expect(await Promise.all(ports.map(count))).toEqual([2, 1, 0]);
});

test("ports that are queried while another query is under way share the next one", async () => {
  const queries: string[] = [];
  const line = (port: number) => `ESTAB 0 0 127.0.0.1:${port} 127.0.0.1:40000\n`;
  let answer = () => {};
  const isAnswered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const run: Exec = async (_, args) => {
    queries.push(args.at(-1) ?? "");
    await isAnswered;
    return line(8101) + line(8102) + line(8102);
  };
  const { count } = sockets(run);
  const first = count(8101);
  await vi.waitFor(() => expect(queries).toHaveLength(1));
  const others = [count(8102), count(8103)];
  answer();
  expect([await first, ...(await Promise.all(others))]).toEqual([1, 2, 0]);
  expect(queries).toEqual(["( sport = :8101 )", "( sport = :8102 or sport = :8103 )"]);
});

test("a query that fails rejects for all its callers, and the next call queries again", async () => {
  let tries = 0;
  const { count } = sockets(async () => {
    tries += 1;
    if (tries === 1) throw new Error("no netlink");
    return "";
  });
  const results = await Promise.allSettled([count(8101), count(8102)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await count(8101)).toBe(0);
});
