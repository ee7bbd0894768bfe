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
  /** The session of an agent that was killed on this instance; its slot passes to this agent. */
  readonly formerSession?: string | undefined;
  /** Called with the session before it holds anything, so that the agent's next run knows it. */
  readonly remember: (session: string) => Promise<void>;
}

/**
 * A Consul session that this agent renews. The code that opens one closes or ends it in every path.
 */
export interface Session {
  readonly id: string;
  /** Stops renewing it: the agent's next run may go on with it, or it expires. */
  close(): void;
  /** Closes it and frees its locks. Never rejects: a session that cannot be ended expires. */
  end(): Promise<void>;
}

/**
 * Goes on with the former agent's session, or opens a new one.
 *
 * @throws ConsulAway, ConsulDenied; any error of `remember`.
 */
export async function openSession(request: SessionRequest): Promise<Session> {
  const { consul, log } = request;
  const id = await liveSession(request);
  const logError = (error: unknown) => log("session.renew", { error: describe(error) });
  const close = () => clearInterval(timer);
  const timer = setInterval(() => {
    consul
      .renewSession(id)
      .then((isAlive) => isAlive || close())
      .catch(logError);
  }, renewEveryMs);
  timer.unref(); // the timer alone does not keep the process alive
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
 * Runs the work with a new session and ends the session, unless it is kept.
 *
 * @param work returns its result, and whether the session is still needed.
 * @throws any error of `openSession` and the work.
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
