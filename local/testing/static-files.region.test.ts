import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";

const instances = ["web-1", "web-2"];
let on: RegionUnderTest;

beforeAll(async () => {
  const assets = { folder: "public/assets", hashed: true } as const;
  on = await regionUnderTest({
    processes: 2,
    static: { "/assets": assets, "/icons": "public/icons" },
  });
});
afterAll(endTestRegion);

/** A release with a file of its own, and one whose name all releases have. */
const release = (name: string) => ({
  files: { [`public/assets/app-${name}.js`]: name, "public/icons/icon.txt": name },
});

interface Got {
  readonly status: number;
  readonly text: string;
  readonly cache: string | undefined;
  readonly release: string | undefined;
}

const get = (path: string) =>
  new Promise<Got>((resolve, reject) => {
    const asked = request(`${on.url}${path}`, { headers: { host: on.host } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      answer.on("end", () => {
        const { "cache-control": cache, "shoestring-release": release } = answer.headers;
        resolve({
          ...{ status: answer.statusCode ?? 0, text, cache },
          release: typeof release === "string" ? release : undefined,
        });
      });
    });
    asked.on("error", reject).end();
  });

test("through a roll under load a page of either release finds its files on each instance", async () => {
  const first = await on.pushed(release("one"));
  await on.healthy(instances);
  expect(await get("/assets/app-one.js")).toEqual({
    ...{ status: 200, text: "one", release: undefined },
    cache: "public, max-age=31536000, immutable",
  });
  expect(await get("/icons/icon.txt")).toMatchObject({ text: "one", cache: "no-cache" });
  // What no release has, a process answers.
  expect(await get("/assets/none.js")).toMatchObject({ status: 404, release: first.release.id });

  const wrong: unknown[] = [];
  let pages = { one: 0, two: 0 };
  let isOver = false;
  const browse = async () => {
    while (!isOver) {
      const page = await get("/");
      const name = page.release === first.release.id ? "one" : "two";
      pages = { ...pages, [name]: pages[name] + 1 };
      const file = await get(`/assets/app-${name}.js`);
      if (file.status !== 200 || file.text !== name) wrong.push({ name, ...file });
    }
  };
  const seen = await on.underLoad(async () => {
    const browsing = [browse(), browse(), browse()];
    await on.pushed({ ...release("two"), bootMs: 1000 });
    isOver = true;
    await Promise.all(browsing);
  });
  expect(seen.errors).toEqual({});
  expect(wrong).toEqual([]);
  expect(pages.one).toBeGreaterThan(0);
  expect(pages.two).toBeGreaterThan(0);
  for (let i = 0; i < 10; i += 1) {
    expect((await get("/assets/app-one.js")).text).toBe("one");
    expect((await get("/icons/icon.txt")).text).toBe("two");
  }
});
