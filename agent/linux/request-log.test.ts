import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nginxRequestLog, readTries } from "./request-log.ts";

const line = (address = "127.0.0.1:8001", status = "200") =>
  `1790000000.500 0.250 200 "${address}" "${status}"`;

test.each([
  [line(), [[8001, false]]],
  [line("127.0.0.1:8001", "500"), [[8001, true]]],
  // The first process refuses: nginx logs 502 for that try, and takes the next one.
  [
    line("127.0.0.1:8001, 127.0.0.1:8002", "502, 200"),
    [
      [8001, true],
      [8002, false],
    ],
  ],
  [line("127.0.0.1:8001", "504"), [[8001, true]]],
  // The client went away before the answer.
  [line("127.0.0.1:8001", "-"), [[8001, false]]],
  [line("web", "502"), []],
  [line("-", "-"), []],
  ["no line of ours", []],
])("a line is one try for each process that was asked: %s", (text, tries) => {
  expect(readTries(text).map(({ front, isBad }) => [front, isBad])).toEqual(tries);
  for (const { beganAtMs } of readTries(text)) expect(beganAtMs).toBe(1790000000250);
});

function aLog() {
  const folder = mkdtempSync(join(tmpdir(), "requests-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = { log: join(folder, "requests.log"), flag: join(folder, "watched") };
  return { paths, log: nginxRequestLog("web", paths) };
}

test("each request after the start is read once, and half a line waits for its end", async () => {
  const { paths, log } = aLog();
  writeFileSync(paths.log, `${line()}\n`);
  await log.start();
  expect(existsSync(paths.flag)).toBe(true);
  expect(await log.read()).toEqual([]);

  const whole = `${line("127.0.0.1:8002")}\n`;
  appendFileSync(paths.log, whole + whole.slice(0, 20));
  expect(await log.read()).toHaveLength(1);
  appendFileSync(paths.log, whole.slice(20));
  expect(await log.read()).toHaveLength(1);
  expect(await log.read()).toEqual([]);

  await log.stop();
  expect(existsSync(paths.flag)).toBe(false);
});

test("a log of more than 1 MB begins anew, and lines that were read are not kept", async () => {
  const { paths, log } = aLog();
  writeFileSync(paths.log, "");
  await log.start();
  let count = 0;
  for (let i = 0; i < 40; i += 1) {
    appendFileSync(paths.log, `${line()}\n`.repeat(1000));
    count += (await log.read()).length;
    expect(statSync(paths.log).size).toBeLessThan(1.2 * 1024 ** 2);
  }
  expect(count).toBeGreaterThanOrEqual(39_990);
});

test("without nginx's log file the start fails, and nginx is not asked to log", async () => {
  const { paths, log } = aLog();
  await expect(log.start()).rejects.toThrow("ENOENT");
  expect(existsSync(paths.flag)).toBe(false);
});
