import { execFile } from "node:child_process";

/**
 * Runs a program that writes its findings as JSON.
 *
 * @param isFine whether an exit code other than 0 means findings, and no failure
 * @throws Error with the program's own words if it fails
 */
export function outputOf(
  program: string,
  args: readonly string[],
  cwd: string,
  isFine: (code: number) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      error && !isFine(Number(error.code))
        ? reject(new Error(`${program}: ${stderr}`, { cause: error }))
        : resolve(stdout),
    );
  });
}
