import { backoff } from "../../lib/backoff.ts";
import { describe } from "../../lib/problem.ts";
import type { Clock, Log } from "./effects.ts";

/** Persists the token across restarts of the agent. */
export interface KeptToken {
  read(): Promise<string | undefined>;
  write(token: string): Promise<void>;
}

/** The agent's Consul token. */
export interface ConsulToken {
  /** The newest; undefined on an instance's very first start, while it is not known. */
  peek(): string | undefined;
  /** Waits for the first one. */
  known(): Promise<string>;
  /** Reports that Consul refused a token: it is read again, at most every few minutes. */
  refused(token: string): void;
}

export interface TokenSource {
  /** Like `ssm:/shoestring/staging/web/consul-token`. */
  readonly reference: string;
  readonly readSecret: (reference: string) => Promise<string>;
  readonly kept: KeptToken;
  /** Gets each token; the signal aborts when another one replaces it. */
  readonly changed: (token: string, replaced: AbortSignal) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

const retryWaits = { shortestMs: 2000, longestMs: 15_000 };
/** Shortest time between two reads: a refusal may have other reasons than a new token. */
const rereadMs = 180_000;

/**
 * The agent's Consul token. It is read once and kept (0600), so that a reboot does not depend on
 * the secret store. Where Consul refuses it, it is read again: it may have been replaced.
 */
export function consulToken(source: TokenSource): ConsulToken {
  const { kept, clock, log, random } = source;
  let token: string | undefined;
  let replaced = new AbortController();
  let rereadAt = Number.NEGATIVE_INFINITY;

  const use = (next: string) => {
    replaced.abort();
    replaced = new AbortController();
    token = next;
    source.changed(next, replaced.signal);
    return next;
  };
  const keep = (next: string) =>
    kept.write(next).catch((error) => log("token.unkept", { error: describe(error) }));
  const known = firstToken(source).then(async ({ value, isKept }) => {
    use(value);
    if (!isKept) void keep(value);
    return value;
  });

  const readAgain = async () => {
    try {
      const next = await readToken(source);
      if (next === token) return;
      log("token.replaced", { reference: source.reference });
      use(next);
      await keep(next);
    } catch (error) {
      log("token.wait", { reference: source.reference, error: describe(error) });
    }
  };

  return {
    peek: () => token,
    known: () => known,
    refused(refusedToken) {
      if (refusedToken !== token || clock.monotonicMs() < rereadAt) return;
      rereadAt = clock.monotonicMs() + rereadMs * (1 + random());
      void readAgain();
    },
  };
}

/** The kept token, or what the reference names, however long that takes. */
async function firstToken(
  source: TokenSource,
): Promise<{ readonly value: string; readonly isKept: boolean }> {
  const { reference, kept, clock, log, random } = source;
  const before = (await kept.read().catch(() => undefined))?.trim();
  if (before && isHeader(before)) return { value: before, isKept: true };
  const again = backoff(retryWaits, random);
  for (;;) {
    try {
      return { value: await readToken(source), isKept: false };
    } catch (error) {
      log("token.wait", { reference, error: describe(error) });
      await clock.sleep(again.nextMs());
    }
  }
}

/** Reads the token without the newline at its end that an editor or a shell adds. */
async function readToken({ reference, readSecret }: TokenSource): Promise<string> {
  const token = (await readSecret(reference)).trim();
  if (token === "") throw new Error("it is empty");
  if (!isHeader(token))
    throw new Error("it is no token: it has a space, a line break, or more than ASCII");
  return token;
}

/** Whether a header can carry the token. With another one no request goes out, to be refused. */
const isHeader = (token: string) => /^[\x21-\x7e]+$/.test(token);
