import type { SeededRandom } from "../../lib/seeded-random.ts";
import type {
  Cluster,
  ProcessKindSpec,
  ServiceSpec,
  UnitSpec,
} from "../../modules/spec/cluster.ts";
import { stopSignals } from "../../protocol/unit-settings.ts";

const pick = <T>(random: SeededRandom, all: readonly T[]): T => all[random.below(all.length)] as T;

/** Words that a unit, a shell or nginx could take for something of their own. */
const words = [
  "bin/run",
  "--port=$PORT",
  "%n",
  "a b",
  "a\"b'c",
  "\\x",
  "${HOME}",
  ";",
  "-",
  "ü",
  "@",
];

const command = (random: SeededRandom) => [
  ...["bin/run"],
  ...Array.from({ length: random.below(4) }, () => pick(random, words)),
];

/** Some of the fields, each with a value at will. */
function some<T extends object>(
  random: SeededRandom,
  chance: number,
  fields: { readonly [K in keyof T]: () => T[K] },
): Partial<T> {
  const chosen = Object.entries(fields).filter(() => random.chance(chance));
  return Object.fromEntries(
    chosen.map(([name, value]) => [name, (value as () => unknown)()]),
  ) as Partial<T>;
}

const unitSettings = (random: SeededRandom): UnitSpec =>
  some<Required<UnitSpec>>(random, 0.2, {
    stopSignal: () => pick(random, stopSignals),
    stopSignalTo: () => pick(random, ["all", "main"] as const),
    limits: () =>
      some<Required<NonNullable<UnitSpec["limits"]>>>(random, 0.5, {
        files: () => pick(random, [64, 4096, 524_288]),
        memoryMib: () => pick(random, [16, 512]),
        cpuPercent: () => pick(random, [1, 150, 800]),
        tasks: () => pick(random, [8, 1000]),
        oomPolicy: () => pick(random, ["stop", "continue"] as const),
      }),
    umask: () => pick(random, ["027", "0077", "002"]),
    timeZone: () => pick(random, ["UTC", "Europe/Berlin", "Etc/GMT+5", "America/Port-au-Prince"]),
  });

const times = (random: SeededRandom) =>
  some<Pick<Required<ProcessKindSpec>, "stopTimeoutSeconds" | "shutdownTimeoutSeconds">>(
    random,
    0.2,
    {
      stopTimeoutSeconds: () => pick(random, [1, 30, 90.5]),
      shutdownTimeoutSeconds: () => pick(random, [1, 300, 3600]),
    },
  );

function kind(random: SeededRandom, answers: boolean): ProcessKindSpec {
  const isSingleton = !answers && random.chance(0.3);
  return {
    count: isSingleton ? 1 : 1 + random.below(3),
    ...(random.chance(0.6) ? { command: command(random) } : {}),
    ...(answers ? { ping: pick(random, ["/", "/up?a=b&c", "/~(x);y'z"]) } : {}),
    ...(isSingleton ? { singleton: true as const } : {}),
    ...(!answers && random.chance(0.4) ? { ready: pick(random, ["notify", "file"] as const) } : {}),
    ...unitSettings(random),
    ...times(random),
  };
}

const kindNames = ["web", "worker", "clock", "a-1", "before", "cron", "main"];

function kinds(random: SeededRandom): Readonly<Record<string, ProcessKindSpec>> {
  const names = kindNames.toSorted(() => random.next() - 0.5).slice(0, 1 + random.below(3));
  const answering = random.chance(0.8) ? random.below(names.length) : -1;
  return Object.fromEntries(names.map((name, i) => [name, kind(random, i === answering)]));
}

const calendar = [
  "daily",
  "*:0/15",
  "Mon..Fri 08..18:0/15",
  "*-02-29 02:30:00",
  "Sun *-*-1..7 03:00",
];

const ofRequests = (random: SeededRandom) =>
  some<ServiceSpec>(random, 0.25, {
    requestTimeoutSeconds: () => pick(random, [1, 30]),
    maxBodyMib: () => pick(random, [1, 102_400]),
    stickySeconds: () => pick(random, [1, 604_800]),
    static: () =>
      pick(random, [{ "/assets": "public" }, { "/a.b/c": { folder: "x", hashed: true } }]),
    keepReleases: () => pick(random, [5, 50]),
    healthyCount: () => pick(random, [1, 100]),
  } as never);

/** A service with settings of every kind, which mostly go together. */
function service(random: SeededRandom): Omit<ServiceSpec, "instances"> {
  const processes = random.chance(0.5) ? kinds(random) : 1 + random.below(3);
  const answers =
    typeof processes === "number"
      ? random.chance(0.8)
      : Object.values(processes).some(({ ping }) => ping !== undefined);
  const before = { before: command(random) };
  return {
    ...unitSettings(random),
    ...times(random),
    command: command(random),
    processes,
    ...(answers ? ofRequests(random) : { http: "none" }),
    ...(answers && random.chance(0.2) ? { http: "internal" } : {}),
    ...(random.chance(0.3) ? before : {}),
    ...(random.chance(0.2) ? { ...before, beforeTimeoutSeconds: pick(random, [1, 600]) } : {}),
    ...some<ServiceSpec>(random, 0.25, {
      cron: () => ({
        [pick(random, ["nightly", "a-1", "before", "timer"])]: {
          ...{ command: command(random), at: pick(random, calendar) },
          ...(random.chance(0.5) ? { timeoutSeconds: pick(random, [1, 86_400]) } : {}),
        },
      }),
      state: () => ({ maxMib: pick(random, [1, 4096]) }),
      strategy: () => pick(random, ["overlap", "in-place"] as const),
      parallel: () => pick(random, ["auto", 1, 99] as const),
      maxUnavailable: () => pick(random, [1, "25%"] as const),
      // Nobody answers for it beside kinds.
      ping: () =>
        pick(random, [
          "/up?a=b&c",
          { path: "/", host: "localhost:1", headers: { "X-A": "{;}'#" } },
        ]),
    } as never),
  };
}

/** A cluster of three services on two groups of machines; the synth may refuse it. */
export function generateSettings(random: SeededRandom): Cluster {
  const hasDns = random.chance(0.5);
  const named = (name: string, instances: ServiceSpec["instances"], basePort: number) => {
    const spec = service(random);
    const isPublic = spec.http === undefined;
    const places = {
      ...(spec.http === "none" ? {} : { basePort }),
      ...(isPublic && !hasDns ? { hosts: [`${name}.test`] } : {}),
      ...(isPublic && hasDns && random.chance(0.3)
        ? { protocol: pick(random, ["http2", "grpc"] as const) }
        : {}),
    };
    return [name, { instances, ...spec, ...places }];
  };
  return {
    ...{ name: "generated", cidr: "10.42.0.0/16", account: "111111111111" },
    region: "eu-central-1",
    ...(hasDns ? { dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" } } : {}),
    services: Object.fromEntries([
      named("web", { min: 1, max: 2 }, 9000),
      named("a-1", { sharedWith: "web" }, 10_000),
      named("cron", { min: 1, max: 1 }, 11_000),
    ]),
  };
}
