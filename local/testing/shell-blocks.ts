import { pageText } from "./page-blocks.ts";

/**
 * The commands of a page's `sh` blocks, one a line, without their comments.
 *
 * @param section heading of the only section to read.
 */
export function shellCommands(page: string, section?: string): string[] {
  return [...pageText(page, section).matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block]) => (block as string).split("\n"))
    .map((line) => line.replace(/\s+# .*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
