import { AclPolicy } from "@cdktf/provider-consul/lib/acl-policy/index.js";
import { AclToken } from "@cdktf/provider-consul/lib/acl-token/index.js";
import { Keys } from "@cdktf/provider-consul/lib/keys/index.js";
import { TerraformOutput, Token } from "cdktf";
import { Construct } from "constructs";
import { keys } from "../../protocol/keys.ts";
import { check } from "../shared/check.ts";
import { agentRules, announceRules, operatorRules, viewerRules } from "./policies.ts";
import { type ConsulConfigProps, consulConfigRules, type Variables } from "./props.ts";

/** Config, policies, and tokens without secrets in a cluster's Consul, from the cluster's file. */
export class ConsulConfig extends Construct {
  /** Ids of the tokens, by policy: "agent-<service>", "announce", "operator", "viewer". Not secret. */
  readonly accessorIds: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ConsulConfigProps) {
    super(scope, id);
    const all = { sharedWith: {}, globalConfig: {}, serviceConfig: {}, ...props };
    check(this, consulConfigRules(all));
    const { services, globalConfig, serviceConfig } = all;
    const sharedWith: Readonly<Record<string, string>> = all.sharedWith;
    const hosts = services.filter((it) => sharedWith[it] === undefined);

    this.accessorIds = Object.fromEntries([
      ...hosts.map((host) => {
        const beside = services.filter((it) => sharedWith[it] === host);
        return this.token(`agent-${host}`, `Instances of ${host}`, agentRules([host, ...beside]));
      }),
      this.token("announce", "The announce function", announceRules()),
      this.token("operator", "Who deploys and configures by hand", operatorRules()),
      this.token("viewer", "Who only looks", viewerRules()),
    ]);
    new TerraformOutput(this, "accessor-ids", {
      value: this.accessorIds,
      description: "Accessor ids of the Consul tokens, by policy",
    }).overrideLogicalId("accessor_ids");

    for (const service of services) {
      new Keys(this, `service-${service}`, {
        key: [{ path: keys.service(service), value: "by the cluster's file", delete: true }],
      });
    }
    this.variables("global", globalConfig);
    for (const [service, variables] of Object.entries(serviceConfig)) {
      this.variables(service, variables);
    }
  }

  /** Makes a policy and its only token. Consul makes the secret; Terraform never reads it. */
  private token(name: string, description: string, rules: string): [string, string] {
    const policy = new AclPolicy(this, `policy-${name}`, { name, description, rules });
    const token = new AclToken(this, `token-${name}`, { description, policies: [policy.name] });
    return [name, token.accessorId];
  }

  /** One resource for each key: keys beside it were written by the CLI and are left alone. */
  private variables(scope: string, variables: Variables): void {
    for (const [name, value] of Object.entries(variables)) {
      new Keys(this, `variable-${scope}-${name}`, {
        key: [{ path: keys.configVariable(scope, name), value: literal(value), delete: true }],
      });
    }
  }
}

/** `${` and `%{` begin an expression in Terraform; doubled they are text. */
const literal = (value: string) =>
  Token.isUnresolved(value) ? value : value.replaceAll(/[$%](?=\{)/g, "$&$&");
