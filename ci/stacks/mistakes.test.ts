import { beforeAll, describe, expect, test } from "vitest";
import type { Cluster, ServiceSpec } from "../../modules/cluster/index.ts";
import type { Arguments } from "../../modules/testing/synthesise.ts";
import { addressFaults, addressLines } from "./addresses.ts";
import { contract } from "./contract.ts";
import { asFile, synthesiseClusters } from "./synthesise-clusters.ts";

/** A cluster with only the required fields. */
const aCluster = (differs: Partial<Cluster> = {}): Cluster => ({
  name: "staging",
  cidr: "10.42.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  services: { web: aService() },
  ...differs,
});

const aService = (differs: Partial<ServiceSpec> = {}): ServiceSpec => ({
  instances: { min: 2, max: 4 },
  command: ["node", "server.js"],
  ...differs,
});

/** The message that a person gets from `cdktf plan` with these clusters. */
function seen(...clusters: Cluster[]): string {
  try {
    synthesiseClusters(clusters.map(asFile));
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

const withService = (differs: Partial<ServiceSpec>, more: Record<string, ServiceSpec> = {}) =>
  seen(aCluster({ services: { web: aService(differs), ...more } }));

test("the cluster without planted mistakes has no fault", () => {
  expect(seen(aCluster(), aCluster({ name: "qa", cidr: "10.46.0.0/16" }))).toBe("nothing");
});

test("the load balancer's idle timeout is the cluster's to choose, within AWS's bounds", () => {
  const idle = (idleTimeoutSeconds: number) =>
    seen(aCluster({ loadBalancer: { idleTimeoutSeconds } }));
  expect(idle(4000)).toBe("nothing");
  expect(idle(4001)).toContain("idleTimeoutSeconds is 4001; good: a whole number from 1 to 4000");
});

describe("a copied file with one of its two lines unchanged is refused with that line", () => {
  test("the name", () => {
    const files = [asFile(aCluster()), { file: "qa", cluster: aCluster({ cidr: "10.46.0.0/16" }) }];
    expect(() => synthesiseClusters(files)).toThrow(
      'clusters/qa.ts: name is "staging"; good: "qa", as the file is called',
    );
  });

  test("the addresses", () => {
    expect(seen(aCluster(), aCluster({ name: "qa" }))).toContain(
      "clusters/staging.ts and clusters/qa.ts: cidr 10.42.0.0/16 and 10.42.0.0/16 overlap",
    );
  });
});

describe("a secret that the instances cannot read is refused", () => {
  test.each(["secretsmanager:qa/web/database", "ssm:/shoestring/staging/api/key"])("%s", (it) => {
    expect(withService({ config: { KEY: it } })).toContain(
      `services.web.config.KEY is "${it}"; good: what its instances may read, like "secretsmanager:staging/web/`,
    );
  });

  test("the one that RDS makes for its master user, with what to do instead", () => {
    const config = { PGPASSWORD: "secretsmanager:rds!db-0a1b2c3d#password" };
    expect(withService({ config })).toContain(
      'good: a secret of a user that you make for the service, like "secretsmanager:staging/web/database"',
    );
  });

  test("for all services at once", () => {
    const config = { KEY: "ssm:/shoestring/staging/web/key" };
    expect(seen(aCluster({ config }))).toContain("a secret belongs to one service");
  });

  test("but that of a service on the same instances is accepted", () => {
    const config = { KEY: "ssm:/shoestring/staging/jobs/key" };
    const jobs = aService({ instances: { sharedWith: "web" }, basePort: 9000 });
    expect(withService({ config }, { jobs })).toBe("nothing");
  });
});

describe("a collector of traces", () => {
  const endpoint = "https://api.honeycomb.io";
  const traced = (trace: NonNullable<Cluster["trace"]>) => seen(aCluster({ trace }));

  test("that is valid is accepted", () => {
    const headers = { "x-honeycomb-team": "ssm:/shoestring/staging/trace/key" };
    expect(traced({ endpoint, headers })).toBe("nothing");
  });

  test.each(["api.honeycomb.io", "ftp://a.example", `${endpoint}/v1/traces`])("at %s", (it) => {
    expect(traced({ endpoint: it })).toContain(
      `trace.endpoint is "${it}"; good: a URL without /v1/traces, like "${endpoint}"`,
    );
  });

  test("whose key another cluster has", () => {
    expect(traced({ endpoint, headers: { key: "ssm:/shoestring/qa/trace/key" } })).toContain(
      'trace.headers.key is "ssm:/shoestring/qa/trace/key"; good: the name of a header, and a reference',
    );
  });

  test("whose key is in the file is refused, and the error hides the key", () => {
    const text = traced({ endpoint, headers: { key: "very-secret" } });
    expect(text).toContain('trace.headers.key is "(not shown)"');
    expect(text).not.toContain("very-secret");
  });
});

describe("between clusters", () => {
  test("networks that overlap in part", () => {
    expect(seen(aCluster(), aCluster({ name: "qa", cidr: "10.42.128.0/20" }))).toContain(
      "10.42.0.0/16 and 10.42.128.0/20 overlap",
    );
  });

  test("one host in two clusters", () => {
    const services = { web: aService({ hosts: ["www.example.org"] }) };
    const qa = aCluster({ name: "qa", cidr: "10.46.0.0/16", services });
    expect(seen(aCluster({ services }), qa)).toContain("both answer for the host www.example.org");
  });
});

describe("one name at AWS for two things", () => {
  const services = (...names: string[]) => ({
    services: Object.fromEntries(names.map((it) => [it, aService()])),
  });
  const prod = (...names: string[]) => aCluster({ name: "prod", ...services(...names) });
  const prodEu = (...names: string[]) =>
    aCluster({ name: "prod-eu", cidr: "10.46.0.0/16", ...services(...names) });
  const image = `example/app@sha256:${"0".repeat(64)}`;
  const beside = { instances: { sharedWith: "web" }, basePort: 9000 };

  test("of two clusters is refused, with both files and both services", () => {
    expect(seen(prod("eu-web"), prodEu("web"))).toContain(
      "clusters/prod.ts and clusters/prod-eu.ts: services.eu-web and services.web would both have the name prod-eu-web (target group in 111111111111 and eu-central-1), and 8 more; good: another name for one of them",
    );
  });

  test("of two regions is refused where it is the account's", () => {
    const there = { ...prodEu("web"), region: "eu-west-1" };
    expect(seen(prod("eu-web"), there)).toContain("prod-eu-web (IAM role in 111111111111)");
  });

  test("of two accounts is accepted", () => {
    const there = { ...prodEu("web"), account: "222222222222" };
    expect(seen(prod("eu-web"), there)).toBe("nothing");
  });

  test.each([
    ["a service and the cluster's Consul", prod("consul"), "IAM role", "prod-consul"],
    [
      "a service on other instances and Consul, whose token they could read",
      aCluster({ name: "prod", services: { web: aService(), consul: aService(beside) } }),
      "folder of parameters",
      "/shoestring/prod/consul/",
    ],
    ["a service and a server of Consul", prod("consul-1"), "Auto Scaling group", "prod-consul-1"],
    ["a service and the flow logs", prod("flow-logs"), "IAM role", "prod-flow-logs"],
    [
      "a service and an app's role",
      { ...prod("pad-task"), apps: { pad: { image } } },
      "IAM role",
      "prod-pad-task",
    ],
    [
      "a service and the account's own role",
      aCluster({ name: "shoestring", ...services("plan") }),
      "IAM role",
      "shoestring-plan",
    ],
  ])("of %s is refused", (_, cluster, kind, name) => {
    expect(seen(cluster)).toContain(`${name} (${kind} in `);
  });

  test.each([["web-push"], ["web-policy"], ["web-assume"], ["web-attachment"]])(
    "is not that of web and %s, which have ids of their own too",
    (beside) => {
      const repository = "example/web";
      const both = { web: aService({ repository }), [beside]: aService({ repository }) };
      expect(seen(aCluster({ services: both }))).toBe("nothing");
    },
  );

  test("is not that of clusters of which one's name begins the other's", () => {
    expect(seen(prod("web"), prodEu("api"))).toBe("nothing");
    expect(seen(prod("web"), { ...prodEu("web"), name: "prod-attachment" })).toBe("nothing");
  });

  test("is refused whatever its case, where it is a host", () => {
    const qa = aCluster({ name: "qa", cidr: "10.46.0.0/16" });
    const differs = { services: { web: aService({ hosts: ["WWW.example.org"] }) } };
    const same = { services: { web: aService({ hosts: ["www.example.org"] }) } };
    expect(seen({ ...qa, ...differs }, aCluster(same))).toContain(
      "both answer for the host www.example.org",
    );
  });

  test("is refused for another cluster's own wildcard", () => {
    const hosts = ["*.staging.example.org"];
    const qa = { name: "qa", cidr: "10.46.0.0/16", services: { web: aService({ hosts }) } };
    expect(seen(aCluster(qa), aCluster())).toContain("the host *.staging.example.org");
  });

  test("that is too long for a target group is refused for a service on other instances too", () => {
    const long = "a-name-of-25-characters-x";
    const jobs = aService({ instances: { sharedWith: "web" }, basePort: 9000 });
    expect(withService({}, { [long]: jobs })).toContain("at most 32 characters together");
  });
});

describe("a certificate that ACM would not give, or not for an hour, is refused:", () => {
  const dns = { domain: "example.org", zoneId: "Z0123456789EXAMPLE" };
  const withHosts = (...hosts: string[]) => withService({ hosts });
  const many = (count: number) => Array.from({ length: count }, (_, n) => `shop-${n}.example.org`);
  /** Five hosts a service, as a rule of the load balancer takes. */
  const spread = (count: number, more: Partial<NonNullable<Cluster["dns"]>> = {}) => {
    const hosts = many(count);
    const services = Object.fromEntries(
      [0, 5, 10].map((at) => [`web-${at}`, aService({ hosts: hosts.slice(at, at + 5) })]),
    );
    return aCluster({ dns: { ...dns, ...more }, services });
  };

  test.each([
    "www.example.com",
    "www.notexample.org",
    "*.*.example.org",
    "shop-*.example.org",
    "www.*.example.org",
    "w?w.example.org",
    "-www.example.org",
    "www..example.org",
    `${"a".repeat(64)}.example.org`,
  ])("the host %s", (host) => {
    expect(withHosts("www.example.org", host)).toContain(
      `clusters/staging.ts: services.web.hosts is ${JSON.stringify(host)}; good: a name in the zone`,
    );
  });

  test("the host of an app", () => {
    const image = `example/app@sha256:${"0".repeat(64)}`;
    const apps = { pad: { image, hosts: ["pad.example.com"] } };
    expect(seen(aCluster({ apps }))).toContain('apps.pad.hosts is "pad.example.com"; good:');
  });

  test("but not a zone's own name, nor a whole first label", () => {
    expect(withHosts("example.org", "*.shop.example.org", "WWW.example.org")).toBe("nothing");
  });

  test("more than ten names, unless AWS raised the quota", () => {
    expect(seen(spread(12))).toContain(
      'good: at most 10 names in the certificate, like "*.shop.example.org" for many; or dns.maxCertificateNames',
    );
    expect(seen(spread(12, { maxCertificateNames: 25 }))).toBe("nothing");
    expect(seen(spread(12, { maxCertificateNames: 101 }))).toContain(
      "dns.maxCertificateNames is 101; good: a whole number from 1 to 100",
    );
  });

  test("a first name of more than 64 characters", () => {
    const domain = `${"a".repeat(60)}.org`;
    expect(seen(aCluster({ dns: { ...dns, domain } }))).toContain(
      'good: at most 64 characters in "*.staging.',
    );
  });

  test("a host in the zone of another cluster", () => {
    const inner = { domain: "eu.example.org", zoneId: "Z999" };
    const qa = aCluster({ name: "qa", cidr: "10.46.0.0/16", dns: inner });
    const outer = aCluster({ services: { web: aService({ hosts: ["www.eu.example.org"] }) } });
    expect(seen(outer, qa)).toContain(
      "clusters/staging.ts and clusters/qa.ts: the host www.eu.example.org of one is in the zone of the other's dns",
    );
  });
});

test("hosts that differ in a dot or a dash only have records of their own", () => {
  const hosts = ["a-b.c.example.org", "a.b-c.example.org", "any.example.org", "*.example.org"];
  const cluster = aCluster({ services: { web: aService({ hosts }) } });
  const stacks = synthesiseClusters([asFile(cluster)]);
  const { resource, moved = [] } = JSON.parse(stacks.get("staging") as string);
  const records = resource.aws_route53_record as Record<string, Arguments>;
  const names = Object.values(records).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(hosts));
  // Nothing says which of two hosts an earlier address was for.
  expect(JSON.stringify(moved)).not.toContain("aws_route53_record");
});

test("a record whose id changes is moved, not made again", () => {
  const cluster = aCluster({ services: { web: aService({ hosts: ["my-app.example.org"] }) } });
  const stacks = synthesiseClusters([asFile(cluster)]);
  expect(JSON.parse(stacks.get("staging") as string).moved).toContainEqual({
    from: "aws_route53_record.name-my-app-example-org",
    to: "aws_route53_record.name-my--app-example-org",
  });
});

describe("in a cluster", () => {
  test.each([
    [
      "apps in a network whose private part has no way out",
      { nat: "none", apps: { pad: { image: `example/app@sha256:${"0".repeat(64)}` } } },
      'nat is "none"; good: "one" or "per-zone": apps have no other way to their image',
    ],
    ["a public network", { cidr: "52.0.0.0/16" }, 'cidr is "52.0.0.0/16"; good:'],
    ["a network too small to split", { cidr: "10.42.0.0/28" }, 'cidr is "10.42.0.0/28"; good:'],
    ["no network at all", { cidr: "10.42.0.0" }, 'cidr is "10.42.0.0"; good: a private network'],
    ["an account that is none", { account: "1234" }, 'account is "1234"; good: 12 digits'],
    ["a region that is none", { region: "frankfurt" }, 'region is "frankfurt"; good:'],
    ["a name in capitals", { name: "Staging" }, 'name is "Staging"; good: a lower-case letter'],
    ["a name that ends in a dash", { name: "qa-" }, 'name is "qa-"; good: a name whose last'],
    ["the name of the images' parameters", { name: "ami" }, 'name is "ami"; good: another name'],
    ["a name that AWS keeps", { name: "internal" }, 'name is "internal"; good: another name'],
    [
      "a channel by its name",
      { slack: { channel: "#deploys" } },
      'slack.channel is "#deploys"; good: a channel\'s id, like "C0123456789"',
    ],
    [
      "a link that would end in the middle of a message",
      { slack: { channel: "C0123456789", links: { board: "https://b.example|x" } } },
      'slack.links.board is "https://b.example|x"; good:',
    ],
    [
      "a name like another stack's",
      { name: "qa-config" },
      'name is "qa-config"; good: a name that',
    ],
  ] as const)("%s", (_, differs, why) => {
    expect(seen(aCluster(differs))).toContain(why);
  });
});

describe("in a service", () => {
  test.each([
    ["more at least than at most", { instances: { min: 4, max: 2 } }, "instances.max is 2; good:"],
    ["a size below zero", { instances: { min: -1, max: 2 } }, "instances.min is -1; good:"],
    [
      "an instance type of the other processor",
      { instances: { min: 1, max: 1, types: ["t3.small"] } },
      'instanceTypes is ["t3.small"]; good: one or more types for arm64',
    ],
    [
      "instances of a service that is not there",
      { instances: { sharedWith: "wep" } },
      'instances.sharedWith is "wep"; good: a service of the cluster',
    ],
    ["a ping that is no path", { ping: "ping" }, 'ping is "ping"; good: "/ping"'],
    ["no process", { processes: 0 }, "processes is 0; good: a whole number from 1 to 99"],
    ["a port of the system", { basePort: 80 }, "basePort is 80; good: a whole number from 1024"],
    ["a port of Consul", { basePort: 8200 }, "web and Consul both take port 8301"],
    [
      "healthy for longer than it may take",
      { minHealthyTimeSeconds: 90 },
      "startTimeoutSeconds is 60; good: more than minHealthyTimeSeconds (90)",
    ],
    ["a priority that AWS has not", { priority: 0 }, "priority of web is 0; good:"],
    ["a database that is not there", { databases: ["mian"] }, 'databases is "mian"; good:'],
  ] as const)("%s", (_, differs, why) => {
    expect(withService(differs)).toContain(why);
  });

  test("a name that Consul KV keeps", () => {
    expect(seen(aCluster({ services: { deploys: aService() } }))).toContain(
      'service is "deploys"; good:',
    );
  });

  test("a name that is too long beside the cluster's", () => {
    const services = { "a-service-with-quite-a-long-name": aService() };
    expect(seen(aCluster({ services }))).toMatch(/service is|at most 32 characters together/);
  });

  test("no host, in a cluster without a domain", () => {
    const { dns, ...cluster } = aCluster();
    expect(seen(cluster)).toContain("hosts is []; good:");
  });
});

test("a service takes over another's host in three files, each of which is accepted", () => {
  const [host, own, any] = ["search", "search-2", "*"].map((it) => `${it}.staging.example.org`);
  const old = { search: aService() };
  const next = (...hosts: string[]) => ({ "search-2": aService({ hosts }) });
  const both = next(own as string, any as string);
  const elsewhere = { search: aService({ hosts: ["search-old.staging.example.org"] }) };
  const files = [{ ...old, ...both }, { ...elsewhere, ...both }, next(host as string)];
  const rules = files.map((services) => {
    const stacks = synthesiseClusters([asFile(aCluster({ services }))]);
    const { aws_lb_listener_rule } = JSON.parse(stacks.get("staging") as string).resource;
    const inOrder = Object.values(aws_lb_listener_rule as Record<string, Arguments>);
    return inOrder
      .sort((a, b) => a.priority - b.priority)
      .map(({ tags, condition }) => [tags.Name, ...condition[0].host_header.values]);
  });
  expect(rules).toEqual([
    [
      ["search", host],
      ["search-2", own, any],
    ],
    [
      ["search", "search-old.staging.example.org"],
      ["search-2", own, any],
    ],
    [["search-2", host]],
  ]);
});

describe("between services", () => {
  test("one priority for two", () => {
    const message = withService({ priority: 10 }, { api: aService({ priority: 10 }) });
    expect(message).toMatch(/web.*api|api.*web/);
    expect(message).toContain("10");
  });

  test("one host and path for two", () => {
    const hosts = ["www.example.org"];
    const message = withService({ hosts }, { api: aService({ hosts }) });
    expect(message).toContain("www.example.org");
  });

  test("one port for two on the same instances", () => {
    const jobs = aService({ instances: { sharedWith: "web" } });
    expect(withService({}, { jobs })).toContain("jobs and web both take port 8001");
  });

  test("one name for a service and an app", () => {
    const image = `example/web@sha256:${"0".repeat(64)}`;
    expect(seen(aCluster({ apps: { web: { image } } }))).toContain(
      'apps.web is "web"; good: a name that no service',
    );
  });

  test("an image without its digest, which may change", () => {
    expect(seen(aCluster({ apps: { ui: { image: "example/ui:latest" } } }))).toContain(
      'image is "example/ui:latest"',
    );
  });
});

test("a security group that may call Consul must be one, and no other may have its name", () => {
  const refused = (httpFrom: Record<string, string>) => seen(aCluster({ consul: { httpFrom } }));
  const runners = "sg-0123456789abcdef0";
  const stacks = synthesiseClusters([asFile(aCluster({ consul: { httpFrom: { runners } } }))]);
  const rules = JSON.parse(stacks.get("staging") as string).resource
    .aws_vpc_security_group_ingress_rule as Record<string, Arguments>;
  expect(Object.values(rules)).toContainEqual(
    expect.objectContaining({ referenced_security_group_id: runners, from_port: 8500 }),
  );
  for (const wrong of [{ runners: "0.0.0.0/0" }, { announce: "sg-0123456789abcdef0" }]) {
    expect(refused(wrong)).toContain(
      `consul.httpFrom is ${JSON.stringify(wrong)}; good: a security group by a name of its own`,
    );
  }
});

test("a secret in the config is refused, and the error shows how to refer to it", () => {
  const message = withService({ config: { DATABASE_PASSWORD: "correct horse battery" } });
  expect(message).toContain("DATABASE_PASSWORD");
  expect(message).toContain("ssm:");
  expect(message).not.toContain("correct horse");
});

describe("a mistake in a module is found in the stacks", () => {
  let good: Map<string, string>;
  beforeAll(() => {
    good = synthesiseClusters([asFile(aCluster({ databases: { main: {} } }))]);
  });

  /** The faults of one rule after a change of the synthesised stack. */
  function faults(rule: keyof typeof contract, change: (resource: Arguments) => void) {
    const json = JSON.parse(good.get("staging") as string);
    change(json);
    return contract[rule]?.(new Map([...good, ["staging", JSON.stringify(json)]])).join("\n");
  }
  const first = (json: Arguments, type: string, name: RegExp = /./): Arguments =>
    Object.entries(json.resource[type] as Arguments).find(([id]) => name.test(id))?.[1];

  test("a role that reads another service's prefix", () => {
    const message = faults(
      "a grant for one service's releases names that service alone",
      (json) => {
        const documents = json.data.aws_iam_policy_document as Arguments;
        const id = Object.keys(documents).find((name) => /read-web-policy/.test(name)) as string;
        documents[id].statement[0].resources.push("arn:aws:s3:::staging-artifacts/*");
      },
    );
    expect(message).toMatch(/lets web reach arn:aws:s3:::staging-artifacts\/\*/);
  });

  test("a missing health check", () => {
    const message = faults("every target group asks whether its targets are well", (json) => {
      delete first(json, "aws_lb_target_group").health_check;
    });
    expect(message).toContain("has no health check");
  });

  test("a group that is open to the world", () => {
    const message = faults(
      "the world reaches public load balancers on 80 and 443, and nothing else",
      (json) => {
        first(json, "aws_vpc_security_group_ingress_rule", /service-web/).cidr_ipv4 = "0.0.0.0/0";
      },
    );
    expect(message).toContain("open to the world");
  });

  test("metadata without a token", () => {
    const message = faults("instances give metadata for a token only, one hop away", (json) => {
      first(json, "aws_launch_template").metadata_options.http_tokens = "optional";
    });
    expect(message).toContain("IMDSv2 is not required");
  });

  test("an endpoint that takes over a service's name for all", () => {
    const message = faults("no endpoint takes over the name of an AWS service", (json) => {
      json.resource.aws_vpc_endpoint.logs = { vpc_endpoint_type: "Interface" };
      json.resource.aws_vpc_endpoint.ssm = {
        vpc_endpoint_type: "Interface",
        private_dns_enabled: true,
      };
    });
    expect(message?.split("\n")).toHaveLength(2);
    expect(message).toContain("ssm: has private DNS");
  });

  test("a function with concurrent runs of its own", () => {
    const rule = "a function reserves no concurrent runs, which a new account refuses";
    const message = faults(rule, (json) => {
      first(json, "aws_lambda_function").reserved_concurrent_executions = 2;
    });
    expect(message).toContain("reserves concurrent runs");
  });

  test("a disk in the clear", () => {
    const message = faults("disks, buckets, queues and databases are encrypted", (json) => {
      first(json, "aws_launch_template").block_device_mappings[0].ebs.encrypted = "false";
    });
    expect(message).toContain("a disk is not encrypted");
  });

  test("a policy that allows everything", () => {
    const message = faults("no policy allows a wildcard of actions on everything", (json) => {
      const [document] = Object.values(json.data.aws_iam_policy_document as Arguments);
      document.statement[0] = { actions: ["s3:*"], resources: ["*"] };
    });
    expect(message).toContain("a wildcard of actions on every resource");
  });

  const documents = "a policy is a document that lists what it allows, so that it can be looked at";

  test("a policy in JSON, which no rule reads", () => {
    const message = faults(documents, (json) => {
      first(json, "aws_iam_role_policy").policy = '{"Statement":[]}';
    });
    expect(message).toContain("its policy is no aws_iam_policy_document");
  });

  test.each(["not_actions", "not_resources"])("a statement with %s", (field) => {
    const message = faults(documents, (json) => {
      const [document] = Object.values(json.data.aws_iam_policy_document as Arguments);
      document.statement[0][field] = ["s3:GetObject"];
    });
    expect(message).toContain("allows all else");
  });

  test("a group without the cluster's tags", () => {
    const message = faults("everything that can carry tags does", (json) => {
      first(json, "aws_autoscaling_group", /consul/).tag.pop();
    });
    expect(message).toMatch(/consul.*lack the tags cluster and managed-by/);
  });

  test("an instance refresh that AWS would not roll back", () => {
    const message = faults("no instance refresh promises a rollback that AWS refuses", (json) => {
      const group = first(json, "aws_autoscaling_group", /service-web/);
      group.instance_refresh.preferences.auto_rollback = true;
    });
    expect(message).toMatch(/service-web.* has auto_rollback/);
  });

  test("a plan that would undo a scaling", () => {
    const message = faults("desired capacity is ignored, since scaling changes it", (json) => {
      delete first(json, "aws_autoscaling_group", /service-web/).lifecycle;
    });
    expect(message).toContain("undo what scaling did");
  });

  test("a last snapshot with a fixed name, which would exist at the next destroy", () => {
    const message = faults(
      "no database's last snapshot has a name that the next database of its name would take",
      (json) => {
        first(json, "aws_db_instance").final_snapshot_identifier = "staging-main-final";
      },
    );
    expect(message).toContain("the second destroy fails");
  });

  test("a key in user data", () => {
    const message = faults("no value of a secret is in any stack", (json) => {
      json.locals = { key: "AKIAIOSFODNN7EXAMPLE" };
    });
    expect(message).toContain("refer to it by ssm:<path>");
  });

  test("a token that went through a function of JavaScript", () => {
    const message = faults("no token is left in any output", (json) => {
      json.locals = { name: "${TFTOKEN[TOKEN.10]}" };
    });
    expect(message).toContain("use Fn");
  });

  test("a renamed id without a moved entry", () => {
    const reviewed = addressLines(good);
    const renamed = new Map(
      [...good].map(([stack, text]) => [
        stack,
        text.replaceAll("service-web_resource", "web_group"),
      ]),
    );
    const [gone, added] = addressFaults(renamed, reviewed);
    expect(gone).toMatch(
      /aws_autoscaling_group.service-web_resource_\w+ is gone: it would be destroyed/,
    );
    expect(added).toContain("web_group");
  });
});
