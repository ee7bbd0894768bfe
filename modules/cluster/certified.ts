import type { Fault } from "../shared/fault.ts";
import type { Cluster } from "../spec/cluster.ts";
import { certifiedHosts, namedHosts } from "./hosts.ts";

/** Names that ACM puts into one certificate, unless AWS raised the quota of the account. */
const defaultNames = 10;
/** The longest first name of a certificate. */
const longestFirstName = 64;

/**
 * Hosts for which no certificate comes: ACM asks for a record in the zone, and an apply waits more
 * than an hour for it, or tries for twenty minutes to ask for too many names.
 */
export function uncertified(cluster: Cluster): Fault[] {
  const { name, dns } = cluster;
  if (dns === undefined) return [];
  const { domain, maxCertificateNames = defaultNames } = dns;
  const first = `*.${name}.${domain}`;
  const names = certifiedHosts(cluster);
  return [
    ...(isHost(domain) ? [] : [{ field: "dns.domain", value: domain, good: '"example.org"' }]),
    ...(first.length <= longestFirstName
      ? []
      : [
          {
            field: "dns.domain",
            value: domain,
            good: `at most ${longestFirstName} characters in "${first}", the certificate's first name: a shorter domain or cluster`,
          },
        ]),
    ...namedHosts(cluster)
      .filter(([, host]) => !isIn(domain, host.toLowerCase()))
      .map(([field, host]) => ({
        field,
        value: host,
        good: `a name in the zone, whose first part may be a whole "*", like "www.${domain}" or "*.shop.${domain}"`,
      })),
    ...(names.length <= maxCertificateNames
      ? []
      : [
          {
            field: "hosts of all services and apps",
            value: names,
            good: `at most ${maxCertificateNames} names in the certificate, like "*.shop.${domain}" for many; or dns.maxCertificateNames, where AWS raised ACM's quota`,
          },
        ]),
    ...(Number.isInteger(maxCertificateNames) &&
    maxCertificateNames >= 1 &&
    maxCertificateNames <= 100
      ? []
      : [
          {
            field: "dns.maxCertificateNames",
            value: maxCertificateNames,
            good: "a whole number from 1 to 100, as AWS gave it, like 25",
          },
        ]),
  ];
}

/** Hosts of one cluster that are in the zone of another: its own zone would not be asked. */
export function inOtherZone(one: Cluster, other: Cluster): string[] {
  const [outer, inner] = [one.dns, other.dns];
  if (!outer || !inner || outer.zoneId === inner.zoneId) return [];
  if (!inner.domain.endsWith(`.${outer.domain}`)) return [];
  return certifiedHosts(one).filter((host) => isIn(inner.domain, host));
}

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const isHost = (name: string) =>
  name.length <= 253 && new RegExp(`^${label}(\\.${label})+$`).test(name);

/** Route 53 and ACM take a wildcard for the whole first label, and nowhere else. */
const isIn = (domain: string, host: string) =>
  isHost(host.replace(/^\*\./, "any.")) && (host === domain || host.endsWith(`.${domain}`));
