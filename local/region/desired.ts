import { anyConsulAddress, consulAddresses } from "../host/addresses.ts";
import type { InstanceSpec } from "../instance/record.ts";
import type { ConsulServers, TargetGroup } from "../load-balancer/config.ts";
import { awsEnvironment } from "./aws.ts";
import type { Blueprint, InstanceGroup } from "./blueprint.ts";
import { namesOf, type RegionState } from "./state.ts";

/** One instance that the cluster asks for. */
export interface DesiredInstance {
  readonly name: string;
  readonly group: InstanceGroup;
}

export const desiredInstances = ({ groups }: Blueprint): DesiredInstance[] =>
  groups.flatMap((group) =>
    Array.from({ length: group.count }, (_, i) => ({ name: `${group.service}-${i + 1}`, group })),
  );

/** @param layers of the image, the topmost first. */
export function instanceSpec(
  state: RegionState,
  { name, group }: DesiredInstance,
  layers: readonly string[],
): InstanceSpec {
  return {
    name,
    service: group.service,
    address: `${state.addresses[name]}/24`,
    layers,
    userData: group.userData,
    hosts: namesOf(state),
    awsEnvironment: awsEnvironment(state),
  };
}

/** The services' target groups, with those of the instances that are theirs. */
export function targetGroups(
  state: RegionState,
  instances: readonly DesiredInstance[],
): TargetGroup[] {
  return state.blueprint.rules.map((rule) => ({
    service: rule.service,
    hosts: rule.hosts,
    paths: rule.paths,
    ...(rule.isInternal ? { isInternal: true } : {}),
    ...(rule.protocol === undefined ? {} : { protocol: rule.protocol }),
    ...(rule.stickySeconds === undefined ? {} : { stickySeconds: rule.stickySeconds }),
    targets: instances
      .filter(({ group }) => group.service === rule.group)
      .map(({ name }) => ({ instance: name, address: state.addresses[name] as string })),
  }));
}

export const consulBehindOne = ({ subnet, blueprint }: RegionState): ConsulServers => ({
  address: anyConsulAddress(subnet),
  servers: consulAddresses(subnet, blueprint.consulServers),
});
