import { expect, test } from "vitest";
import { versions } from "../../tools/versions.ts";
import { type ImageSources, imageVariables } from "./variables.ts";

const own = "111111111111";

const sources = (differs: Partial<ImageSources> = {}): ImageSources => ({
  account: {
    account: own,
    region: "eu-central-1",
    repository: "example/infrastructure",
    monthlyBudgetUsd: 1,
    budgetEmails: ["finance@example.org"],
  },
  clusters: [{ account: own, region: "eu-central-1" }],
  commit: "0123456789abcdef0123456789abcdef01234567",
  at: new Date("2026-12-01T08:30:59Z"),
  playbookHash: "feedbeef",
  versions: versions(),
  agentBundle: "/checkout/out/images/agent",
  ...differs,
});

test("clusters in the account's own region need no copy, no sharing and no key", () => {
  expect(imageVariables(sources())).toMatchObject({
    region: "eu-central-1",
    copy_to_regions: [],
    share_with_accounts: [],
    kms_key: "",
    version: "202612010830-0123456",
    node_version: versions().node_version,
  });
});

test("other regions and accounts of clusters are named once each, and the simulated account is not", () => {
  const clusters = [
    { account: "333333333333", region: "us-east-1" },
    { account: "222222222222", region: "eu-west-1" },
    { account: own, region: "us-east-1" },
    { account: "000000000000", region: "eu-north-1" },
  ];
  expect(imageVariables(sources({ clusters, kmsKey: "alias/images" }))).toMatchObject({
    copy_to_regions: ["eu-west-1", "us-east-1"],
    share_with_accounts: ["222222222222", "333333333333"],
    kms_key: "alias/images",
  });
});

test("an image for another account is refused without a key that the account may use", () => {
  const clusters = [{ account: "222222222222", region: "eu-central-1" }];
  expect(() => imageVariables(sources({ clusters }))).toThrow(
    /for the accounts 222222222222.*--kms-key alias\/images/,
  );
});
