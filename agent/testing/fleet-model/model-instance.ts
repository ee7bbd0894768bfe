import type { Deploy } from "../../../protocol/documents.ts";
import { processes } from "./model-service.ts";

/** An instance's machine, with its agent's disk: what outlives the agent. */
export class ModelInstance {
  readonly name: string;
  /** The release of each process; undefined before it served any. */
  readonly serving: (string | undefined)[];
  isRegistered = true;
  isAlive = true;
  isHealthy = true;
  isDrained = false;
  /** Until then a process may be out, even if its agent is gone. */
  busyUntilMs = 0;

  // On disk:
  deploy: Deploy | undefined;
  ended: "done" | "failed" | "halted" | undefined;
  /** The revision in whose middle it came. */
  lateJoiner: number | undefined;
  /** A process restarted by itself after the roll was done, and this is not yet reported. */
  hasFault = false;
  /**
   * The good deploy when it began; a deploy that becomes good a moment later is too late for it.
   */
  goodAtBegin: Deploy | undefined;
  session: number | undefined;

  constructor(name: string, serving: string | undefined) {
    this.name = name;
    this.serving = Array<string | undefined>(processes).fill(serving);
  }

  /** @param good the good deploy as the agent read it. */
  begin(deploy: Deploy, good: Deploy | undefined): void {
    this.ended = undefined;
    this.hasFault = false;
    if (this.lateJoiner !== deploy.revision) this.lateJoiner = undefined;
    this.deploy = deploy;
    this.goodAtBegin = good;
  }

  /** The deploy of its roll, once it began one. */
  get rollsTo(): Deploy {
    return this.deploy as Deploy;
  }

  servesNothing(): boolean {
    return this.serving.every((it) => it === undefined);
  }

  /** Index of the first process that does not serve the deploy's release; -1 if all do. */
  nextProcess(): number {
    const target = this.deploy?.release.id;
    return this.serving.findIndex((it) => it !== target);
  }
}
