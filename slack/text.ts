/** Slack's own marks; all else is text (a mention or a link begins with "<"). */
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Text that Slack shows unchanged: on one line, without marks, and at most this many characters.
 * Slack counts an escaped character as its escape sequence.
 */
export function plain(text: string, longest: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  let output = "";
  for (const character of line) {
    const escaped = entities[character] ?? character;
    if (output.length + escaped.length > longest - 1) return `${output}…`;
    output += escaped;
  }
  return output;
}

/** The same between backticks, to be copied or read letter by letter. */
export const code = (text: string, longest: number) =>
  `\`${plain(text.replaceAll("`", "'"), longest)}\``;

/**
 * A link; the address must not contain a character that ends one (`RepositoryUrl`, `SlackLink`).
 */
export const link = (url: string, label: string) =>
  `<${url.replaceAll("&", "&amp;")}|${plain(label, 80)}>`;

/** "31 s", "2 min 5 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
