import { parseSecretReference } from "../../protocol/secret-reference.ts";

/**
 * Whether a variable looks like a secret, by its name or its value. The guess is strict: a value
 * that is refused wrongly can still go to SSM. It does not recognise a secret that looks like a
 * word.
 */
export function looksSecret(name: string, value: string): boolean {
  if (parseSecretReference(value)) return false;
  return (
    (secretName.test(name) && !harmless.test(value)) ||
    knownForms.some((form) => form.test(value)) ||
    value
      .replaceAll(identifiers, " ")
      .split(/[\s,;"'&?.:@]+/)
      .some(isRandom)
  );
}

/** What such a name ends with: some words also without a "_" in front of them, as in PGPASSWORD. */
const secretName =
  /((^|_)(PASS|PWD|SECRETS?|TOKEN|CREDENTIALS?|((API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|SESSION|MASTER)_?KEY(_BASE)?))|PASSW(OR)?D|PASSPHRASE)$/i;

/** `VERIFY_TOKEN=true` and `MAX_TOKEN=300` are settings, not tokens. */
const harmless = /^(true|false|on|off|yes|no|\d{1,6})?$/i;

const knownForms = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\b(gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|[rs]k_live_|sk-|npm_|AIza|SG\.)[\w.-]{16}/,
  // A JSON web token.
  /\beyJ[\w-]+\.eyJ[\w-]+\./,
  // A URL with a password.
  /:\/\/[^\s/:@]*:[^\s/@]+@/,
];

/** UUIDs and AWS's resource ids: random, but names. */
const identifiers =
  /\b([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+(-[a-z]+)?-[0-9a-f]{17})\b/g;

/**
 * In random text the kind of character changes at about every second place; in words, names and
 * paths it seldom does.
 */
function isRandom(word: string): boolean {
  const kinds = [...word.replaceAll(/[^A-Za-z0-9]/g, "")].map((c) =>
    /\d/.test(c) ? "digit" : /[A-Z]/.test(c) ? "upper" : "lower",
  );
  const changes = kinds.filter((kind, i) => i > 0 && kind !== kinds[i - 1]).length;
  const digits = kinds.filter((kind) => kind === "digit").length;
  return kinds.length >= 24 && digits >= 2 && changes >= 0.35 * kinds.length;
}
