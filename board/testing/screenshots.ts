/** `make screenshots`: the pictures of the board in docs/, from a made-up cluster. */
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { BoardWatch } from "../board-watch.ts";
import { serveBoard } from "../server.ts";
import { openBrowser } from "./browser.ts";
import { epoch } from "./documents.ts";
import { story, storyNow } from "./story.ts";

interface Picture {
  readonly name: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

const pictures: readonly Picture[] = [
  { name: "board", colorScheme: "light", width: 1180, height: 900 },
  { name: "board-dark", colorScheme: "dark", width: 1180, height: 900 },
  { name: "board-phone", colorScheme: "light", width: 390, height: 844 },
];

const now = () => new Date(epoch + storyNow * 1000);
const folder = process.argv[2] ?? fileURLToPath(new URL("../../docs/", import.meta.url));

const consul = memoryConsul();
for (const [key, value] of Object.entries(story())) consul.put(key, value);
const ending = new AbortController();
const server = await serveBoard({ port: 0, now });
new BoardWatch({
  cluster: "production",
  consul,
  now,
  signal: ending.signal,
  changed: server.show,
}).start();
const browser = await openBrowser();
for (const picture of pictures) await take(browser, picture);
await browser.close();
ending.abort();
await server.close();

async function take(browser: Browser, { name, colorScheme, width, height }: Picture) {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
  });
  // A fixed clock, so that a picture changes only when the page does.
  await page.clock.setFixedTime(now());
  await page.goto(server.url);
  await page.locator(".bars").last().waitFor();
  await page.screenshot({ path: `${folder}${name}.png` });
  await page.close();
}
