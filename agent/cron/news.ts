import type { CronNews } from "../../protocol/cron-news.ts";
import type { CronRun, CronState } from "../../protocol/documents.ts";

const hourMs = 3_600_000;
/** Shorter than a day: a nightly command that fails each night is told each morning. */
const remindMs = 20 * hourMs;

type Told = NonNullable<CronState["told"]>;

/** News of a scheduled command, and what its document says then of what was told. */
export interface Change {
  readonly news: Omit<CronNews, "service" | "name">;
  readonly told: Told;
}

/**
 * What people are told of a change of a scheduled command's document: its first failure and that it
 * runs again, each at most once an hour, and failures and times that are left out once a day while
 * they last. A command that fails each minute makes no message each minute.
 */
export function newsOf(before: CronState, after: CronState, now: Date): Change | undefined {
  const told = after.told ?? {};
  const at = now.toISOString();
  const agoMs = (time: string | undefined) =>
    time === undefined ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(time);
  const { failedAt, againAt = "", leftOutAt } = told;
  const isFailing = failedAt !== undefined && failedAt > againAt;

  const { failure, misfire, run } = after;
  if (failure && failure.endedAt !== before.failure?.endedAt) {
    if (agoMs(failedAt) < (isFailing ? remindMs : hourMs)) return undefined;
    const news = { what: "failed", ...aboutOf(failure), why: failure.error } as const;
    return { news, told: { ...told, failedAt: at } };
  }
  if (run?.phase === "done" && before.run?.phase === "running" && isFailing)
    return { news: { what: "runs again", ...aboutOf(run) }, told: { ...told, againAt: at } };
  if (misfire && misfire.scheduledFor !== before.misfire?.scheduledFor) {
    if (agoMs(leftOutAt) < remindMs) return undefined;
    return { news: { what: "left out", ...misfire }, told: { ...told, leftOutAt: at } };
  }
  return undefined;
}

const aboutOf = ({ scheduledFor, instance, release }: CronRun) => ({
  ...{ scheduledFor, instance, release },
});
