/**
 * The faults at an effect of the agent: it fails, or the agent dies; before the effect, in the
 * middle of it, or after it. For an effect without a middle, the middle is after it.
 */
export const failures = ["fail", "fail during", "fail after"] as const;
export const deaths = ["die", "die during", "die after"] as const;
export type FaultKind = (typeof failures | typeof deaths)[number];

/** The fault at one effect; undefined if it succeeds. */
export type Fault = (effect: number, name: string) => FaultKind | undefined;

/** Every effect of the agent passes here: it may fail, or be the agent's last. */
export class Effects {
  /** How many so far. */
  count = 0;
  /** How many so far have a middle. */
  middles = 0;
  readonly #check: (after: string) => void;
  #fault: Fault = () => undefined;
  #isDead = false;
  /** Counts agents: a call of a former one is never answered. */
  #agents = 0;

  /** @param check called after every change. */
  constructor(check: (after: string) => void) {
    this.#check = check;
  }

  /** Whether the agent was killed at an effect. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Counts from 0 again. */
  inject(fault: Fault): void {
    this.count = 0;
    this.middles = 0;
    this.#fault = fault;
  }

  /** A new agent, without faults. */
  revive(): void {
    this.#isDead = false;
    this.#agents += 1;
    this.#fault = () => undefined;
  }

  /** @param end the part after the middle, for an effect that has one. */
  async run<T>(
    name: string,
    act: () => T | Promise<T>,
    end?: () => void | Promise<void>,
  ): Promise<T> {
    if (this.#isDead) return never;
    const agent = this.#agents;
    const fault = this.#fault(this.count, name);
    this.count += 1;
    const fail = (when: FaultKind, how: string) => {
      if (fault === when) throw new Error(`${name} failed${how}`);
    };
    const isGone = (when?: FaultKind) => {
      if (fault === when && when !== undefined) this.#isDead = true;
      return this.#isDead || agent !== this.#agents;
    };
    fail("fail", "");
    if (isGone("die")) return never;
    const result = await act();
    this.#check(name);
    if (end) {
      this.middles += 1;
      fail("fail during", " in the middle");
      if (isGone("die during")) return never;
      await end();
      if (isGone()) return never;
      this.#check(name);
    }
    fail("fail during", " after it was done");
    fail("fail after", " after it was done");
    return isGone("die during") || isGone("die after") ? never : result;
  }
}

const never = new Promise<never>(() => {});
