import type { Deploy } from "../../protocol/documents.ts";
import { sameDeploy } from "./decide.ts";

/** Holds the newest deploy that was read; older ones are forgotten. */
export interface LatestDeploy {
  put(deploy: Deploy): void;
  /** Waits for a deploy that was not taken yet, and takes it. */
  take(): Promise<Deploy>;
  /** Aborts when another deploy is put, or nothing is desired any more. */
  replaced(deploy: Deploy): AbortSignal;
  /** Lets a deploy that was taken, and is the newest, be taken again. */
  again(deploy: Deploy): void;
  /** From now on nothing is desired: the instance leaves. */
  end(): void;
}

export function latestDeploy(): LatestDeploy {
  let newest: Deploy | undefined;
  let taken = true;
  let replaced = new AbortController();
  let wake: (() => void) | undefined;
  let over = false;
  return {
    put(deploy) {
      if (over) return;
      if (newest && sameDeploy(newest, deploy)) return;
      replaced.abort();
      replaced = new AbortController();
      newest = deploy;
      taken = false;
      wake?.();
    },
    again(deploy) {
      if (over || !newest || !sameDeploy(newest, deploy)) return;
      taken = false;
      wake?.();
    },
    async take() {
      while (taken || !newest) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      taken = true;
      return newest;
    },
    replaced: (deploy) =>
      newest && sameDeploy(newest, deploy) ? replaced.signal : AbortSignal.abort(),
    end() {
      over = true;
      taken = true;
      replaced.abort();
    },
  };
}
