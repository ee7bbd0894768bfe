import { Token } from "cdktf";
import { encodeEnvFile } from "../../protocol/env-file.ts";
import { Name, ServiceName } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { isReference, looksSecret } from "./secrets.ts";

/** Values of variables, by their names. */
export type Variables = Readonly<Record<string, string>>;

export interface ConsulConfigProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** Names of the cluster's services. */
  readonly services: readonly string[];
  /** Services that run on the instances of another one, with the other's name; both use one Consul token. @default none */
  readonly sharedWith?: Readonly<Record<string, string>>;
  /** Environment variables of every service. In place of a secret they have a reference: `ssm:<path>` or `secretsmanager:<id>`. @default none */
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
    return [
      rule(`the name of ${prop}.${name}`, name, 'capitals, digits and _, like "LOG_LEVEL"', (it) =>
        /^[A-Z_][A-Z0-9_]*$/.test(it),
      ),
      hides("text without control characters", () => fitsEnvironment(value)),
      hides(
        `a whole reference, like "ssm:${path}"`,
        () => !/^(ssm|secretsmanager):/.test(value) || isReference(value),
      ),
      hides(
        `a reference, because it looks like a secret: "ssm:${path}"`,
        () => !looksSecret(name, value),
      ),
    ];
  });
}

function fitsEnvironment(value: string): boolean {
  try {
    encodeEnvFile({ IT: value });
    return true;
  } catch {
    return false;
  }
}
