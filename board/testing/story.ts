import type { Deploy, ProcessReport } from "../../protocol/documents.ts";
import {
  aDeploy,
  aProcess,
  at,
  type Documents,
  deployed,
  good,
  hold,
  instance,
  past,
  rollout,
  steps,
} from "./documents.ts";

/** The time of the pictures, in seconds after the story's beginning. */
export const storyNow = 90_000;

/**
 * A cluster with one service in each of the states that people ask about: rolling, good, held after
 * a rollback, failed.
 */
export const story = (): Documents => ({ ...cart(), ...mail(), ...search(), ...site() });

/** Start times that vary by release, so that no two bars are alike. */
const boots = [4.1, 4.4, 3.9, 4.6, 4.2, 5.3, 4.4, 4.0, 4.8, 4.5, 4.3];

function cart(): Documents {
  const before = boots.map((boot, i) => {
    const revision = 131 + i;
    const deploy = aDeploy({
      service: "cart",
      sequence: 118 + i,
      revision,
      at: at(storyNow - (boots.length - i) * 6900),
      by: ["mara", "jon", "ines"][i % 3] as string,
      reason: ["totals with taxes", "gift cards", "smaller images"][i % 3] as string,
    });
    return i === 5 ? failed(deploy, 2, 4) : rolled(deploy, 2, 4, boot);
  });
  const previous = aDeploy({ service: "cart", sequence: 128, revision: 141 });
  const deploy = aDeploy({
    service: "cart",
    sequence: 129,
    revision: 142,
    at: at(storyNow - 19),
    by: "mara",
    reason: "checkout in two steps",
  });
  const now = (seconds: number) => ({ since: at(storyNow - seconds) });
  const old = (seconds: number, phase: ProcessReport["phase"] = "serving") =>
    aProcess(previous, { phase, ...now(seconds) });
  return Object.assign({}, ...before, good(previous), deployed(deploy), {
    ...rollout(deploy, { phase: "rolling", startedAt: at(storyNow - 18) }),
    ...instance(deploy, "cart-1", {
      phase: "done",
      startedAt: at(storyNow - 16),
      servedAt: at(storyNow - 6),
      endedAt: at(storyNow - 4),
      processes: byNumber([10, 6, 6, 5].map((seconds) => aProcess(deploy, now(seconds)))),
    }),
    ...instance(deploy, "cart-2", {
      phase: "rolling",
      startedAt: at(storyNow - 4),
      processes: byNumber([
        aProcess(deploy, now(1)),
        old(1, "probing"),
        old(1, "starting"),
        old(15),
      ]),
    }),
  });
}

function site(): Documents {
  const days = [9, 8, 6.5, 5, 3.2, 2.1, 0.9];
  const deploys = days.map((day, i) =>
    aDeploy({
      service: "site",
      sequence: 57 + i,
      revision: 61 + i,
      at: at(storyNow - day * 3600 * 8),
      by: ["ines", "olu"][i % 2] as string,
      reason: ["rate limits", "invoices as PDF"][i % 2] as string,
      ...(i === 4 ? { kind: "restart" } : {}),
    }),
  );
  const last = deploys.at(-1) as Deploy;
  return Object.assign(
    {},
    ...deploys.map((deploy, i) => rolled(deploy, 3, 4, 2.2 + (i % 3) * 0.3)),
    good(last),
    deployed(last),
  );
}

function mail(): Documents {
  const first = aDeploy({ service: "mail", sequence: 30, revision: 33, at: at(storyNow - 80_000) });
  const bad = aDeploy({
    service: "mail",
    sequence: 31,
    revision: 34,
    at: at(storyNow - 4300),
    by: "jon",
    reason: "templates in Portuguese",
  });
  const back: Deploy = {
    ...first,
    revision: 35,
    kind: "rollback",
    at: at(storyNow - 4250),
    by: "mail-1",
    reason: "mail-31 failed",
    newestSequence: 31,
  };
  return Object.assign(
    {},
    rolled(first, 1, 3, 1.6),
    failed(bad, 1, 3),
    rolled(back, 1, 3, 1.5),
    good(first),
    deployed(back),
    hold("mail", "mail-1", "mail-31 failed; mail-30 was rolled back to", at(storyNow - 4250)),
  );
}

