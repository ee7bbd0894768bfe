import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Its names on Debian and on GitHub's machines. */
const names = ["chromium", "google-chrome"];

/** Opens this machine's own Chromium, headless. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = names.flatMap(onPath)[0];
  if (!executablePath) throw new Error(`none of ${names.join(", ")} is on the PATH`);
  // Its sandbox does not start for root, and it opens only this project's page.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

const onPath = (name: string): string[] =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path));
