import { constants, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../../lib/problem.ts";
import type { Side } from "../../protocol/service-file.ts";
import type { Clock, Ends, Log, Place, ProcessEnd } from "../core/effects.ts";
import type { Exec } from "./exec.ts";
import { endsFolder } from "./folders.ts";
import { endedByItself, type SystemdSupervisor, showUnit, unitOf } from "./systemd.ts";
import { watchFolder } from "./watch-folder.ts";

/** More than any line needs. The service owns the folder and could write anything there. */
const largestBytes = 500;
const logLines = 20;
const logMs = 2000;
const showMs = 2000;
const mostTries = 3;

type ReadEnd = Omit<ProcessEnd, "isAsked">;
type Take = Parameters<Ends["watch"]>[0];

/**
 * Reads the one-line file per place that a unit writes when its process ends (systemd.ts). The
 * kernel announces it, so an idle instance costs nothing. systemd still knows whether the end was
 * requested: after a run that ended by itself it starts the next one without a job.
 */
export function unitEnds(
  service: string,
  deps: {
    readonly exec: Exec;
    readonly supervisor: Pick<SystemdSupervisor, "hasRequestedStop">;
    readonly clock: Clock;
    readonly log: Log;
  },
): Ends {
  const { exec, supervisor, clock, log } = deps;
  const folder = endsFolder(service);
  const isAsked = async (place: Place, result: string) => {
    if (supervisor.hasRequestedStop(place)) return true;
    const unit = unitOf(service, place);
    for (let tries = 1; ; tries += 1) {
      try {
        return !endedByItself(await showUnit(exec, unit, { timeoutMs: showMs }));
      } catch (error) {
        log("ends.failed", { service, unit, error: describe(error) });
        if (tries === mostTries) return result === "success";
      }
    }
  };
  const asked = async (end: ReadEnd): Promise<ProcessEnd> => ({
    ...end,
    isAsked: await isAsked(end.place, end.result),
  });
  const underWay = new Map<string, Promise<void>>();

  const takeFrom = async (name: string, take: Take) => {
    const place = placeOf(name);
    const text = place && (await readShort(join(folder, name)));
    // Without its newline the write is still under way, and its end is announced, too.
    if (!place || !text?.endsWith("\n")) return;
    const end = readEnd(place, text);
    if (end) await take(asked(end));
    await rm(join(folder, name), { force: true });
  };
  const look = async (take: Take) => {
    for (const name of await readdir(folder)) {
      const before = underWay.get(name) ?? Promise.resolve();
      const logError = (error: unknown) =>
        log("ends.failed", { service, file: name, error: describe(error) });
      const now = before.then(() => takeFrom(name, take)).catch(logError);
      underWay.set(name, now);
      void now.then(() => underWay.get(name) === now && underWay.delete(name));
    }
  };
  return {
    watch: (take) =>
      void watchFolder(folder, () => look(take), {
        clock,
        unread: (error) => log("ends.unread", { service, error: describe(error) }),
      }),
    async lastLines({ place, invocation }) {
      // The service may write a neighbour's invocation, whose log is not for its readers.
      const unit = `_SYSTEMD_UNIT=${unitOf(service, place)}`;
      const args = [unit, `_SYSTEMD_INVOCATION_ID=${invocation}`, "-n", `${logLines}`, "-o", "cat"];
      try {
        const text = await exec("journalctl", ["--no-pager", "-q", ...args], { timeoutMs: logMs });
        return text.split("\n");
      } catch (error) {
        log("journal.unread", { service, error: describe(error) });
        return [];
      }
    },
  };
}

/** The place that a file name like `1a` stands for; other files are ignored. */
function placeOf(name: string): Place | undefined {
  const [, n, side] = /^([1-9]\d?)([ab])$/.exec(name) ?? [];
  return n === undefined ? undefined : { n: Number(n), side: side as Side };
}

/** Parses the line that `renderUnit` makes the shell write; undefined for an invalid one. */
export function readEnd(place: Place, text: string): ReadEnd | undefined {
  const pattern = /^([0-9a-f]{32}) (\S+) (exited|killed|dumped|none) ([A-Z0-9+-]+|none)\n$/;
  const [, invocation, result, code, status] = pattern.exec(text) ?? [];
  if (!invocation || !result || !code || !status) return undefined;
  return { place, invocation, result, code, status };
}

/** Reads the start of a plain file only: a pipe in its place would block the agent. */
async function readShort(path: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(largestBytes), 0, largestBytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
