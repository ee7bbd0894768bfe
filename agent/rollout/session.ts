import type { Consul } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import type { Log } from "../core/effects.ts";

/** Consul ends the session of an agent that is silent for this long (at most twice as late). */
const ttlSeconds = 15;
const renewEveryMs = (ttlSeconds / 3) * 1000;

export interface SessionRequest {
  readonly consul: Consul;
  readonly log: Log;
  readonly service: string;
  readonly instance: string;
  /** The session of an agent that was killed on this instance: its slot is ours. */
  readonly formerSession?: string | undefined;
  /** Called with the session before it holds anything, so that a next agent knows it. */
  readonly remember: (session: string) => Promise<void>;
}

/**
 * A session of Consul that lives for as long as this agent renews it. Whoever opens one closes or
 * ends it in every path.
 */
export interface Session {
  readonly id: string;
  /** Renews it no more: who knows it may go on with it, or it ends by itself. */
  close(): void;
  /** Closes it and frees what it holds. Never rejects: what cannot be ended ends by itself. */
  end(): Promise<void>;
}

/**
 * Goes on with the former agent's session, or opens a new one.
 *
 * @throws ConsulAway, ConsulDenied; what `remember` throws.
 */
export async function openSession(request: SessionRequest): Promise<Session> {
  const { consul, log } = request;
  const id = await liveSession(request);
  const said = (error: unknown) => log("session.renew", { error: describe(error) });
  const close = () => clearInterval(timer);
  const timer = setInterval(() => {
    consul
      .renewSession(id)
      .then((isAlive) => isAlive || close())
      .catch(said);
  }, renewEveryMs);
  timer.unref(); // whoever renews a session lives for its own reasons
  return {
    id,
    close,
    async end() {
      close();
      await endSession(request, id);
    },
  };
}

/**
 * Does something with a new session of its own and ends it, unless it is kept.
 *
 * @param work says what came of it, and whether the session is still needed.
 * @throws what `openSession` and the work throw.
 */
export async function withSession<T>(
  request: SessionRequest,
  work: (session: Session) => Promise<{ readonly result: T; readonly keep: boolean }>,
): Promise<T> {
  const session = await openSession(request);
  let isKept = false;
  try {
    const { result, keep } = await work(session);
    isKept = keep;
    return result;
  } finally {
    if (!isKept) await session.end();
  }
}

async function liveSession(request: SessionRequest): Promise<string> {
  const { consul, formerSession, remember, instance, service } = request;
  if (formerSession !== undefined && (await consul.renewSession(formerSession))) {
    return formerSession;
  }
  const id = await consul.createSession(`shoestring ${service} ${instance}`, ttlSeconds);
  try {
    await remember(id);
  } catch (error) {
    await endSession(request, id);
    throw error;
  }
  return id;
}

const endSession = ({ consul, log }: SessionRequest, id: string): Promise<void> =>
  consul
    .destroySession(id)
    .catch((error: unknown) => log("session.end", { error: describe(error) }));
