import type { Consul } from "../../protocol/consul.ts";
import type { Log } from "../effects.ts";

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

/** A session of Consul that lives for as long as this agent renews it. */
export interface Session {
  readonly id: string;
  /** False when Consul has ended it. */
  renew(): Promise<boolean>;
  /** Renews it no more. */
  close(): void;
}

/**
 * Goes on with the former agent's session, or opens a new one.
 *
 * @throws ConsulAway, ConsulDenied.
 */
export async function openSession(request: SessionRequest): Promise<Session> {
  const { consul, log } = request;
  const id = await liveSession(request);
  const timer = setInterval(() => {
    consul
      .renewSession(id)
      .catch((error: unknown) => log("session.renew", { error: String(error) }));
  }, renewEveryMs);
  return { id, renew: () => consul.renewSession(id), close: () => clearInterval(timer) };
}

async function liveSession(request: SessionRequest): Promise<string> {
  const { consul, formerSession, remember, instance, service } = request;
  if (formerSession !== undefined && (await consul.renewSession(formerSession))) {
    return formerSession;
  }
  const id = await consul.createSession(`shoestring ${service} ${instance}`, ttlSeconds);
  await remember(id);
  return id;
}
