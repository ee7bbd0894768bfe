import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Debian's, and what GitHub's machines have. */
const names = ["chromium", "google-chrome"];

/** This machine's own Chromium, without a window. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = names.flatMap(onPath)[0];
  if (!executablePath) throw new Error(`none of ${names.join(", ")} is on the PATH`);
  // Its sandbox does not start for root, and all that it opens is ours.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

const onPath = (name: string): string[] =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path));
