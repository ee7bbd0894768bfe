import { ConsulAway, ConsulDenied } from "./consul.ts";
import { type HttpAnswer, NoAnswer } from "./http.ts";
import { describe } from "./problem.ts";

/** The problem of a request that got no usable answer. */
export function away(what: string, why: string, cause?: unknown): ConsulAway {
  return new ConsulAway({
    happened: `Consul did not ${what}: ${why}`,
    unchanged: "everything goes on as it was",
    next: "look at Consul with: consul members; consul operator raft list-peers",
    cause,
  });
}

export const statusOf = ({ status, body }: HttpAnswer) => `status ${status}: ${body.trim()}`;

/** An answer that is not usable, in Consul's own words. */
export class Refusal extends Error {
  /** Whether the answer means that nothing was written. */
  readonly isCertain: boolean;
  constructor(answer: HttpAnswer) {
    super(statusOf(answer));
    this.isCertain = answer.status === 429 || /No cluster leader/i.test(answer.body);
  }
}

/** Whether a transaction without a usable answer may have been applied. */
export function mayBeWritten(error: unknown): error is ConsulAway {
  if (!(error instanceof ConsulAway)) return false;
  const { cause } = error;
  if (cause instanceof NoAnswer) return cause.isSent;
  return !(cause instanceof Refusal && cause.isCertain);
}

/** The problem of a transaction that may have been applied, or not. */
export function doubtful(what: string, { cause, happened }: ConsulAway): ConsulAway {
  return new ConsulAway({
    happened: `Consul was asked to ${what}, and its answer was lost: ${cause ? describe(cause) : happened}`,
    unchanged: "all of it was written or nothing, nobody knows which",
    next: "look at it before you do it again: shoestring status",
    cause,
  });
}

/** The problem of a request that Consul's ACLs refused. */
export function denied(what: string, why: string): ConsulDenied {
  return new ConsulDenied({
    happened: `Consul refused to ${what}: ${why}`,
    unchanged: "nothing was read or written",
    next: "check the token and its policy with: consul acl token read -self",
  });
}
