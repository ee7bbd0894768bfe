/** A message for Slack: blocks, and the text of notifications and screen readers. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

export type SlackBlock =
  | { readonly type: "section"; readonly text: Mrkdwn }
  | { readonly type: "context"; readonly elements: readonly Mrkdwn[] };

interface Mrkdwn {
  readonly type: "mrkdwn";
  readonly text: string;
  /** Stops Slack from making links or mentions of text that merely looks like one. */
  readonly verbatim: true;
}

/** Slack refuses a section with a longer text. */
export const longestSection = 3000;

/** A message's parts in their order; undefined and empty parts are left out. */
export interface Parts {
  /** An emoji's name, like "x". */
  readonly icon: string;
  /** The subject and its state: the only part that a notification shows. */
  readonly title: string;
  /** The author, the reason and the change. */
  readonly about: readonly string[];
  /** One line for each instance, of equal widths. */
  readonly bars?: readonly string[];
  /** The errors. */
  readonly faults?: readonly string[];
  /** Figures and links. */
  readonly notes?: readonly string[];
}

/** Lays out every state of a message in the same way, so that it moves as little as possible. */
export function layout({ icon, title, about, bars = [], faults = [], notes = [] }: Parts) {
  const blocks = [
    section(`:${icon}: *${title}*`),
    context(about),
    section(bars.length === 0 ? "" : `\`\`\`${fitting(bars, longestSection - 6)}\`\`\``),
    section(fitting(faults, longestSection)),
    context(notes),
  ];
  return { text: title, blocks: blocks.filter((block) => block !== undefined) };
}

function section(text: string): SlackBlock | undefined {
  return text === "" ? undefined : { type: "section", text: mrkdwn(text) };
}

function context(lines: readonly string[]): SlackBlock | undefined {
  const text = lines.filter((line) => line !== "").join(" · ");
  return text === "" ? undefined : { type: "context", elements: [mrkdwn(text)] };
}

const mrkdwn = (text: string): Mrkdwn => ({ type: "mrkdwn", text, verbatim: true });

/** As many whole lines as fit: half a line could end inside a mark. */
function fitting(lines: readonly string[], longest: number): string {
  let text = "";
  for (const line of lines) {
    const next = text === "" ? line : `${text}\n${line}`;
    if (next.length > longest) break;
    text = next;
  }
  return text;
}
