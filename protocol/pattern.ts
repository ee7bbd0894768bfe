/**
 * Patterns of the load balancer as regular expressions that nginx, HAProxy and JavaScript read
 * alike: `*` matches any number of characters, `?` one.
 */

/** A pattern of hosts, in lower case. */
export const hostPattern = (pattern: string): string =>
  expression(pattern.toLowerCase(), "[a-z0-9.-]");

/** A pattern of paths, for a path without its query. */
export const pathPattern = (pattern: string): string => expression(pattern, "[^?]");

/** Everything but letters, digits and dashes is written as its code, which needs no quotes. */
const expression = (pattern: string, any: string) =>
  pattern.replaceAll(/[^A-Za-z0-9/-]/g, (character) => {
    if (character === "*") return `${any}*`;
    if (character === "?") return any;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
