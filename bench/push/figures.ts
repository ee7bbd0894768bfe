import { coveredMs } from "../../lib/covered-ms.ts";

/** One push, from the command to `done`, in seconds; announced, begun, rolling and done make the whole. */
export interface PushFigures {
  readonly seconds: number;
  /** Pack, upload, S3's event, the queue, the function: until Consul has the deploy. */
  readonly announcedSeconds: number;
  /** Until the first instance has seen, downloaded and unpacked it, and has a slot. */
  readonly begunSeconds: number;
  /** The time in which instances roll, as for the floor, and between one roll and the next. */
  readonly rollingSeconds: number;
  /** From the last old process's end until the command knows that it is done. */
  readonly doneSeconds: number;
  /** The time in which no instance rolls: the overhead around the rolls. */
  readonly outsideSeconds: number;
  /** The whole without the floor: all overhead, also in the rolls. Neither includes a build. */
  readonly beyondFloorSeconds: number;
}

/** The times of a deploy's announcement and of its instances' rolls, in milliseconds. */
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
  const rolling = coveredMs(instances.map(({ startedAt, endedAt }) => [startedAt, endedAt]));
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
