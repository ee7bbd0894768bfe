import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const checkout = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(checkout, path), "utf8");

/** Folders without pages of the repository: packages, builds, regions. */
const isMade = (name: string) =>
  ["node_modules", "out", "dist", "release", "cdktf.out", ".git"].includes(name) ||
  name.startsWith(".local");

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isMade(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith(".md") ? [relative(checkout, path)] : [];
  });
}

const pages = pagesIn(checkout);
const withoutCode = (text: string) => text.replaceAll(/^```.*?^```$/gms, "");

/** The anchors that GitHub makes of a page's headings. */
const anchorsOf = (page: string) =>
  [...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(pages)(
  "every link of %s leads to a file of the repository, and to its heading",
  (page) => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, to = ""]) => to,
    );
    const broken = links
      .filter((to) => !/^[a-z]+:/.test(to))
      .filter((to) => {
        const [path = "", anchor] = to.split("#");
        const target = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(checkout, target))) return true;
        return anchor !== undefined && !anchorsOf(target).includes(anchor);
      });
    expect(broken).toEqual([]);
  },
);

/** The `make` targets on a page: in blocks of commands, and in backticks. */
const targetsIn = (text: string) => {
  const lines = [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)]
    .filter(([, language = ""]) => /^(sh|console|sh fails)?$/.test(language))
    .flatMap(([, , block = ""]) => block.replaceAll(/(^|\s)#.*/g, ""));
  return [
    ...lines.flatMap((line) => [...line.matchAll(/(?:^|\s)make ([a-z_-]+)/gm)]),
    ...text.matchAll(/`make ([a-z_-]+)/g),
  ].map(([, target]) => target);
};

test.each([...pages, ".devcontainer/devcontainer.json"])(
  "every `make` that %s names is a target of the Makefile",
  (page) => {
    const targets = [...read("Makefile").matchAll(/^([a-z_-]+):/gm)].map(([, target]) => target);
    expect(targetsIn(read(page)).filter((target) => !targets.includes(target))).toEqual([]);
  },
);

test("the tests that CONTRIBUTING.md runs by name exist", () => {
  const runs = [
    ...read("CONTRIBUTING.md").matchAll(/npx vitest.* --project \w+ (\S+)(?: -t "(.+)")?/g),
  ];
  expect(runs.length).toBeGreaterThan(3);
  for (const [, path = "", title = ""] of runs) {
    expect([path, existsSync(join(checkout, path))]).toEqual([path, true]);
    if (title !== "") expect(read(path)).toContain(title);
  }
});

test("every folder has an owner, and every owner's path exists", () => {
  const owned = read(".github/CODEOWNERS")
    .split("\n")
    .filter((line) => line.startsWith("/"))
    .map((line) => line.split(/\s/)[0] as string);
  const there = (path: string) =>
    path.endsWith("*")
      ? readdirSync(checkout).some((name) => name.startsWith(path.slice(1, -1)))
      : existsSync(join(checkout, path));
  expect(owned.filter((path) => !there(path))).toEqual([]);
  const folders = readdirSync(checkout, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !isMade(entry.name))
    .map(({ name }) => `/${name}/`);
  expect(folders.filter((path) => !owned.includes(path))).toEqual([]);
});

test("editors format as the formatter does", () => {
  const { formatter } = JSON.parse(read("biome.json"));
  const settings = read(".editorconfig");
  expect(settings).toContain(`indent_style = ${formatter.indentStyle}`);
  expect(settings).toContain(`indent_size = ${formatter.indentWidth}`);
  expect(settings).toContain(`max_line_length = ${formatter.lineWidth}`);
});
