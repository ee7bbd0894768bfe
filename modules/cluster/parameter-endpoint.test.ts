import { App, Testing } from "cdktf";
import { expect, test } from "vitest";
import { dev } from "../../clusters/dev.ts";
import { readSynthesised } from "../testing/synthesise.ts";
import { ClusterStack } from "./cluster-stack.ts";

test("in a network without NAT only announce asks SSM's endpoint, by a URL of its own", () => {
  const { resources, only } = readSynthesised(
    Testing.synth(new ClusterStack(new App(), dev), true),
  );
  const endpoints = resources("aws_vpc_endpoint");
  const [[id, endpoint] = ["", {}], ...more] = Object.entries(endpoints).filter(
    ([, { vpc_endpoint_type }]) => vpc_endpoint_type === "Interface",
  );
  expect(more).toEqual([]);
  // Consul's servers and the instances have no rule there, and ask SSM itself.
  expect(endpoint.private_dns_enabled).toBe(false);
  expect(only("aws_lambda_function").environment.variables.AWS_ENDPOINT_URL_SSM).toBe(
    `https://\${aws_vpc_endpoint.${id}.dns_entry[0].dns_name}`,
  );
  const into = Object.values(resources("aws_vpc_security_group_ingress_rule")).filter(
    ({ security_group_id }) => endpoint.security_group_ids.includes(security_group_id),
  );
  expect(into).toEqual([expect.objectContaining({ description: "announce", from_port: 443 })]);
});
