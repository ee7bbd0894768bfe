import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../host/region.ts";

/** One step of a page's instructions. */
export type Step =
  | {
      readonly kind: "run";
      /** The lines of an `sh` block. */
      readonly commands: string;
      /** Whether the page expects a failure: the block begins with "```sh fails". */
      readonly fails: boolean;
      /** The output that the page promises: the lines of the `text` block that follows. */
      readonly promised: readonly string[];
    }
  /** A `ts` block whose first line is `// a/file.ts`. */
  | { readonly kind: "write"; readonly path: string; readonly text: string };

/**
 * The steps of a page of this checkout.
 *
 * @param section heading of the only section to read.
 */
export function pageSteps(page: string, section?: string): Step[] {
  const text = pageText(page, section);
  const blocks = [...text.matchAll(/^```(\S+)( fails)?\n(.*?)^```$/gms)].map(
    ([, language = "", fails, body = ""]) => ({ language, fails: fails !== undefined, body }),
  );
  return blocks.flatMap(({ language, fails, body }, at): Step[] => {
    const path = /^\/\/ (\S+\.ts)\n/.exec(body)?.[1];
    if (language === "ts" && path) return [{ kind: "write", path, text: body }];
    if (language !== "sh") return [];
    const next = blocks[at + 1];
    const promised = next?.language === "text" ? next.body.trim().split("\n") : [];
    return [{ kind: "run", commands: body, fails, promised }];
  });
}

/** @throws Error for a section that the page does not have. */
export function pageText(page: string, section?: string): string {
  const text = readFileSync(join(checkout, page), "utf8");
  if (section === undefined) return text;
  const [, own] = text.split(`\n## ${section}\n`);
  if (own === undefined) throw new Error(`${page} has no section "${section}"`);
  return own.split("\n## ")[0] as string;
}

/** Promised lines that an output lacks; "…" in one stands for anything. */
export function broken(promised: readonly string[], output: string): string[] {
  return promised.filter((line) => {
    const parts = line.trim().split("…");
    const words = parts.map((it) => it.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return !new RegExp(words.join(".*")).test(output);
  });
}
