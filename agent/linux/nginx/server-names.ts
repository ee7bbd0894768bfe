import { hostPattern } from "../../../protocol/pattern.ts";

/** Hosts of the load balancer in nginx's words, of which it has fewer: the others are expressions. */
export const serverNames = (hosts: readonly string[]): readonly string[] => [
  ...new Set(hosts.map((host) => serverName(host.toLowerCase()))),
];

const labels = "[a-z0-9-]+(\\.[a-z0-9-]+)*";
const plain = new RegExp(`^(\\*\\.)?${labels}$`);

const serverName = (host: string) => (plain.test(host) ? host : `"~^${hostPattern(host)}$"`);