function search(): Documents {
  const before = [0, 1, 2, 3].map((i) =>
    aDeploy({
      service: "search",
      sequence: 11 + i,
      revision: 11 + i,
      at: at(storyNow - 70_000 + i * 9000),
    }),
  );
  const bad = aDeploy({
    service: "search",
    sequence: 15,
    revision: 15,
    at: at(storyNow - 640),
    by: "olu",
    reason: "a new index",
  });
  return Object.assign(
    {},
    ...before.map((deploy, i) => rolled(deploy, 2, 2, 6 + i * 0.4)),
    good(before.at(-1) as Deploy),
    failed(bad, 2, 2, before.at(-1)),
    deployed(bad),
  );
}

const byNumber = (processes: readonly ProcessReport[]) =>
  Object.fromEntries(processes.map((process, i) => [String(i + 1), process]));

/** Seconds after the story's beginning. */
const secondsOf = (deploy: Deploy) => (Date.parse(deploy.at) - Date.parse(at(0))) / 1000;

/** A good rollout: each instance's first process alone, then the others at once. */
function rolled(deploy: Deploy, instances: number, processes: number, boot: number): Documents {
  let now = secondsOf(deploy) + 1.4;
  const documents: Documents[] = [past(deploy)];
  for (let i = 1; i <= instances; i += 1) {
    const begun = now;
    const roll = (from: number) =>
      steps(
        from,
        ["start", boot * 0.7],
        ["probe", boot * 0.3 + 0.4],
        ["open", 0.05],
        ["drain", 0.8],
        ["stop", 0.3],
      );
    const rollSeconds = boot + 1.55;
    const reports = Array.from({ length: processes }, (_, n) => {
      const from = n === 0 ? begun : begun + rollSeconds;
      return aProcess(deploy, { since: at(from + boot + 0.5), steps: roll(from) });
    });
    now = begun + 2 * rollSeconds + 0.3;
    documents.push(
      instance(deploy, `${deploy.service}-${i}`, {
        phase: "done",
        startedAt: at(begun),
        servedAt: at(now - 1.4),
        endedAt: at(now),
        processes: byNumber(reports),
        steps: [
          ...steps(secondsOf(deploy) + 0.1, ["prepare", 1.1]),
          ...steps(begun - 0.1, ["slot", 0.1]),
        ],
      }),
    );
  }
  documents.push(rollout(deploy, { phase: "done", endedAt: at(now + 0.2) }));
  return Object.assign({}, ...documents);
}

/** A rollout whose first process failed its probes: nothing else was touched. */
function failed(
  deploy: Deploy,
  instances: number,
  processes: number,
  previous: Deploy = aDeploy({
    service: deploy.service,
    sequence: deploy.release.sequence - 1,
    revision: deploy.revision - 1,
  }),
): Documents {
  const begun = secondsOf(deploy) + 1.4;
  const error = "process 1 never got well: after 12 s, GET /ping: it answered 500";
  const failing = aProcess(previous, {
    since: at(begun + 13),
    steps: steps(begun, ["start", 2], ["probe", 10], ["undo", 0.8]),
  });
  const others = Array.from({ length: processes - 1 }, () => aProcess(previous));
  return Object.assign(
    {},
    past(deploy),
    instance(deploy, `${deploy.service}-1`, {
      phase: "failed",
      startedAt: at(begun),
      endedAt: at(begun + 13),
      error,
      processes: byNumber([failing, ...others]),
      steps: steps(secondsOf(deploy) + 0.1, ["prepare", 1.2]),
    }),
    ...Array.from({ length: instances - 1 }, (_, i) =>
      instance(deploy, `${deploy.service}-${i + 2}`, {
        phase: "halted",
        processes: byNumber(Array.from({ length: processes }, () => aProcess(previous))),
      }),
    ),
    rollout(deploy, { phase: "failed", endedAt: at(begun + 13.2) }),
  );
}
