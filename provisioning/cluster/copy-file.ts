/** What a copy of a cluster's file says differently. */
export interface Copy {
  readonly name: string;
  readonly cidr: string;
}

/**
 * Copies the text of a cluster's file with another name and network: its constant, and every text
 * that is exactly one of the two former ones.
 */
export function copyText(text: string, from: Copy, to: Copy): string {
  const constant = (name: string) =>
    name.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return text
    .replace(/export const \w+/, `export const ${constant(to.name)}`)
    .replaceAll(`"${from.name}"`, `"${to.name}"`)
    .replaceAll(`"${from.cidr}"`, `"${to.cidr}"`);
}
