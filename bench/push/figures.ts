/** One push, from the command to `done`, in seconds; announced, begun, rolling and done make the whole. */
export interface PushFigures {
  readonly seconds: number;
  /** Pack, upload, S3's event, the queue, the function: until the deploy stands in Consul. */
  readonly announcedSeconds: number;
  /** Until the first instance has seen it, downloaded and unpacked it, and has its turn. */
  readonly begunSeconds: number;
  /** While instances roll, which is what the floor is about, and from one to the next. */
  readonly rollingSeconds: number;
  /** From the last old process's end until the command knows that it is done. */
  readonly doneSeconds: number;
  /** Parts in which no instance rolls: overhead of what is around the roll. */
  readonly outsideSeconds: number;
  /** The whole without the floor: all overhead, in the rolls too. A release's build is not in either. */
  readonly beyondFloorSeconds: number;
}

/** When a deploy was announced, and when its instances rolled, in milliseconds. */
export interface Times {
  readonly announcedAt: number;
  readonly instances: readonly { readonly startedAt: number; readonly endedAt: number }[];
}

/**
 * @param from when the command began, @param to when it ended: milliseconds, as in `times`.
 * @param floorSeconds of all instances.
 */
export function figures(
  from: number,
  to: number,
  { announcedAt, instances }: Times,
  floorSeconds: number,
): PushFigures {
  const first = Math.min(...instances.map(({ startedAt }) => startedAt));
  const last = Math.max(...instances.map(({ endedAt }) => endedAt));
  const rolling = covered(instances);
  return {
    seconds: (to - from) / 1000,
    announcedSeconds: (announcedAt - from) / 1000,
    begunSeconds: (first - announcedAt) / 1000,
    rollingSeconds: (last - first) / 1000,
    doneSeconds: (to - last) / 1000,
    outsideSeconds: (to - from - rolling) / 1000,
    beyondFloorSeconds: (to - from - floorSeconds * 1000) / 1000,
  };
}

/** Milliseconds in which at least one of the spans lies. */
function covered(spans: Times["instances"]): number {
  let sum = 0;
  let until = 0;
  for (const { startedAt, endedAt } of [...spans].sort((a, b) => a.startedAt - b.startedAt)) {
    sum += Math.max(0, endedAt - Math.max(startedAt, until));
    until = Math.max(until, endedAt);
  }
  return sum;
}
