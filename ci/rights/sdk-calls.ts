import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A command of AWS's SDK, or a signed request, in a file of a program. */
export interface SdkCall {
  /** The file's path from the checkout. */
  readonly program: string;
  readonly command: string;
}

/** Folders whose programs run at AWS, in CI or with people. */
const folders = [
  ...["agent", "board", "ci", "cli", "functions", "lib", "modules", "provisioning", "slack"],
  "trace",
];
const isTest = (path: string) => /\.test\.ts$|(^|\/)testing\//.test(path);

/** The calls of AWS in all programs, by the names of the SDK's commands and of its pages. */
export function sdkCalls(checkout: string): readonly SdkCall[] {
  return folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.m?ts$|\.mjs$/.test(name) && !isTest(`${folder}/${name}`))
      .flatMap((name) => {
        const path = join(checkout, folder, name);
        const program = relative(checkout, path);
        return commandsIn(readFileSync(path, "utf8")).map((command) => ({ program, command }));
      }),
  );
}

/** The commands in a program's text; one `signed request` where it signs itself. */
export function commandsIn(text: string): readonly string[] {
  if (/from "@smithy\/signature-v4"/.test(text)) return ["signed request"];
  if (!/["']@aws-sdk\/client-/.test(text)) return [];
  const commands = text.matchAll(/\b([A-Z]\w+)Command\b/g);
  const pages = text.matchAll(/\bpaginate([A-Z]\w+)\b/g);
  const waiters = text.matchAll(/\b(waitUntil[A-Z]\w+)\b/g);
  return [...new Set([...commands, ...pages, ...waiters].map(([, name]) => name as string))];
}
