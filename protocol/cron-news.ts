/** What people are told of a scheduled command although nobody asks. */
export interface CronNews {
  readonly service: string;
  readonly name: string;
  readonly what: "failed" | "left out" | "runs again";
  readonly scheduledFor: string;
  /** Who ran it, and with which release; absent for a time that was left out. */
  readonly instance?: string;
  readonly release?: string;
  /** Why it failed, or was left out. */
  readonly why?: string | undefined;
}
