import { join } from "node:path";

/** Writes every stack to `cdktf.out/`, as `cdktf` would. */
export const synthCommand = "node synth/main.mjs";

/** A stack's folder, from the checkout. */
export const stackFolder = (stack: string): string => join("cdktf.out", "stacks", stack);

/** A terraform command in a stack's folder, as it is typed in the checkout. */
export const terraformIn =
  (program: string, stack: string) =>
  (words: string): string =>
    `${program} -chdir=${stackFolder(stack)} ${words}`;

/** Writes a text that has no single quote to a file. */
export const writeCommand = (path: string, text: string): string =>
  `printf '%s\\n' '${text}' > ${path}`;
