import { Token } from "cdktf";
import { whyNoConfig } from "../../protocol/config-variable.ts";
import { Name, ServiceName } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { looksSecret } from "./secrets.ts";

/** Values of variables, by their names. */
export type Variables = Readonly<Record<string, string>>;

export interface ConsulConfigProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** Names of the cluster's services. */
  readonly services: readonly string[];
  /** Services that run on the instances of another one, with the other's name; both use one Consul token. @default none */
  readonly sharedWith?: Readonly<Record<string, string>>;
  /** Environment variables of every service. In place of a secret they have a reference: `ssm:/<path>` or `secretsmanager:<name>`, with `#<field>` for one field of JSON. @default none */
  readonly globalConfig?: Variables;
  /** Environment variables of one service, by the service's name; they override the global ones. @default none */
  readonly serviceConfig?: Readonly<Record<string, Variables>>;
}

export function consulConfigRules(props: Required<ConsulConfigProps>): PropRule[] {
  const { cluster, services, globalConfig, serviceConfig } = props;
  return [
    rule("cluster", cluster, '"staging"', (it) => Name.safeParse(it).success),
    rule(
      "services",
      services,
      `a list of different names that mean nothing else in Consul KV, like ["web"]`,
      (it) =>
        it.every((name) => ServiceName.safeParse(name).success) && new Set(it).size === it.length,
    ),
    rule("serviceConfig", Object.keys(serviceConfig), "only names that are in `services`", (it) =>
      it.every((name) => services.includes(name)),
    ),
    ...variableRules("globalConfig", `/shoestring/${cluster}/global`, globalConfig),
    ...Object.entries(serviceConfig).flatMap(([service, variables]) =>
      variableRules(`serviceConfig.${service}`, `/shoestring/${cluster}/${service}`, variables),
    ),
  ];
}

/** Rules without the values: a broken rule is printed, and a value may be a secret. */
function variableRules(prop: string, folder: string, variables: Variables): PropRule[] {
  const hidden = "(not shown)";
  return Object.entries(variables).flatMap(([name, value]) => {
    const known = !Token.isUnresolved(value);
    const path = `${folder}/${name.toLowerCase().replaceAll("_", "-")}`;
    const hides = (good: string, holds: () => boolean) =>
      rule(`${prop}.${name}`, hidden, good, () => !known || holds());
    const wrongName = whyNoConfig(name, "");
    const wrong = known ? whyNoConfig(name, value) : undefined;
    return [
      rule(
        `the name of ${prop}.${name}`,
        name,
        `letters, digits and underscores, like "LOG_LEVEL" (${wrongName})`,
        () => wrongName === undefined,
      ),
      hides(
        `text that a process can be given, or a whole reference like "ssm:${path}" (${wrong})`,
        () => wrongName !== undefined || wrong === undefined,
      ),
      hides(
        `a reference, because it looks like a secret: "ssm:${path}"`,
        () => !looksSecret(name, value),
      ),
    ];
  });
}
