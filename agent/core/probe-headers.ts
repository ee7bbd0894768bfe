import type { ServiceFile } from "../../protocol/service-file.ts";

/**
 * Headers of a probe: those of a request that came through the load balancer, so that a framework
 * that refuses foreign hosts or plain HTTP does not refuse its probes, and those that `ping` names.
 * The agent sends them itself, and nginx sends them in place of those of the load balancer's health
 * check.
 */
export function probeHeaders({
  hosts,
  plainHttp,
  probe = {},
}: Pick<ServiceFile, "hosts" | "plainHttp" | "probe">): Readonly<Record<string, string>> {
  const { host = probeHost(hosts), headers = {} } = probe;
  const own = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const ofRequests = Object.entries({
    Host: host,
    "User-Agent": "Shoestring-Health-Check/1",
    Accept: "*/*",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": plainHttp ? "http" : "https",
    "X-Forwarded-Port": plainHttp ? "80" : "443",
    Connection: "close",
  });
  const others = ofRequests.filter(([name]) => !own.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...headers };
}

/** The first full host; where all have wildcards, a host that the first one covers. */
function probeHost(hosts: readonly string[]): string {
  const [first = "localhost"] = hosts;
  const full = hosts.find((host) => !/[*?]/.test(host));
  return (full ?? first.replaceAll("*", "probe").replaceAll("?", "p")).toLowerCase();
}
