import type { ClusterRemains } from "../aws/cluster-remains.ts";
import type { Effects } from "../core/effects.ts";

export interface Differs {
  /** Attributes of the database. */
  readonly database?: Readonly<Record<string, unknown>>;
  /** Attributes of the load balancer. */
  readonly balancer?: Readonly<Record<string, unknown>>;
}

const bucket = "staging-artifacts-111111111111-eu-central-1";

const resource = (type: string, values: Readonly<Record<string, unknown>>) => ({
  ...{ address: `${type}.main`, mode: "managed", type, name: "main", values },
});

/** An applied cluster in memory, with as much of Terraform as its destroy asks for. */
export function clusterDouble({ database = {}, balancer = {} }: Differs = {}) {
  let resources = [
    resource("aws_db_instance", database),
    resource("aws_lb", balancer),
    resource("aws_s3_bucket", { bucket }),
    resource("aws_route53_zone", { vpc: [{ vpc_id: "vpc-1" }] }),
  ];
  let keys = [resource("consul_keys", {})];
  let objects = 3;
  let parameters = [
    "/shoestring/staging/consul/management-token",
    "/shoestring/staging/web/consul-token",
  ];
  const said: string[] = [];
  const asked: string[] = [];
  let killer = () => {};

  function act(command: string): number {
    if (/ plan /.test(command)) return resources.length > 0 ? 2 : 0;
    if (/ apply /.test(command)) {
      if (objects > 0) return 1; // BucketNotEmpty
      resources = [];
    }
    if (command.includes("state rm")) keys = [];
    return 0;
  }

  /** The effects of one run, which is killed before its nth call, counted from 0. */
  function effects(answer = true, killedAt = Number.POSITIVE_INFINITY): Effects {
    let call = 0;
    killer = () => {
      if (call++ === killedAt) throw new Error("killed");
    };
    return {
      say: (line) => void said.push(line),
      read: () => undefined,
      async output(command) {
        killer();
        const shown = command.includes("staging-config") ? keys : resources;
        return JSON.stringify({ values: { root_module: { resources: shown } } });
      },
      async confirm(question) {
        killer();
        asked.push(question);
        return answer;
      },
      async shell(command) {
        killer();
        return act(command);
      },
    };
  }
  const remains = (): ClusterRemains => ({
    async emptyBucket() {
      killer();
      const deleted = objects;
      objects = 0;
      return deleted;
    },
    async parameters() {
      killer();
      return parameters;
    },
    async deleteParameters() {
      killer();
      parameters = [];
    },
  });
  const left = () => ({
    resources: resources.length,
    keys: keys.length,
    objects,
    parameters,
  });
  return { effects, remains, said, asked, left };
}
