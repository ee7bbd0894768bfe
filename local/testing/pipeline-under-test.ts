import { join } from "node:path";
import type { Consul } from "../../lib/consul.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { announceRules } from "../../modules/consul-config/policies.ts";
import { chooseSubnet, ensureBridge } from "../host/network.ts";
import { checkout, regionAt } from "../host/region.ts";
import {
  awsEndpoint,
  awsEnvironment,
  ensureAwsResources,
  motoReady,
  startMoto,
} from "../region/aws.ts";
import { consulReady, ensureGrants, serverUrl, startConsul } from "../region/consul.ts";
import type { RegionState } from "../region/state.ts";
import { supplies } from "../region/supplies.ts";

const names = {
  artifactsBucket: "uploads-artifacts",
  queue: "uploads-announce",
  deadLetters: "uploads-announce-dead",
  announceTokenParameter: "/shoestring/uploads/announce/consul-token",
};

/** The parts that turn an upload into a deploy, without any instance. */
export interface PipelineUnderTest {
  readonly bucket: string;
  readonly deadLetters: string;
  readonly queueUrl: string;
  readonly endpoint: string;
  /** A client with every right; the function's own has the rights of its policy. */
  readonly consul: Consul;
  /** The announce function's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The directory of a region that has no instances. */
export const pipelineRegion = () => regionAt(join(checkout, ".local-uploads"));

/**
 * Starts the parts of a local region that turn an upload into a deploy: S3 and SQS as moto simulates them,
 * a real Consul, and the announce function's token with its real policy. `down` removes them.
 */
export async function pipelineUnderTest(): Promise<PipelineUnderTest> {
  const region = pipelineRegion();
  const from = supplies(region, () => {});
  const subnet = await chooseSubnet(region, "10.0.0.0/8");
  const policies = [{ name: "announce", rules: announceRules() }];
  const tokens = { management: crypto.randomUUID(), announce: crypto.randomUUID() };
  const blueprint = { ...names, consulServers: 1, notificationSuffix: ".tar.gz", policies };
  const state: RegionState = {
    cluster: "uploads",
    blueprint: {
      ...blueprint,
      groups: [],
      rules: [],
      keys: [],
      announceTrace: undefined,
      idleTimeoutSeconds: 60,
      hasTls: false,
    },
    subnet,
    loadBalancerPort: 0,
    addresses: {},
    tokens,
  };
  await ensureBridge(region, subnet, 1);
  await Promise.all([
    from.moto().then((binary) => startMoto(region, state, binary)),
    from.consul().then((binary) => startConsul(region, state, binary)),
  ]);
  await Promise.all([motoReady(region, state, () => {}), consulReady(region, state, () => {})]);
  await ensureGrants(state, [{ name: "announce", rules: announceRules(), token: tokens.announce }]);
  const { queueUrl } = await ensureAwsResources(state, {
    [names.announceTokenParameter]: tokens.announce,
  });
  const url = serverUrl(state, 1);
  return {
    bucket: names.artifactsBucket,
    deadLetters: names.deadLetters,
    queueUrl,
    endpoint: awsEndpoint(state),
    consul: new ConsulHttp({ url, token: tokens.management, http: nodeHttp() }),
    environment: {
      ...awsEnvironment(state),
      CONSUL_URL: url,
      CONSUL_TOKEN: `ssm:${names.announceTokenParameter}`,
    },
  };
}
