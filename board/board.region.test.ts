import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startConsulAgain, stopConsul } from "../local/region/index.ts";
import {
  endTestRegion,
  type RegionUnderTest,
  regionUnderTest,
} from "../local/testing/region-under-test.ts";
import { until } from "../local/testing/until.ts";
import { addressesOf } from "../protocol/addresses.ts";
import type { Status } from "../protocol/status.ts";
import { main } from "./main.ts";
import { openBrowser } from "./testing/browser.ts";
import {
  hostsAsked,
  isTooWide,
  notedPhases,
  notePhases,
  outline,
  outlineOf,
  readServices,
  runningAnimations,
} from "./testing/reader.js";

const ending = new AbortController();
const errors: string[] = [];
let on: RegionUnderTest;
let browser: Browser;
let page: Page;
let code: Promise<number>;

beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
  const url = await new Promise<string>((resolve) => {
    code = main([], {
      env: { SHOESTRING_REGION: on.region.directory },
      out: resolve,
      say: () => {},
      signal: ending.signal,
    });
  });
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 320, height: 640 } });
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => void errors.push(String(error)));
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  ending.abort();
  expect(await code).toBe(0);
  await endTestRegion();
});

const readPage = () => page.evaluate(readServices);

/** The same, from `shoestring status --json`. */
async function status() {
  const { out } = await on.shoestring("status", "--json");
  return (JSON.parse(out) as Status[]).map(({ service, deploy, rollout, instances }) => ({
    service,
    phase: rollout?.phase ?? "announced",
    release: deploy?.release.id,
    processes: instances.flatMap(({ instance, processes }) =>
      Object.entries(processes).map(([n, p]) => [instance, n, p.release, p.phase].join(" ")),
    ),
  }));
}

async function showsTheStatus() {
  await until("page that shows the status", async () => {
    const [onPage, inConsul] = [await readPage(), await status()];
    return JSON.stringify(onPage) === JSON.stringify(inConsul);
  });
  expect(await readPage()).toEqual(await status());
}

test("an empty cluster shows how to begin", async () => {
  await page.getByText("npx shoestring release push").waitFor();
});

test("a roll is shown while it goes on, and ends as status reports it", async () => {
  await page.evaluate(notePhases);
  const deploy = await on.push();
  await page.locator(".clock").waitFor();
  expect(await page.evaluate(isTooWide)).toBe(false);
  expect((await on.ended(deploy)).phase).toBe("done");
  await showsTheStatus();
  const phases = await page.evaluate(notedPhases);
  expect(phases.length, `saw ${phases.join(", ")}`).toBeGreaterThan(2);
  expect(await page.locator(".bar").count()).toBe(1);
});

test("a pause and a drained instance are shown with who, why and until when", async () => {
  // Consul's checks pass a little after the roll; until then every drain is refused.
  await until("a drain that is not refused", async () => {
    const { code } = await on.shoestring("drain", "web-2", "--reason", "a new disk");
    return code === 0;
  });
  const paused = await on.shoestring("pause", "web", "--reason", "look first");
  expect(paused.code, paused.err).toBe(0);
  await page.getByText(/web-2 is drained by tester, .*, until .*: a new disk/).waitFor();
  await page.getByText(/Paused by tester, .*: look first/).waitFor();
  await page.getByText("drained", { exact: true }).waitFor();
  expect(await page.evaluate(isTooWide)).toBe(false);
  await on.shoestring("resume", "web");
  await on.shoestring("undrain", "web-2");
  await page.locator(".note-held").first().waitFor({ state: "detached" });
});

test("during a Consul outage the page shows since when, and recovers by itself", async () => {
  const before = await readPage();
  await stopConsul(on.region);
  const trouble = page.locator("#trouble");
  await trouble.getByText("What you see is of").waitFor();
  expect(await readPage()).toEqual(before);
  await startConsulAgain(on.region);
  await trouble.locator("p").waitFor({ state: "detached" });
  await showsTheStatus();
});

test("a failed deploy and a hold are shown with their reasons", async () => {
  await on.pushed(); // the first deploy that drains and stops processes
  const bad = await on.push({ pingStatus: 500 });
  expect((await on.ended(bad)).phase).toBe("failed");
  await on.shoestring("hold", "web", "--reason", "<b>look</b> at 500");
  await page.getByText("it answered 500").first().waitFor();
  await page.getByText("<b>look</b> at 500").first().waitFor();
  await showsTheStatus();
});

test("hidden parts open by keyboard, stay open, and fit 320 pixels", async () => {
  const summary = page.locator("summary");
  await summary.focus();
  expect(await summary.evaluate(outlineOf)).toBe("solid");
  await page.keyboard.press("Enter");
  for (const part of [/^drain /, /^stop /, /^start /, /^probe /]) {
    await page.locator(".past .share").filter({ hasText: part }).first().waitFor();
  }
  await on.shoestring("unhold", "web");
  await page.locator(".badge-held").waitFor({ state: "detached" });
  expect(await page.locator("details[open] > summary:focus").count()).toBe(1);
  expect(await page.evaluate(isTooWide)).toBe(false);
});

test("the page is accessible: landmarks, headings, names, tables and polite announcements", async () => {
  const found = await page.evaluate(outline);
  expect(found).toMatchObject({
    language: "en",
    landmarks: [1, 1, 1],
    namelessSections: 0,
    unnamedPictures: 0,
    repeatedIds: 0,
    voice: "polite",
    announcement: "web is no longer held.",
  });
  expect(found.headings[0]).toBe(1);
  const jumps = found.headings.filter((level, i, all) => level > (all[i - 1] ?? 0) + 1);
  expect(jumps).toEqual([]);
  expect(found.tables).toHaveLength(2);
  for (const { caption, roles } of found.tables)
    expect([caption !== "", roles]).toEqual([true, true]);
});

test("with reduced motion no animation runs", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await page.evaluate(runningAnimations)).toBe(0);
});

test("the browser logged no error, and the page sent no request to another host", async () => {
  expect(errors).toEqual([]);
  const hosts = await page.evaluate(hostsAsked);
  expect(new Set(hosts)).toEqual(new Set([new URL(page.url()).host]));
  const { consul } = addressesOf("local", { SHOESTRING_REGION: on.region.directory });
  const consulToken = consul?.token ?? "";
  expect(consulToken).not.toBe("");
  expect(await page.content()).not.toContain(consulToken);
});
