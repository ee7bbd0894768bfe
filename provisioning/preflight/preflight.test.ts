import { beforeAll, expect, test } from "vitest";
import { synthesiseClusters } from "../../ci/stacks/synthesise-clusters.ts";
import { account } from "../../clusters/account.ts";
import { dev } from "../../clusters/dev.ts";
import { production } from "../../clusters/production.ts";
import { staging } from "../../clusters/staging.ts";
import type { AccountReader } from "../aws/account-reader.ts";
import type { ClusterReader } from "../aws/cluster-reader.ts";
import { AwsRefusal } from "../aws/signed-requests.ts";
import { preflight } from "./checks.ts";
import { type Needs, needsOf, processors } from "./needs.ts";
import { preflightLines } from "./preflight-lines.ts";

let needs: readonly Needs[];
beforeAll(() => {
  const clusters = [dev, staging, production];
  const stacks = synthesiseClusters(clusters.map((cluster) => ({ file: cluster.name, cluster })));
  needs = clusters.map((it) => needsOf(it, stacks.get(it.name) as string));
});

/** An account in which everything is there. */
const wellAccount: AccountReader = {
  caller: async () => ({ account: account.account, arn: "arn:aws:iam::111111111111:user/a" }),
  exists: async () => true,
  object: async () => undefined,
};
const wellClusters: ClusterReader = {
  parameterType: async (_, name) => (name.includes("/ami/") ? "aws:ec2:image" : "text"),
  hasSecret: async () => true,
  zoneDomain: async () => "example.org",
  quota: async () => 1000,
  inUseByOthers: async () => 0,
  denied: async () => [],
};

async function faults(differs: {
  readonly account?: Partial<AccountReader>;
  readonly clusters?: Partial<ClusterReader>;
}) {
  const found = await preflight({
    ...{ account, needs },
    accountReader: { ...wellAccount, ...differs.account },
    clusterReader: { ...wellClusters, ...differs.clusters },
  });
  return found.filter(({ fault }) => fault !== undefined);
}

test("what a cluster needs is read from its stack and its file", () => {
  expect(needs[2]).toEqual({
    cluster: "production",
    region: "eu-central-1",
    imageParameters: ["/shoestring/ami/stable/arm64"],
    secrets: [
      "secretsmanager:production/api/database",
      "ssm:/shoestring/production/consul/management-token",
    ],
    zone: { id: "Z0123456789EXAMPLE", domain: "example.org" },
    counts: {
      addresses: 3,
      networks: 1,
      "load balancers": 1,
      processors: 3 * 2 + 3 * 1 + 2 * 2 + 3 * 2,
    },
  });
});

test.each([
  ["t4g.nano", 2],
  ["m7g.medium", 1],
  ["c7g.large", 2],
  ["m7g.xlarge", 4],
  ["m7g.12xlarge", 48],
])("an instance of %s has %i processors", (type, count) => {
  expect(processors(type)).toBe(count);
});

test("an account in which everything is there has no fault", async () => {
  expect(await faults({})).toEqual([]);
});

test("an empty account is told all at once, each with its fix", async () => {
  const found = await faults({
    account: { exists: async () => false },
    clusters: {
      parameterType: async () => undefined,
      hasSecret: async () => false,
      zoneDomain: async () => undefined,
      quota: async () => 4,
      inUseByOthers: async () => 1,
      denied: async (_, actions) => actions.slice(0, 1),
    },
  });
  const fixOf = (words: string) => found.find(({ what }) => what.includes(words))?.fix;
  expect(found.length).toBeGreaterThan(12);
  expect(fixOf("the bucket of all states")).toBe("npx shoestring bootstrap");
  expect(fixOf("production/api/database")).toMatch(/^aws secretsmanager create-secret --region/);
  expect(fixOf("Elastic IP")).toMatch(
    /request-service-quota-increase .* L-0263D0A3 --desired-value/,
  );
  expect(found.find(({ what }) => what.includes("you may apply"))?.fault).toBe(
    "denied: iam:CreateRole",
  );
  const lines = preflightLines(found);
  expect(lines.filter((it) => it.startsWith("missing "))).toHaveLength(found.length);
  expect(lines.filter((it) => it.startsWith("        fix: "))).toHaveLength(found.length);
});

test("addresses of others count, and those of Shoestring do not count twice", async () => {
  const addresses = (others: number) =>
    faults({
      clusters: {
        quota: async (_, __, code) => (code === "L-0263D0A3" ? 5 : 1000),
        inUseByOthers: async () => others,
      },
    });
  expect(await addresses(0)).toEqual([]); // three of production, one of staging, one of dev
  expect((await addresses(1)).map(({ fault }) => fault)).toEqual([
    "6 with those of others; the quota is 5",
  ]);
});

test.each([
  ["a parameter that names no image", { parameterType: async () => "text" }, "data type text"],
  [
    "a zone of another domain",
    { zoneDomain: async () => "example.com" },
    "the zone of example.com",
  ],
])("%s is a fault", async (_, clusters, words) => {
  expect((await faults({ clusters })).map(({ fault }) => fault).join()).toContain(words);
});

test("a look that AWS refuses is a fault, and the others are looked at", async () => {
  const quota = () => Promise.reject(new AwsRefusal("GetServiceQuota", "AccessDenied", ""));
  const found = await faults({ clusters: { quota } });
  expect(found).toHaveLength(4);
  expect(found[0]?.fault).toBe("cannot be read: AWS refused GetServiceQuota: AccessDenied");
});
