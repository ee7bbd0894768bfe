/** Thrown for text that is not JSON. It quotes nothing of the text, which may be a secret. */
export class NotJson extends Error {
  override readonly name: string = "NotJson";

  constructor() {
    super("it is not JSON");
  }
}

/**
 * The only place that calls JSON.parse (json.test.ts): V8's SyntaxError quotes what it cannot read,
 * and messages of errors go into reports, logs and Slack.
 *
 * @throws NotJson
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson();
  }
}
