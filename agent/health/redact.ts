import type { Environment } from "../core/effects.ts";

/** Shorter values are part of every text: `true`, a port, `5 s`. */
const shortestSecret = 6;

const hidden = "[redacted]";

/**
 * Removes every value of an environment from a text, and every part of one: a refused program
 * quotes the password of its URL, not the URL. Values of fewer than 6 characters stay.
 */
export function redact(text: string, environment: Environment): string {
  const parts = Object.values(environment).flatMap((value) => [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    ...value.split(/[^A-Za-z0-9_-]+/),
    ...value.split(/[\s:/@?&=,;"'{}[\]]+/),
  ]);
  const secrets = [...new Set(parts)]
    .filter((part) => part.length >= shortestSecret)
    // The longest first: a part of a value must not hide the rest of it.
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((safe, secret) => safe.replaceAll(secret, hidden), text);
}
