import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../../lib/problem.ts";

export interface GitAccess {
  /** The server of the repositories, like `https://github.com`; `/<owner>/<name>` follows. */
  readonly server: string;
  /** Token for that server. @default none */
  readonly token?: string;
}

/** A clone that is removed after use. Every method rejects with a Problem. */
export interface Repository {
  readonly defaultBranch: string;
  /** Checks out a branch of the remote, and drops uncommitted changes. */
  goTo(branch: string): Promise<void>;
  /** The text of a file, or undefined for one that is not there. */
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  /** The uncommitted changes as a diff; empty if nothing changed. */
  diff(): Promise<string>;
  /**
   * Commits the changes, and pushes them as the remote's branch.
   *
   * @param over whether the branch's current commits may be thrown away
   */
  push(branch: string, message: string, options: { readonly over: boolean }): Promise<void>;
  remove(): void;
}

/** Clones a repository, `owner/name`, at the newest commit of its default branch. */
export async function cloned(repository: string, access: GitAccess): Promise<Repository> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-sync-"));
  const git = async (...args: string[]) => {
    try {
      const { stdout } = await promisify(execFile)("git", args, {
        cwd: folder,
        env: { ...process.env, ...credentials(access), GIT_TERMINAL_PROMPT: "0" },
      });
      return stdout.trimEnd();
    } catch (cause) {
      const reason = (cause as { stderr?: string }).stderr?.trim() ?? String(cause);
      throw new Problem({
        happened: `git ${args[0]} of ${repository} failed: ${reason}`,
        unchanged: "its default branch is as it was",
        next: "see that the app is installed there, with the permission to write contents and workflows",
        cause,
      });
    }
  };
  try {
    await git("clone", "--quiet", "--depth=1", `${access.server}/${repository}`, ".");
    const defaultBranch = await git("symbolic-ref", "--short", "HEAD");
    return {
      defaultBranch,
      async goTo(branch) {
        await git("fetch", "--quiet", "--depth=1", "origin", `refs/heads/${branch}`);
        await git("reset", "--quiet", "--hard", "FETCH_HEAD");
      },
      read(path) {
        const file = join(folder, path);
        return existsSync(file) ? readFileSync(file, "utf8") : undefined;
      },
      write(path, text) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      },
      async diff() {
        await git("add", "--all");
        return git("diff", "--cached");
      },
      async push(branch, message, { over }) {
        await git("add", "--all");
        const who = ["-c", "user.name=shoestring", "-c", "user.email=shoestring@localhost"];
        await git(...who, "commit", "--quiet", `--message=${message}`);
        const refs = [`HEAD:refs/heads/${branch}`];
        await git("push", "--quiet", ...(over ? ["--force"] : []), "origin", ...refs);
      },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** In the environment: arguments are in the process list, and a URL is in the clone's config. */
function credentials({ server, token }: GitAccess): Record<string, string> {
  if (token === undefined) return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${server}/.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}
