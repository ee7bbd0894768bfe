/** The longest value that is shown whole, in characters. */
const longest = 160;

/** Texts that are secrets by their form, wherever they occur. */
const secretForms =
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|\bxox[abprs]-[\w-]+|\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\beyJ[\w-]{10,}\.eyJ[\w-]+\.[\w-]+|(?<=:\/\/[^\s/:@]{0,64}:)[^\s/@"]+(?=@)/g;

/** Renders a value for readers: one line of limited length, without what looks like a secret. */
export function renderValue(value: unknown): string {
  const text = withoutSecrets(typeof value === "string" ? value : JSON.stringify(value));
  const line = typeof value === "string" ? JSON.stringify(text) : text;
  if (line.length <= longest) return line;
  return `${line.slice(0, longest)}… (${line.length} characters)`;
}

/** An untrusted text, like Terraform's own errors, without what looks like a secret. */
export const withoutSecrets = (text: string): string =>
  text.replaceAll(secretForms, "(looks like a secret)");
