import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";

/**
 * One field of a secret that is JSON, as text: RDS writes `{"username":"app","port":5432,…}`.
 *
 * @throws Problem that names the reference and shows nothing of the secret, its fields included.
 */
export function fieldOf(reference: string, field: string, text: string): string {
  const object = objectOf(text);
  if (object === undefined) throw withoutField(reference, "the secret is no JSON object");
  if (!Object.hasOwn(object, field)) throw withoutField(reference, `it has no field "${field}"`);
  const value = object[field];
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  throw withoutField(reference, `its field "${field}" is neither text, a number nor true or false`);
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    parseJson(text); // first as it is: with its numbers quoted, some text is JSON that was none
    const value = parseJson(withNumbersAsText(text));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** JSON whose numbers are text, digit for digit: JavaScript's own would lose some of a long account number, or 1.0. */
const withNumbersAsText = (json: string) =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );

const withoutField = (reference: string, why: string) =>
  new Problem({
    happened: `the secret ${reference} cannot be used: ${why}`,
    unchanged: "every process keeps its environment",
    next: `name one of its fields: aws ${commandOf(reference)} | jq 'fromjson | keys'`,
  });

function commandOf(reference: string): string {
  const name = reference.slice(reference.indexOf(":") + 1, reference.indexOf("#"));
  return reference.startsWith("ssm:")
    ? `ssm get-parameter --with-decryption --name ${name} --query Parameter.Value`
    : `secretsmanager get-secret-value --secret-id ${name} --query SecretString`;
}
