import { expect, test } from "vitest";
import type { Cluster } from "../spec/cluster.ts";
import { validateClusters } from "./validate.ts";

/** An internal service on the machine of a public one with some host. */
const withHost = (host: string, http: "internal" | "none" = "internal"): Cluster => ({
  name: "qa",
  cidr: "10.46.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  services: {
    web: { instances: { min: 1, max: 2 }, hosts: [host], command: ["./web"] },
    auth: { instances: { sharedWith: "web" }, http, command: ["./auth"], basePort: 9000 },
  },
});
const validate = (cluster: Cluster) => () => validateClusters([{ file: cluster.name, cluster }]);

test.each([
  ...["auth.qa.internal", "*.qa.internal", "*.QA.Internal", "x.qa.internal"],
  ...["*", "*.*", "auth.*", "*.internal", "a???.qa.*", "*l"],
])("a public host that a name of an internal service matches is refused: %s", (host) => {
  expect(validate(withHost(host))).toThrow(
    `services.web.hosts is "${host}"; good: a host that no name of an internal service (*.qa.internal) matches, like "www.example.org"`,
  );
});

test.each(["www.example.org", "*.example.org", "qa.internal", "*.prod.internal", "auth.internal"])(
  "a public host that no such name matches passes beside an internal service: %s",
  (host) => {
    expect(validate(withHost(host))).not.toThrow();
  },
);

test("any public host passes in a cluster without internal services", () => {
  expect(validate(withHost("*", "none"))).not.toThrow();
});
