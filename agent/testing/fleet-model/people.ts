import { nextDeploy } from "../../../protocol/deploys.ts";
import { aDeploy } from "../builders.ts";
import type { ModelContext } from "./model-context.ts";
import type { ModelInstance } from "./model-instance.ts";

/** Builds of one interleaving. */
const mostRequests = 3;

interface PeopleContext extends ModelContext {
  readonly bad: Map<string, ReadonlySet<string>>;
  readonly instances: readonly ModelInstance[];
}

/** Workflows that announce builds, and people who lift holds. */
export class People {
  readonly #fleet: PeopleContext;
  /** An upload whose deploy and hold were read, and whose deploy is not written yet. */
  #upload: { readonly over: number; readonly isRefused: boolean } | undefined;

  constructor(fleet: PeopleContext) {
    this.#fleet = fleet;
  }

  liftHold(): void {
    const { consul, invariants } = this.#fleet;
    consul.isHeld = false;
    invariants.holdLifted();
  }

  /**
   * An upload: the current deploy and the hold are read, and some time later its deploy is written.
   */
  announce(): void {
    const { by, consul, invariants, random } = this.#fleet;
    if (invariants.requests >= mostRequests) return;
    this.#upload ??= { over: consul.deployIndex, isRefused: consul.isHeld && by.refusesHeld };
    if (random.people.chance(0.2)) return;
    const { over, isRefused } = this.#upload;
    this.#upload = undefined;
    if (isRefused || (by.comparesDeploy && over !== consul.deployIndex)) return;
    invariants.checkAnnounced();
    this.#writeDeploy();
  }

  /** What was read is worth nothing after a restored snapshot. */
  abandonUpload(): void {
    this.#upload = undefined;
  }

  #writeDeploy(): void {
    const { consul, clock, bad } = this.#fleet;
    const { deploy: current } = consul;
    const { release } = aDeploy((current?.newestSequence ?? 0) + 1);
    bad.set(release.id, this.#someInstances());
    const desired = { service: "web", kind: "release", release, reason: "", by: "" } as const;
    consul.announce(nextDeploy(current, desired, clock.date()));
  }

  /** Nobody, everybody or one: the instances on which a release fails. */
  #someInstances(): ReadonlySet<string> {
    const { instances, random } = this.#fleet;
    const one = `web-${1 + random.order.below(instances.length)}`;
    const kinds = [[], instances.map((it) => it.name), [one]];
    return new Set(kinds[random.order.below(kinds.length)]);
  }
}
