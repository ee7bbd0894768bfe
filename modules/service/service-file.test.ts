import { expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import type { ofRequests } from "./http-faults.ts";
import { lifecycleOf } from "./lifecycle.ts";
import { serviceFile } from "./service-file.ts";

/** A cluster with one service `api` that sets only the required fields. */
const clusterWith = (spec: Partial<ServiceSpec> = {}, name = "api"): Cluster => ({
  name: "staging",
  cidr: "10.42.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  services: { [name]: { instances: { min: 1, max: 2 }, command: ["./run"], ...spec } },
});

test("a service with only the required fields gets the documented defaults", () => {
  expect(serviceFile(clusterWith(), "api")).toEqual({
    schema: 2,
    service: "api",
    cluster: "staging",
    hosts: ["api.staging.example.org"],
    command: ["./run"],
    user: "app-api",
    processes: 4,
    basePort: 8000,
    ping: "/ping",
    strategy: "overlap",
    parallel: "auto",
    bootAhead: true,
    healthyCount: 3,
    minHealthyTimeSeconds: 2,
    startTimeoutSeconds: 60,
    drainTimeoutSeconds: 30,
    stopTimeoutSeconds: 30,
    maxUnavailable: 1,
    minHealthy: "50%",
    canary: 1,
    bakeSeconds: 10,
    watchSeconds: 60,
    maxErrorShare: 5,
    maxFailures: 0,
    autoRollback: true,
    progressDeadlineSeconds: 600,
    keepReleases: 5,
  });
});

/** Two services on the machines of `api`. */
const sharing = (api: Partial<ServiceSpec>, other: Partial<ServiceSpec>): Cluster => ({
  ...clusterWith(),
  services: {
    api: { instances: { min: 1, max: 2 }, command: ["./run"], ...api },
    other: { instances: { sharedWith: "api" }, command: ["./run"], basePort: 9000, ...other },
  },
});

test("services of one machine with a common host say their rules, in the load balancer's order", () => {
  const cluster = sharing(
    { hosts: ["*.example.org"] },
    { hosts: ["WWW.example.org"], paths: ["/api/*"], priority: 7 },
  );
  const [api, other] = ["api", "other"].map((name) => serviceFile(cluster, name).rule);
  expect(other).toEqual({ priority: 7, paths: ["/api/*"] });
  expect(api?.paths).toEqual([]);
  expect(api?.priority).toBeGreaterThan(999);
});

test("services whose hosts do not meet on a machine say no rule", () => {
  const paths = { hosts: ["www.example.org"], paths: ["/api/*"] };
  const apart = sharing({ hosts: ["api.example.org"] }, paths);
  expect(serviceFile(apart, "other")).not.toHaveProperty("rule");
  const { services, ...cluster } = sharing({ hosts: ["www.example.org"] }, paths);
  const own = { ...services.other, instances: { min: 1, max: 2 } } as ServiceSpec;
  const onOwnMachines = { ...cluster, services: { ...services, other: own } };
  expect(serviceFile(onOwnMachines, "other")).not.toHaveProperty("rule");
});

test("settings of requests are written where they are used, within bounds", () => {
  const settings = { requestTimeoutSeconds: 30, maxBodyMib: 100, stickySeconds: 86_400 };
  expect(serviceFile(clusterWith(settings), "api")).toMatchObject(settings);
  for (const name of Object.keys(settings)) {
    expect(serviceFile(clusterWith(), "api")).not.toHaveProperty(name);
    expect(() => serviceFile(clusterWith({ [name]: 0 }), "api")).toThrow(`${name} is 0; good: `);
  }
});

test("a service with gRPC is asked for its health check, behind TLS and at a host of its own", () => {
  const grpc = { protocol: "grpc" } as const;
  const ping = "/grpc.health.v1.Health/Check";
  expect(serviceFile(clusterWith(grpc), "api")).toMatchObject({ ...grpc, ping });
  expect(serviceFile(clusterWith({ ...grpc, ping: "/shop.Cart/Ping" }), "api").ping).toContain(
    "Cart",
  );
  expect(serviceFile(clusterWith({ protocol: "http1" }), "api")).not.toHaveProperty("protocol");
  const { dns, ...withoutDns } = clusterWith({ ...grpc, hosts: ["api.example.org"] });
  expect(() => serviceFile(withoutDns, "api")).toThrow(
    'protocol is "grpc"; good: "http1" behind a load balancer without TLS',
  );
  const hosts = ["www.example.org"];
  const shared = sharing({ hosts }, { ...grpc, hosts, paths: ["/api/*"] });
  expect(() => serviceFile(shared, "other")).toThrow("or a host that no service of its machines");
});

test("folders of static files are written with what is known of their files", () => {
  const assets = { folder: "public/assets", hashed: true };
  const spec = { "/assets": assets, "/icons": "public/icons" };
  expect(serviceFile(clusterWith({ static: spec }), "api").static).toEqual({
    "/assets": assets,
    "/icons": { folder: "public/icons" },
  });
  expect(serviceFile(clusterWith(), "api")).not.toHaveProperty("static");
  for (const wrong of [
    { assets: "public" },
    { "/a b": "public" },
    { "/a": "../b" },
    { "/": "b" },
  ]) {
    const refused = () => serviceFile(clusterWith({ static: wrong }), "api");
    expect(refused).toThrow('good: { "/assets": "public/assets" }');
  }
});

test.each([
  [{ "/_next/static": ".next/static" }],
  [{ "/_nuxt": ".output/public/_nuxt" }],
  [{ "/.well-known": ".well-known" }],
  [{ "/@fs/a@2": "node_modules/@org/a..b/..c" }],
])("static files may have names with a dot in front and an at sign: %j", (spec) => {
  const [[path = "", folder] = []] = Object.entries(spec);
  expect(serviceFile(clusterWith({ static: spec }), "api").static).toEqual({ [path]: { folder } });
});

test.each([
  ...["..", ".", "a/..", "../a", "a/./b", "a/../b", "/a", "a/", "a//b", "a\n"],
  ...["$a", "a;b", "a{b", 'a"b', "a b", "a\\b", "a#b", "a'b", "a:b", "a=b"],
])(
  "static files outside the release, or with a word of nginx in their name, are refused: %j",
  (name) => {
    for (const wrong of [{ "/a": name }, { [`/${name}`]: "a" }]) {
      const refused = () => serviceFile(clusterWith({ static: wrong }), "api");
      expect(refused).toThrow('good: { "/assets": "public/assets" }');
    }
  },
);

test("plain HTTP is said where the cluster has no dns, and nothing where it has", () => {
  const cluster = clusterWith({ hosts: ["api.example.org"] });
  const { dns, ...withoutDns } = cluster;
  expect(serviceFile(withoutDns, "api")).toHaveProperty("plainHttp", true);
  expect(serviceFile(cluster, "api")).not.toHaveProperty("plainHttp");
});

test("the local cluster's service is valid and keeps the values of its file", () => {
  expect(serviceFile(local, "web")).toMatchObject({
    hosts: ["web.local"],
    processes: 4,
    minHealthyTimeSeconds: 0.5,
  });
});

test("all problems are reported at once, each with the field, the value and a good one", () => {
  const wrong = clusterWith({ processes: 0, ping: "ping", basePort: 80, keepReleases: 1 });
  const refused = () => serviceFile(wrong, "api");
  expect(refused).toThrow("processes is 0; good: a whole number from 1 to 99, like 4");
  expect(refused).toThrow('ping is "ping"; good: "/ping"');
  const variable = () => serviceFile(clusterWith({ ping: "/up$x" }), "api");
  expect(variable).toThrow('ping is "/up$x"; good: "/ping"');
  expect(refused).toThrow("basePort is 80; good: a whole number from 1024 to 65000, like 8000");
  expect(refused).toThrow("keepReleases is 1; good: a whole number from 2, like 5");
});

test("minHealthyTimeSeconds must be less than startTimeoutSeconds", () => {
  const wrong = clusterWith({ minHealthyTimeSeconds: 9, startTimeoutSeconds: 5 });
  expect(() => serviceFile(wrong, "api")).toThrow(
    "startTimeoutSeconds is 5; good: more than minHealthyTimeSeconds (9)",
  );
});

test("progressDeadlineSeconds must exceed the waits that a rollout may contain", () => {
  const wrong = clusterWith({ drainTimeoutSeconds: 600 });
  expect(() => serviceFile(wrong, "api")).toThrow(
    "progressDeadlineSeconds is 600; good: more than 800: bakeSeconds and the timeouts",
  );
});

test("from shutdownTimeoutSeconds follow the drain, the stop and a deadline that suffices", () => {
  const file = serviceFile(clusterWith({ shutdownTimeoutSeconds: 300 }), "api");
  expect(file).toMatchObject({
    drainTimeoutSeconds: 300,
    stopTimeoutSeconds: 300,
    progressDeadlineSeconds: 300 + 2 * 300 + 2 * 60 + 10 + 10 + 60,
  });
  expect(file).not.toHaveProperty("shutdownTimeoutSeconds");
  expect(lifecycleOf([file]).leaveSeconds).toBe(300 + 300 + 60);
});

test("the hooks' times are whole seconds, which is all that Auto Scaling takes", () => {
  const file = serviceFile(clusterWith({ processes: 7, startTimeoutSeconds: 60.1 }), "api");
  const slow = { ...file, drainTimeoutSeconds: 0.5, stopTimeoutSeconds: 30.2 };
  expect(lifecycleOf([slow])).toMatchObject({ launchSeconds: 661, leaveSeconds: 91 });
});

test("the hook of an instance whose drain and stop take longer has the most that Auto Scaling allows", () => {
  const file = serviceFile(clusterWith({ shutdownTimeoutSeconds: 3600 }), "api");
  expect(lifecycleOf([file]).leaveSeconds).toBe(7200); // the agent sends heartbeats
});

test.each([
  ["a step before a release", { before: ["bin/migrate"], beforeTimeoutSeconds: 500 }],
  ["a command", { cron: { nightly: { command: ["it"], at: "daily", timeoutSeconds: 500 } } }],
])("an instance that leaves has the time that %s may take, and its stop", (_, fields) => {
  const short = { drainTimeoutSeconds: 10, stopTimeoutSeconds: 20 };
  const file = serviceFile(clusterWith({ ...short, ...fields }), "api");
  expect(lifecycleOf([file]).leaveSeconds).toBe(500 + 20 + 60);
  const plain = serviceFile(clusterWith(short), "api");
  expect(lifecycleOf([plain]).leaveSeconds).toBe(10 + 20 + 60);
});

test("a short shutdownTimeoutSeconds leaves the deadline as it is, and a deadline that is written counts", () => {
  const short = serviceFile(clusterWith({ shutdownTimeoutSeconds: 5 }), "api");
  expect(short.progressDeadlineSeconds).toBe(600);
  const own = { shutdownTimeoutSeconds: 300, progressDeadlineSeconds: 5000 };
  expect(serviceFile(clusterWith(own), "api").progressDeadlineSeconds).toBe(5000);
});

test.each([0, 3601, Number.NaN])("shutdownTimeoutSeconds of %s is refused", (seconds) => {
  const wrong = clusterWith({ shutdownTimeoutSeconds: seconds });
  const refused = () => serviceFile(wrong, "api");
  expect(refused).toThrow(
    `shutdownTimeoutSeconds is ${JSON.stringify(seconds)}; good: seconds from 1 to 3600, like 30`,
  );
  expect(refused).not.toThrow("drainTimeoutSeconds");
});

test.each(["drainTimeoutSeconds", "stopTimeoutSeconds"])(
  "shutdownTimeoutSeconds and %s together are refused: one of them would not count",
  (field) => {
    const both = clusterWith({ shutdownTimeoutSeconds: 300, [field]: 30 });
    expect(() => serviceFile(both, "api")).toThrow(
      `${field} is 30; good: left out beside shutdownTimeoutSeconds, from which it follows`,
    );
  },
);

test("each shutdownTimeoutSeconds that is allowed has a deadline that is allowed", () => {
  for (const seconds of [1, 30, 300, 3600]) {
    expect(() =>
      serviceFile(clusterWith({ shutdownTimeoutSeconds: seconds }), "api"),
    ).not.toThrow();
  }
});

test("maxUnavailable may be a number or a percentage", () => {
  const share = { maxUnavailable: "25%", minHealthy: "75%" } as const;
  expect(serviceFile(clusterWith(share), "api")).toMatchObject(share);
  const refused = () => serviceFile(clusterWith({ maxUnavailable: 0, minHealthy: "all" }), "api");
  expect(refused).toThrow("maxUnavailable is 0; good: a whole number from 1, like 1, or a perc");
  expect(refused).toThrow('minHealthy is "all"; good: a whole number from 0, or a percentage');
});

test("instances.max must not be below instances.min", () => {
  const wrong = clusterWith({ instances: { min: 3, max: 2 } });
  expect(() => serviceFile(wrong, "api")).toThrow(
    "instances.max is 2; good: a whole number, at least instances.min (3)",
  );
});

test("a service without hosts in a cluster without a domain is refused", () => {
  const { dns, ...wrong } = clusterWith();
  expect(() => serviceFile(wrong, "api")).toThrow("hosts is []");
});

test("the step before a release and its timeout are one field of the file, absent without a step", () => {
  const file = serviceFile(clusterWith({ before: ["bin/migrate"] }), "api");
  expect(file.before).toEqual({ command: ["bin/migrate"], timeoutSeconds: 300 });
  expect(serviceFile(clusterWith(), "api")).not.toHaveProperty("before");
  const wrong = clusterWith({ before: [] });
  expect(() => serviceFile(wrong, "api")).toThrow('before is []; good: ["bin/migrate"]');
  const endless = clusterWith({ before: ["bin/migrate"], beforeTimeoutSeconds: 0 });
  expect(() => serviceFile(endless, "api")).toThrow(
    "beforeTimeoutSeconds is 0; good: seconds from 1 to 3600, like 300",
  );
  const alone = clusterWith({ beforeTimeoutSeconds: 60 });
  expect(() => serviceFile(alone, "api")).toThrow(
    "beforeTimeoutSeconds is 60; good: left out where there is no before",
  );
});

test("the deadline of a service with a step before suffices for a step that waits for another one", () => {
  const before = ["bin/migrate"];
  const file = serviceFile(clusterWith({ before }), "api");
  const longest = 2 * 300 + file.stopTimeoutSeconds + 60;
  expect(file.progressDeadlineSeconds).toBe(longest + 60);
  const quick = serviceFile(clusterWith({ before, beforeTimeoutSeconds: 60 }), "api");
  expect(quick.progressDeadlineSeconds).toBe(600);
  const short = clusterWith({ before, progressDeadlineSeconds: 600 });
  expect(() => serviceFile(short, "api")).toThrow(
    `progressDeadlineSeconds is 600; good: more than ${longest}: beforeTimeoutSeconds`,
  );
});

const nightly = { command: ["bin/clear-sessions"], at: "*-*-* 03:00:00" };

test("scheduled commands are in the file with their timeouts, and absent where there is none", () => {
  const cron = { nightly, often: { ...nightly, at: "*:0/15", timeoutSeconds: 60 } };
  const file = serviceFile(clusterWith({ cron }), "api");
  expect(file.cron).toEqual({
    nightly: { ...nightly, timeoutSeconds: 600 },
    often: { ...nightly, at: "*:0/15", timeoutSeconds: 60 },
  });
  expect(serviceFile(clusterWith(), "api")).not.toHaveProperty("cron");
});

test.each([
  [{ nightly: { ...nightly, at: "0 3 * * *" } }, 'cron.nightly.at is "0 3 * * *"; good: "*-*-* 03'],
  [{ nightly: { ...nightly, command: [] } }, 'cron.nightly.command is []; good: ["bin/clear-s'],
  [
    { nightly: { ...nightly, timeoutSeconds: 86_401 } },
    "cron.nightly.timeoutSeconds is 86401; good: whole seconds from 1 to 86400, like 600",
  ],
  [{ Nightly: nightly }, 'good: { nightly: { command: ["bin/clear-sessions"]'],
  [{}, "cron is {}; good: { nightly: {"],
] as const)("scheduled commands that cannot be are refused: %j", (cron, message) => {
  expect(() => serviceFile(clusterWith({ cron }), "api")).toThrow(message);
});

test("a scheduled command in a time zone that nobody knows is refused", () => {
  const wrong = clusterWith({ cron: { nightly }, timeZone: "Europe/Berlim" });
  expect(() => serviceFile(wrong, "api")).toThrow('timeZone is "Europe/Berlim"; good:');
});

test.each([
  ["europe/berlin", '"Europe/Berlin", as an instance calls it'],
  ["US/Eastern", '"America/New_York", as an instance calls it'],
  ["Asia/Calcutta", '"Asia/Kolkata", as an instance calls it'],
  ["Europe/Kiev", '"Europe/Kyiv", as an instance calls it'],
  ["utc", '"UTC", as an instance calls it'],
  ["Europe/Berlim", '"Europe/Berlin"'],
])(
  "the time zone %s, which systemd and libc do not know, is refused with the name that they know",
  (timeZone, good) => {
    expect(() => serviceFile(clusterWith({ timeZone }), "api")).toThrow(
      `timeZone is "${timeZone}"; good: ${good}`,
    );
  },
);

test.each(["UTC", "Europe/Berlin", "Asia/Kolkata", "Europe/Kyiv", "Etc/GMT+5"])(
  "the time zone %s is good",
  (timeZone) => {
    expect(serviceFile(clusterWith({ timeZone }), "api").timeZone).toBe(timeZone);
  },
);

test("TZ beside a time zone is refused: the process would have one and its commands the other", () => {
  const config = { TZ: "UTC" };
  const timeZone = "Europe/Berlin";
  const refused = (spec: Partial<ServiceSpec>, ofCluster = {}) => {
    return () => serviceFile({ ...clusterWith(spec), ...ofCluster }, "api");
  };
  const inKind = { processes: { web: { count: 1, ping: "/", timeZone } } };
  expect(refused({ config, timeZone })).toThrow(
    'config.TZ is "UTC"; good: left out beside timeZone, which sets it',
  );
  expect(refused({ config, ...inKind })).toThrow("config.TZ");
  expect(refused({ timeZone }, { config })).toThrow(
    'timeZone is "Europe/Berlin"; good: left out beside TZ in the cluster\'s config',
  );
  expect(refused({ config })).not.toThrow();
  expect(refused({}, { config })).not.toThrow();
});

test("a service without HTTP has no host, and says so in its file", () => {
  const file = serviceFile(clusterWith({ http: "none", ready: "notify" }), "api");
  expect(file).toMatchObject({ http: "none", hosts: [], ready: "notify" });
});

test.each([
  [{ http: "none", hosts: ["a.example.org"] }, 'hosts is ["a.example.org"]; good: left out'],
  [{ ready: "notify" }, 'ready is "notify"; good: left out, as ping asks; or http: "none"'],
  [{ http: "none", ping: "/up" }, 'ping is "/up"; good: left out: no process of the service'],
  [
    { strategy: "in-place", bootAhead: true },
    'bootAhead is true; good: left out, or false: only with strategy "overlap"',
  ],
  [
    { strategy: "in-place", bootAhead: true, processes: { web: { count: 1, ping: "/" } } },
    "bootAhead is true; good: left out, or false",
  ],
  [
    { requestTimeoutSeconds: 300 },
    "requestTimeoutSeconds is 300; good: at most 60, the cluster's loadBalancer.idleTimeoutSeconds",
  ],
  [
    { processes: { a: { count: 1 } }, http: "none", stickySeconds: 60 },
    "stickySeconds is 60; good: left out",
  ],
  [
    { processes: { web: { count: 1, ping: "/" } }, ready: "file" },
    'ready is "file"; good: left out: each kind has a ping',
  ],
  [
    { processes: { web: { count: 1 } }, ping: "/up" },
    'ping is "/up"; good: in the kind that answers requests, like processes.web.ping',
  ],
  [
    { processes: { web: { count: 1, ping: "/" } }, ping: "/up" },
    'ping is "/up"; good: in the kind that answers requests, like processes.web.ping',
  ],
  [
    { processes: { web: { count: 1 } }, http: "public" },
    'http is "public"; good: "none", as no kind of api has a ping; or a ping',
  ],
  [
    { processes: { web: { count: 1 } }, http: "internal" },
    'http is "internal"; good: "none", as no kind of api has a ping; or a ping',
  ],
  [{ protocol: "grpc", ping: "/ping" }, 'ping is "/ping"; good: "/grpc.health.v1.Health/Check"'],
  [
    { protocol: "grpc", processes: { web: { count: 1, ping: "/" } } },
    'processes.web.ping is "/"; good: "/grpc.health.v1.Health/Check"',
  ],
  [{ http: "all" as "none" }, 'http is "all"; good: "public", "internal" or "none"'],
] as const satisfies [Partial<ServiceSpec>, string][])(
  "fields that contradict each other are refused: %j",
  (spec, message) => {
    expect(() => serviceFile(clusterWith(spec), "api")).toThrow(message);
  },
);

/** A good value of each field that has no meaning without HTTP. */
const forRequests: Readonly<Record<(typeof ofRequests)[number], unknown>> = {
  ...{ hosts: ["a.example.org"], paths: ["/a/*"], priority: 7, ping: "/up", protocol: "http2" },
  ...{ static: { "/a": "a" }, basePort: 9000, stickySeconds: 60, maxBodyMib: 9 },
  ...{ requestTimeoutSeconds: 9, drainTimeoutSeconds: 9, healthyCount: 5, bootAhead: true },
  maxErrorShare: 9,
};

test.each(Object.entries(forRequests))(
  "%s is refused where no process speaks HTTP, and taken where one does",
  (field, value) => {
    const why = `${field} is ${JSON.stringify(value)}; good: left out: no process of the service`;
    const without = clusterWith({ http: "none", [field]: value });
    expect(() => serviceFile(without, "api")).toThrow(why);
    const worker = { worker: { count: 1, command: ["bin/worker"] } };
    const kinds = clusterWith({ processes: worker, http: "none", [field]: value });
    if (field !== "ping") expect(() => serviceFile(kinds, "api")).toThrow(why);
    expect(() => serviceFile(clusterWith({ [field]: value }), "api")).not.toThrow();
  },
);

test("a request may take as long as the cluster's load balancer waits for data", () => {
  const cluster = clusterWith({ requestTimeoutSeconds: 300, shutdownTimeoutSeconds: 300 });
  const patient = { ...cluster, loadBalancer: { idleTimeoutSeconds: 300 } };
  expect(serviceFile(patient, "api").requestTimeoutSeconds).toBe(300);
});

const web = { count: 1, ping: "/" };
const slowJobs = { count: 1, shutdownTimeoutSeconds: 300 };

test.each<[string, Partial<ServiceSpec>, string | undefined]>([
  ["the default", {}, "at most 30, the drainTimeoutSeconds of the processes"],
  ["a drain of its own", { drainTimeoutSeconds: 44 }, "at most 44, the drainTimeoutSeconds"],
  ["a shutdown", { shutdownTimeoutSeconds: 44 }, "at most 44, the shutdownTimeoutSeconds"],
  ["the default of the kind that answers", { processes: { web, slowJobs } }, "at most 30, the"],
  ["a drain that is as long", { drainTimeoutSeconds: 45 }, undefined],
  ["a kind's shutdown", { processes: { web: { ...web, shutdownTimeoutSeconds: 45 } } }, undefined],
])("a request may take as long as a process that ends waits for it: %s", (_, differs, good) => {
  const read = () => serviceFile(clusterWith({ requestTimeoutSeconds: 45, ...differs }), "api");
  if (good === undefined) return expect(read).not.toThrow();
  expect(read).toThrow(`requestTimeoutSeconds is 45; good: ${good}`);
  expect(read).toThrow("as each roll cuts a longer request; or shutdownTimeoutSeconds: 45");
});

test.each([
  [{}, "static is {}; good: left out, or"],
  [{ "/a": "b", "/x/y": "c" }, 'static./a is "b"; good: a path that the load balancer sends here'],
])("static files that no request would get are refused: %j", (folders, why) => {
  const wrong = clusterWith({ static: folders, paths: ["/x/*", "/api"] });
  expect(() => serviceFile(wrong, "api")).toThrow(why);
});

test.each([[["/assets/*"]], [["/a*"]], [["*.css"]], [["*"]], [["/assets/?/x"]], [[]]])(
  "static files below a path that the load balancer sends here are taken: %j",
  (paths) => {
    const files = { static: { "/assets": "public" }, paths };
    expect(() => serviceFile(clusterWith(files), "api")).not.toThrow();
  },
);

test("static files need as many kept releases as nginx looks into", () => {
  const few = clusterWith({ static: { "/assets": "public" }, keepReleases: 4 });
  expect(() => serviceFile(few, "api")).toThrow(
    "keepReleases is 4; good: at least 5 beside static",
  );
  expect(serviceFile(clusterWith({ keepReleases: 4 }), "api").keepReleases).toBe(4);
});

const kinds = {
  web: { count: 2, command: ["bin/web"], ping: "/up" },
  worker: { count: 3, command: ["bin/worker"], stopTimeoutSeconds: 120 },
} as const;

test("processes of several kinds are counted together, and written in their order", () => {
  const cluster = clusterWith({ processes: kinds });
  const { api } = cluster.services;
  const { command: _, ...withoutCommand } = api as ServiceSpec;
  const file = serviceFile({ ...cluster, services: { api: withoutCommand } }, "api");
  expect(file).toMatchObject({ processes: 5, kinds, command: ["bin/web"] });
  expect(Object.keys(file.kinds ?? {})).toEqual(["web", "worker"]);
  expect(file).not.toHaveProperty("http");
});

test("a kind's shutdownTimeoutSeconds becomes its drain and its stop, and the deadline waits for it", () => {
  const worker = { count: 1, shutdownTimeoutSeconds: 900 };
  const file = serviceFile(clusterWith({ processes: { worker }, http: "none" }), "api");
  expect(file.kinds?.worker).toEqual({
    count: 1,
    drainTimeoutSeconds: 900,
    stopTimeoutSeconds: 900,
  });
  expect(file.progressDeadlineSeconds).toBeGreaterThan(2700);
});

test("a singleton rolls in place, without a word for it", () => {
  const processes = { clock: { count: 1, singleton: true } } as const;
  const file = serviceFile(clusterWith({ processes, http: "none" }), "api");
  expect(file.kinds?.clock).toEqual({ count: 1, singleton: true, strategy: "in-place" });
});

const probe = { host: "localhost", headers: { Accept: "application/json" } };
const ping = { path: "/up", ...probe };

test("what a ping sends besides is in the service's file, and absent where it is a path", () => {
  expect(serviceFile(clusterWith({ ping }), "api")).toMatchObject({ ping: "/up", probe });
  const processes = { web: { count: 1, ping }, worker: { count: 1 } };
  const file = serviceFile(clusterWith({ processes }), "api");
  expect(file).toMatchObject({ probe, kinds: { web: { count: 1, ping: "/up" } } });
  for (const path of ["/up", { path: "/up" }]) {
    const plain = serviceFile(clusterWith({ ping: path }), "api");
    expect(plain).toEqual(serviceFile(clusterWith({ ping: "/up" }), "api"));
    expect(plain).not.toHaveProperty("probe");
  }
});

test.each([
  [{ path: "up" }, 'ping is {"path":"up"}; good: "/ping", or {'],
  [{ host: "localhost" }, 'ping is {"host":"localhost"}; good: "/ping"'],
  [{ path: "/up", host: "a b" }, 'ping.host is "a b"; good: a host, like "www.example.org"'],
  [{ path: "/up", host: 'a"; }' }, "ping.host is"],
  [{ path: "/up", headers: { Host: "a" } }, 'ping.headers is {"Host":"a"}; good: { Accept:'],
  [{ path: "/up", headers: { authorization: "Basic eA==" } }, "ping.headers is"],
  [{ path: "/up", headers: { "X Y": "a" } }, "ping.headers is"],
  [{ path: "/up", headers: { X: "$host" } }, 'ping.headers is {"X":"$host"}; good: { Accept:'],
  [{ path: "/up", headers: { X: 'a"' } }, "ping.headers is"],
  [{ path: "/up", headers: { X: "a\nb" } }, "ping.headers is"],
])("a ping that no probe could send is refused: %j", (wrong, why) => {
  const spec = { ping: wrong } as Partial<ServiceSpec>;
  expect(() => serviceFile(clusterWith(spec), "api")).toThrow(why);
  const processes = { web: { count: 1, ...spec } } as NonNullable<ServiceSpec["processes"]>;
  expect(() => serviceFile(clusterWith({ processes }), "api")).toThrow("processes.web.ping");
});

test("a service none of whose kinds has a ping says that it speaks no HTTP", () => {
  const processes = { worker: { count: 1, command: ["bin/worker"] } };
  const file = serviceFile(clusterWith({ processes, http: "none" }), "api");
  expect(file).toMatchObject({ http: "none", hosts: [] });
  expect(() => serviceFile(clusterWith({ processes }), "api")).toThrow(
    'http is undefined; good: "none", as no kind of api has a ping; or a ping in the kind that answers requests, like processes.worker.ping',
  );
});

test("a ping that was forgotten is told, and nothing of what only follows from it", () => {
  const spec = {
    processes: { web: { count: 1 } },
    static: { "/a": "a" },
    hosts: ["a.example.org"],
  };
  const refused = () => serviceFile(clusterWith(spec), "api");
  expect(refused).toThrow('http is undefined; good: "none", as no kind');
  expect(refused).not.toThrow("static is");
  expect(refused).not.toThrow("hosts is");
});

test.each([
  [{ a: { count: 0 } }, "processes.a.count is 0; good: a whole number from 1 to 99, like 2"],
  [{ A: { count: 1 } }, 'processes.A is {"count":1}; good: a name of small letters'],
  [
    { web: { count: 1, shutdownTimeoutSeconds: 0 } },
    "processes.web.shutdownTimeoutSeconds is 0; good: seconds from 1",
  ],
  [
    { worker: { count: 1 }, web: { count: 1, ping: "/", minHealthyTimeSeconds: 60 } },
    "processes.web.minHealthyTimeSeconds is 60; good: less than startTimeoutSeconds (60)",
  ],
  [{ a: { count: 1, timeZone: "europe/berlin" } }, 'processes.a.timeZone is "europe/berlin"; good'],
  [{}, "processes is {}; good: { web: { count: 2"],
  [
    { worker: { count: 1, healthyCount: 5 } },
    "processes.worker.healthyCount is 5; good: left out: without a ping the kind answers no requests",
  ],
  [
    { worker: { count: 1, drainTimeoutSeconds: 5 } },
    "processes.worker.drainTimeoutSeconds is 5; good: left out: without a ping",
  ],
  [
    { clock: { count: 1, singleton: true, strategy: "overlap" } },
    'processes.clock.strategy is "overlap"; good: left out: a singleton rolls in place',
  ],
  [
    { web: { count: 1, ping: "/", ready: "file" } },
    'processes.web.ready is "file"; good: left out',
  ],
  [
    { web: { count: 1, ping: "/" }, admin: { count: 1, ping: "/admin" } },
    'processes.admin.ping is "/admin"; good: left out: one kind answers the requests',
  ],
  [
    { web: { count: 1, ping: "/", startTimeoutSeconds: 1 } },
    "processes.web.startTimeoutSeconds is 1; good: more than minHealthyTimeSeconds (2)",
  ],
  [{ clock: { count: 2, singleton: true } }, "processes.clock.count is 2; good: 1 for a singleton"],
  [
    { web: { count: 1, ping: "/", singleton: true } },
    "processes.web.singleton is true; good: left out where there is a ping",
  ],
  [
    { web: { count: 60, ping: "/" }, worker: { count: 60 } },
    "processes is 120; good: at most 99 of all kinds together",
  ],
  [
    { web: { count: 1, ping: "/", shutdownTimeoutSeconds: 9, stopTimeoutSeconds: 8 } },
    "processes.web.stopTimeoutSeconds is 8; good: left out beside shutdownTimeoutSeconds",
  ],
] as const)("kinds of processes that cannot be are refused: %j", (processes, message) => {
  expect(() => serviceFile(clusterWith({ processes }), "api")).toThrow(message);
});

test("a kind without a command needs one of the service", () => {
  const { command: _, ...spec } = clusterWith({ processes: { web: { count: 1, ping: "/" } } })
    .services.api as ServiceSpec;
  const cluster = { ...clusterWith(), services: { api: spec } };
  expect(() => serviceFile(cluster, "api")).toThrow("command is undefined");
});

test.each(["deploys", "consul"])("the name %s, which Consul has, is refused", (name) => {
  expect(() => serviceFile(clusterWith({}, name), name)).toThrow(`service is "${name}"`);
});

test.each([
  "users",
  "video",
  "audio",
  "staff",
  "operator",
  "voice",
  "tape",
  "src",
  "root",
  "backup",
])("a service may be called %s, which the image has as a user or a group", (name) => {
  expect(serviceFile(clusterWith({}, name), name).user).toBe(`app-${name}`);
});

test.each(["root", "www-data", "consul", "shoestring", "video"])(
  "the user %s is refused: the system has it",
  (user) => {
    expect(() => serviceFile(clusterWith({ user }), "api")).toThrow(
      `user is "${user}"; good: a name of at most 32 characters that the system does not use`,
    );
  },
);

test("a user that the cluster file names stays as it is written", () => {
  expect(serviceFile(clusterWith({ user: "deploy" }), "api").user).toBe("deploy");
});

test("a service whose user's name would be too long has to name one", () => {
  const name = "a-service-whose-name-is-as-long";
  expect(() => serviceFile(clusterWith({}, name), name)).toThrow(`user is "app-${name}"`);
  expect(serviceFile(clusterWith({ user: "long" }, name), name).user).toBe("long");
});

test.each([
  [{ stopSignal: "SIGKILL" }, 'stopSignal is "SIGKILL"; good: one of SIGTERM, SIGINT, SIGQUIT'],
  [{ stopSignal: "TERM" }, 'stopSignal is "TERM"; good: one of SIGTERM'],
  [{ stopSignalTo: "some" }, 'stopSignalTo is "some"; good: "all" or "main"'],
  [{ limits: { files: 10 } }, "limits.files is 10; good: a whole number from 64 to 524288, like"],
  [{ limits: { files: 1_000_000 } }, "limits.files is 1000000; good: a whole number from 64"],
  [{ limits: { memoryMib: 0.5 } }, "limits.memoryMib is 0.5; good: a whole number from 16"],
  [{ limits: { cpuPercent: 0 } }, "limits.cpuPercent is 0; good: a whole number from 1, like 150"],
  [{ limits: { tasks: 1 } }, "limits.tasks is 1; good: a whole number from 8, like 1000"],
  [{ limits: { oomPolicy: "kill" } }, 'limits.oomPolicy is "kill"; good: "stop" or "continue"'],
  [{ limits: 5 }, "limits is 5; good: { files: 65536, memoryMib: 512"],
  [{ state: {} }, "state.maxMib is undefined; good: a whole number from 1, like 512"],
  [{ state: 512 }, "state is 512; good: { maxMib: 512 }"],
  [{ before: "bin/migrate" }, 'before is "bin/migrate"; good: ["bin/migrate"]'],
  [
    { umask: "777" },
    'umask is "777"; good: three octal digits of which the first is 0, like "027"',
  ],
  [{ umask: "u=rwx" }, 'umask is "u=rwx"; good: three octal digits'],
  [{ timeZone: "Europe/Berlin\nUser=root" }, 'good: "Europe/Berlin"'],
  [{ timeZone: "../etc" }, 'timeZone is "../etc"; good: "Europe/Berlin"'],
])("a unit's setting %j is refused with a good one", (wrong, why) => {
  expect(() => serviceFile(clusterWith(wrong as Partial<ServiceSpec>), "api")).toThrow(why);
});

test("a unit's settings are in the service's file as they are written, and absent where they are not", () => {
  const settings = {
    ...({ stopSignal: "SIGQUIT", stopSignalTo: "main", umask: "027" } as const),
    timeZone: "Europe/Berlin",
    limits: { files: 4096, memoryMib: 512, cpuPercent: 150, tasks: 200, oomPolicy: "continue" },
    state: { maxMib: 512 },
  } as const;
  expect(serviceFile(clusterWith(settings), "api")).toMatchObject(settings);
  for (const field of Object.keys(settings)) {
    expect(serviceFile(clusterWith(), "api")).not.toHaveProperty(field);
  }
});

test("a wrong setting of a kind is named with its kind", () => {
  const processes = {
    web: { count: 1, ping: "/ping" },
    worker: { count: 1, umask: "777", stopTimeoutSeconds: 0, limits: { files: 7 } },
  };
  const refused = () => serviceFile(clusterWith({ processes }), "api");
  expect(refused).toThrow('processes.worker.umask is "777"; good: three octal digits');
  expect(refused).toThrow("processes.worker.stopTimeoutSeconds is 0; good: seconds from 1");
  expect(refused).toThrow("processes.worker.limits.files is 7; good: a whole number from 64");
});

test("an unknown service is refused with the known ones", () => {
  expect(() => serviceFile(clusterWith(), "web")).toThrow("use one of its services: api");
});

test("the service file leaves out the settings of the machines and the load balancer", () => {
  const config = { DATABASE_URL: "ssm:/x" };
  const file = serviceFile(clusterWith({ config, paths: ["/api/*"], databases: ["main"] }), "api");
  expect(Object.keys(file)).not.toEqual(expect.arrayContaining(["config"]));
  expect(JSON.stringify(file)).not.toContain("DATABASE");
  expect(file).not.toHaveProperty("paths");
});

test("a service may share the instances only of one that has its own", () => {
  const on = (sharedWith: string) => clusterWith({ instances: { sharedWith } });
  expect(() => serviceFile(on("nothing"), "api")).toThrow('instances.sharedWith is "nothing"');
  expect(() => serviceFile(on("api"), "api")).toThrow("instances of its own");
});
