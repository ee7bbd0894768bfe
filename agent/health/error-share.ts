import type { Try } from "../core/effects.ts";

/** The tries of one environment in one second. */
interface Second {
  readonly at: number;
  readonly environmentId: string;
  tries: number;
  bad: number;
}

/** Seconds that a share covers: fewer make it jump, more hide errors that have just begun. */
const minute = 60;
/** Older seconds are not compared. */
const keptSeconds = 900;
/** Fewer bad tries are chance. */
const leastBad = 5;

export interface ErrorShare {
  /** @param served the environment that answered; undefined where it is not certain. */
  add(one: Try, served: string | undefined): void;
  /** Forgets the tries of an environment that begins to serve again, as in a rollback. */
  forget(environmentId: string): void;
  /**
   * Says why an environment answers worse than those before it; undefined while it does not, or
   * while there is nothing to compare it with.
   *
   * @param limit percentage points that it may be worse.
   */
  faultOf(environmentId: string, nowMs: number, limit: number): string | undefined;
}

/** Counts the bad tries of each environment, second by second. */
export function errorShare(): ErrorShare {
  let seconds: Second[] = [];

  /** Sums the last minute that has tries of the wanted environments. */
  const sum = (is: (environmentId: string) => boolean, until: number) => {
    const those = seconds.filter(({ environmentId }) => is(environmentId));
    const from = Math.min(until, Math.max(...those.map(({ at }) => at))) - minute;
    const last = those.filter(({ at }) => at > from);
    const count = (of: "tries" | "bad") => last.reduce((all, second) => all + second[of], 0);
    return { tries: count("tries"), bad: count("bad") };
  };
  return {
    add({ beganAtMs, isBad }, served) {
      if (served === undefined) return;
      const at = Math.floor(beganAtMs / 1000);
      let second = seconds.findLast((it) => it.at === at && it.environmentId === served);
      if (!second) {
        second = { at, environmentId: served, tries: 0, bad: 0 };
        seconds.push(second);
        seconds = seconds.filter((it) => it.at > at - keptSeconds);
      }
      second.tries += 1;
      second.bad += isBad ? 1 : 0;
    },
    forget(environmentId) {
      seconds = seconds.filter((it) => it.environmentId !== environmentId);
    },
    faultOf(environmentId, nowMs, limit) {
      const now = Math.floor(nowMs / 1000);
      seconds = seconds.filter((it) => it.environmentId !== environmentId || it.at >= now - minute);
      const its = sum((it) => it === environmentId, now);
      const others = sum((it) => it !== environmentId, now);
      if (its.bad < leastBad || others.tries === 0) return undefined;
      const [share, before] = [percent(its), percent(others)];
      if (share <= before + limit) return undefined;
      return `${its.bad} of ${its.tries} requests in a minute failed (${round(share)} %), of those before it ${round(before)} %; the limit is ${limit} percentage points more`;
    },
  };
}

const percent = ({ tries, bad }: { readonly tries: number; readonly bad: number }) =>
  (100 * bad) / tries;
const round = (share: number) => Math.round(share * 10) / 10;
