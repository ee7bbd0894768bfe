import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Files } from "../../linux/files.ts";
import type { ChangeLog } from "./change-log.ts";

/** The real disk; each change is logged after it was made there. */
export const recordedFiles = (real: Files, log: ChangeLog): Files => ({
  async makeFolder(path, mode) {
    const made = await real.makeFolder(path, mode);
    if (made) log.make(`make ${path}`, path, { kind: "folder", mode });
    return made;
  },
  async write(path, content, mode, how) {
    const text = typeof content === "string" ? Buffer.from(content) : await buffer(content);
    await real.write(path, Readable.from([text]), mode, how);
    log.write(path, mode, text);
    if (how === "synced") log.sync(path);
  },
  async link(target, path) {
    await real.link(target, path);
    log.make(`link ${path}`, path, { kind: "link", mode: 0o777, target });
  },
  async rename(from, to) {
    await real.rename(from, to);
    log.rename(from, to);
  },
  async remove(path) {
    await real.remove(path);
    log.remove(path);
  },
  async sync(path) {
    await real.sync(path);
    log.sync(path);
  },
});
