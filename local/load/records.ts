/** The counts and times of one window of a load. Times in milliseconds. */
export interface Window {
  readonly requests: number;
  readonly lost: number;
  /** Never sent, because every client still waited for an answer when they were due. */
  readonly late: number;
  /** Lost requests by what went wrong. */
  readonly errors: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers by the release that gave them. */
  readonly releases: Readonly<Record<string, number>>;
}

/** Every request of a load, in arrays of numbers, so that a long one costs little memory. */
export function records(capacity: number) {
  const startedAt = new Float64Array(capacity);
  const latency = new Float32Array(capacity);
  const kind = new Uint16Array(capacity);
  const release = new Uint16Array(capacity);
  const kinds = ["ok"];
  const releases = [""];
  const lates: { readonly at: number; readonly requests: number }[] = [];
  let count = 0;
  let late = 0;
  const indexIn = (list: string[], name: string) => {
    const found = list.indexOf(name);
    return found === -1 ? list.push(name) - 1 : found;
  };
  return {
    count: () => count,
    lost: () => kind.subarray(0, count).reduce((sum, k) => sum + (k === 0 ? 0 : 1), 0),
    /** @param error undefined for a good answer. */
    add(at: number, ms: number, error: string | undefined, from: string) {
      if (count === capacity) return;
      startedAt[count] = at;
      latency[count] = ms;
      kind[count] = error === undefined ? 0 : indexIn(kinds, error);
      release[count] = indexIn(releases, from);
      count += 1;
    },
    /** Counts requests that were due at this moment and are not sent. */
    addLate(at: number, requests: number) {
      lates.push({ at, requests });
      late += requests;
    },
    late: () => late,
    /** The requests that began in [from, to), by the wall clock. */
    window(from: number, to: number): Window {
      const good: number[] = [];
      const errors: Record<string, number> = {};
      const byRelease: Record<string, number> = {};
      let requests = 0;
      for (let i = 0; i < count; i += 1) {
        const at = startedAt[i] as number;
        if (at < from || at >= to) continue;
        requests += 1;
        const error = kinds[kind[i] as number] as string;
        if (error === "ok") {
          good.push(latency[i] as number);
          const name = releases[release[i] as number] as string;
          byRelease[name] = (byRelease[name] ?? 0) + 1;
        } else {
          errors[error] = (errors[error] ?? 0) + 1;
        }
      }
      good.sort((a, b) => a - b);
      return {
        requests,
        lost: requests - good.length,
        late: lates
          .filter(({ at }) => at >= from && at < to)
          .reduce((sum, each) => sum + each.requests, 0),
        errors,
        p50Ms: percentile(good, 0.5),
        p99Ms: percentile(good, 0.99),
        releases: byRelease,
      };
    },
  };
}

/** The value below which this part of sorted values lies, by nearest rank; 0 without values. */
export function percentile(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] as number;
}
