/** The one clock of an interleaving; it stands still between the steps. */
export class ModelClock {
  nowMs = 0;

  pass(ms: number): void {
    this.nowMs += ms;
  }

  date(): Date {
    return new Date(this.nowMs);
  }

  /** The time as text whose order is that of the times. */
  stamp(): string {
    return String(this.nowMs).padStart(12, "0");
  }
}
