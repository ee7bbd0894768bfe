import type { SeededRandom } from "../../lib/seeded-random.ts";
import { grade } from "../../modules/load-balancer/priority.ts";
import type { Cluster, ServiceSpec } from "../../modules/spec/cluster.ts";

/** Names that nginx or a shell could take for something of their own, and the longest. */
const names = [
  ...["http", "arg", "upstream", "cookie", "sent-http", "default", "server", "unix", "localhost"],
  ...["a", "a-connection", "a-watched", "map", "proxy", "x-", "-", "shared-hosts", "null"],
  "a-name-of-thirty-one-characters",
].filter((name) => /^[a-z][a-z0-9-]*$/.test(name));

/** Folders of plain names, and of names with what else may be in one. */
const staticFiles = [
  { "/assets": "public", "/a.b/c-d": { folder: "x/y.z", hashed: true as const } },
  { "/.well-known": ".output/public/_nuxt", "/@fs/..a": ".next/@org/b..c" },
  { "/-": "-", "/...": "@", "/@": "..." },
];

/** A cluster with services of every kind of host and path; the synth may refuse it. */
export function generateCluster(random: SeededRandom): Cluster {
  const hasDns = random.chance(0.2);
  const chosen = names.toSorted(() => random.next() - 0.5).slice(0, 2 + random.below(5));
  const [first = "web", ...others] = chosen;
  const services = Object.fromEntries(
    [first, ...others].map((name, i): [string, ServiceSpec] => {
      const hosts = some(random, 2, () => host(random));
      const paths = random.chance(0.6) ? some(random, 2, () => path(random)) : [];
      const own = i === 0 || random.chance(0.1);
      const spec = {
        instances: own ? { min: 1, max: 1 } : { sharedWith: first },
        ...(hasDns ? {} : { hosts }),
        ...(paths.length > 0 ? { paths } : {}),
        // In the order that the synth asks for, and within it any.
        ...(random.chance(0.9)
          ? { priority: 1 + 240 * grade({ hosts, paths }) + random.below(200) }
          : {}),
        ...(random.chance(0.3) ? { ping: pick(random, ["/up?a=b&c", "/~(x);y'z", "/%24"]) } : {}),
        ...(random.chance(0.2) ? { requestTimeoutSeconds: 20, maxBodyMib: 100 } : {}),
        ...(hasDns && random.chance(0.5)
          ? { protocol: pick(random, ["http2", "grpc"] as const) }
          : {}),
        ...(!hasDns && random.chance(0.3)
          ? { static: staticFiles[i % staticFiles.length] as (typeof staticFiles)[number] }
          : {}),
        ...(random.chance(0.3) ? { stickySeconds: 60 } : {}),
        ...(random.chance(0.3) ? { strategy: "in-place" as const } : {}),
        command: ["./run"],
        processes: 1 + random.below(3),
        basePort: 8700 + 300 * i,
      };
      return [name, spec];
    }),
  );
  return {
    name: "generated",
    cidr: "10.42.0.0/16",
    account: "111111111111",
    region: "eu-central-1",
    ...(hasDns ? { dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" } } : {}),
    services,
  };
}

/** Few domains, so that hosts meet; sometimes as long as the load balancer takes. */
function host(random: SeededRandom): string {
  const domain = pick(random, ["example.org", "Shop.example.org", "b.test"]);
  const longest = 128 - domain.length - 1;
  const long = `${"l".repeat(60)}.${"m".repeat(longest)}`.slice(0, longest - random.below(90));
  const front = pick(random, [
    "*",
    "www",
    "W?w",
    "a*b",
    "*.*",
    "**",
    "?",
    "a..b",
    "a-",
    long,
    "*.x",
  ]);
  return random.chance(0.1) ? `*${domain}` : `${front}.${domain}`;
}

const path = (random: SeededRandom): string =>
  pick(random, ["/", "/*", "*", "/api/*", "/API/*", "/a?i/*", "*.php", `/$_.~"'@:+&`, "/a/*/b?"]);

const pick = <T>(random: SeededRandom, all: readonly T[]): T => all[random.below(all.length)] as T;

const some = <T>(random: SeededRandom, most: number, make: () => T): T[] =>
  Array.from({ length: 1 + random.below(most) }, make);
