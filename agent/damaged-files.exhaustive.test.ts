import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../lib/seeded-random.ts";
import { Deploy, Drain, formatDocument, parseDocument } from "../protocol/documents.ts";
import { emptyState } from "./core/state.ts";
import { drainFile } from "./linux/drain-file.ts";
import { stateFile } from "./linux/state-file.ts";
import { folderStore } from "./release/store.ts";
import { aDeploy, aService } from "./testing/builders.ts";

const seed = Number(process.env.SEED ?? Date.now());
const canary = "hunter2secret";

/**
 * The text cut at each byte, and with each byte replaced by some critical ones and a random one.
 */
function damaged(text: string, random: () => number): string[] {
  return [...text].flatMap((_, i) => {
    const byChance = String.fromCharCode(Math.floor(random() * 256));
    const replaced = ["\0", '"', byChance].map(
      (byte) => text.slice(0, i) + byte + text.slice(i + 1),
    );
    return [text.slice(0, i), ...replaced];
  });
}

/** Everything that an error shows: its chain and its fields. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  return `${error.message} ${JSON.stringify(error)} ${textOf(error.cause)}`;
}

/** A part of the canary that is long enough to recognise. */
const leak = /hunt|unte|nter|ter2|er2s|r2se|2sec|secr|ecre|cret/;

test("a file that is damaged at any byte shows none of its values, in errors or in the log", async () => {
  console.log(`seed ${seed} (SEED)`);
  const random = seededRandom(seed).next;
  const folder = await mkdtemp(join(tmpdir(), "shoestring-canary-"));
  const words: string[] = [];
  const log = (event: string, fields = {}) => void words.push(JSON.stringify({ event, ...fields }));
  const store = folderStore({ service: aService(), fetch: async () => {}, log, root: folder });
  await mkdir(join(folder, "environments"));
  await mkdir(join(folder, "releases", "web-1-ccccccc"), { recursive: true });
  const deploy = aDeploy(1, { reason: canary });
  const drain = { schema: 2, by: "a", reason: canary, at: deploy.at, until: deploy.at } as Drain;
  const environment = { A: "x", DB_PASSWORD: canary, Z: "z" };
  const path = (name: string) => join(folder, name);
  const files: [name: string, text: string, read: (text: string) => unknown][] = [
    [
      "environments/1.json",
      JSON.stringify({ release: "web-1-ccccccc", environment, scopes: { global: [], own: ["A"] } }),
      () => store.readEnvironment("1"),
    ],
    [
      "state.json",
      JSON.stringify({ ...emptyState, session: canary }),
      () => stateFile(path("state.json")).read(),
    ],
    ["drain.json", JSON.stringify(drain), () => drainFile(path("drain.json")).read()],
    [
      "releases/web-1-ccccccc/release.json",
      JSON.stringify({ command: ["node", canary] }),
      () => store.launchOf("web-1-ccccccc"),
    ],
    [
      "deploys/web",
      formatDocument(Deploy, "k", deploy),
      (text) => parseDocument(Deploy, "k", text),
    ],
    ["drains/web-1", JSON.stringify(drain), (text) => parseDocument(Drain, "k", text)],
  ];
  let tried = 0;
  for (const [name, text, read] of files) {
    await mkdir(join(folder, "deploys"), { recursive: true });
    await mkdir(join(folder, "drains"), { recursive: true });
    for (const wrong of damaged(text, random)) {
      await writeFile(path(name), wrong);
      tried += 1;
      try {
        await read(wrong);
      } catch (error) {
        expect(textOf(error), `${name}: ${wrong}`).not.toMatch(leak);
      }
    }
  }
  console.log(`${tried} damaged files of ${files.length} kinds, ${words.length} in the log`);
  expect(words.join("\n")).not.toMatch(leak);
  expect(tried).toBeGreaterThan(3000);
  await rm(folder, { recursive: true });
});
