import { readFileSync } from "node:fs";

/** The page's files; the server serves no others. */
const names = [
  "index.html",
  "board.css",
  "board.js",
  "clock.js",
  "dom.js",
  "history.js",
  "icons.js",
  "legend.js",
  "news.js",
  "service.js",
  "times.js",
  "icon.svg",
] as const;

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The files of the page by their path on the server. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  return new Map(
    names.map((name) => [
      name === "index.html" ? "/" : `/${name}`,
      {
        type: types[name.split(".").at(-1) as string] as string,
        body: readFileSync(new URL(`page/${name}`, import.meta.url)),
      },
    ]),
  );
}
