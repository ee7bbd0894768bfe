/** The longest value that is shown whole, in characters. */
const longest = 160;

/** What is a secret by its form, wherever it stands. */
const secretForms =
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|\bxox[abprs]-[\w-]+|\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\beyJ[\w-]{10,}\.eyJ[\w-]+\.[\w-]+|(?<=:\/\/[^\s/:@]{0,64}:)[^\s/@"]+(?=@)/g;

/** A value as a reader sees it: on one line, not endless, without what looks like a secret. */
export function shown(value: unknown): string {
  const text = withoutSecrets(typeof value === "string" ? value : JSON.stringify(value));
  const line = typeof value === "string" ? JSON.stringify(text) : text;
  if (line.length <= longest) return line;
  return `${line.slice(0, longest)}… (${line.length} characters)`;
}

/** A text of somebody else's, like Terraform's own words, without what looks like a secret. */
export const withoutSecrets = (text: string): string =>
  text.replaceAll(secretForms, "(looks like a secret)");
