import type { ITerraformDependable } from "cdktf";

/** The part of a shared load balancer that a service uses. */
export interface SharedLoadBalancer {
  /** Security group of the load balancer: where requests come from. */
  readonly securityGroupId: string;
  /**
   * Sends requests for these hosts and paths to a target group.
   *
   * @returns the rule; before it is there ECS refuses the target group.
   */
  addRule(rule: {
    readonly service: string;
    readonly hosts: readonly string[];
    readonly paths?: readonly string[];
    readonly targetGroupArn: string;
    readonly priority?: number;
  }): ITerraformDependable;
  /** Lets the load balancer reach a security group on a port. */
  allowTo(id: string, securityGroupId: string, port: number): unknown;
}
