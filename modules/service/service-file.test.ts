import { expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
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
      `${field} is written beside shutdownTimeoutSeconds, from which it follows; good: only one of the two`,
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
  expect(() => serviceFile(wrong, "api")).toThrow("instances.max is 2");
});

test("a service without hosts in a cluster without a domain is refused", () => {
  const { dns, ...wrong } = clusterWith();
  expect(() => serviceFile(wrong, "api")).toThrow("hosts is []");
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
