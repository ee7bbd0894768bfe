import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { EcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster/index.js";
import { EcsService } from "@cdktf/provider-aws/lib/ecs-service/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { Construct } from "constructs";
import { check } from "../shared/check.ts";
import { securityGroup, targetGroup } from "./network.ts";
import { type FargateServiceProps, fargateDefaults, fargateRules } from "./props.ts";
import { taskRoles } from "./roles.ts";
import { scaling } from "./scaling.ts";
import { taskDefinition } from "./task.ts";

const logRetentionDays = 30;

/** A small dynamic app in containers, behind a load balancer that it shares. */
export class FargateService extends Construct {
  /** Name of the ECS service, and of the ECS cluster that it has for itself. */
  readonly name: string;
  readonly securityGroupId: string;
  readonly targetGroupArn: string;
  /** The container's own role; it may do nothing until something is granted to it. */
  readonly taskRoleName: string;
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, props: FargateServiceProps) {
    super(scope, id);
    const all = { ...fargateDefaults, ...props };
    check(this, fargateRules(all));
    const { cluster, service, loadBalancer, port, minTasks } = all;
    const name = `${cluster}-${service}`;

    const logs = new CloudwatchLogGroup(this, "logs", {
      name: `/aws/ecs/${name}`,
      retentionInDays: logRetentionDays,
    });
    const roles = taskRoles(this, all, name, logs.arn);
    const task = taskDefinition(this, {
      ...all,
      family: name,
      logGroupName: logs.name,
      executionRoleArn: roles.execution.arn,
      taskRoleArn: roles.task.arn,
    });

    const securityGroupId = securityGroup(this, all, name);
    const group = targetGroup(this, all, name);
    loadBalancer.allowTo(service, securityGroupId, port);
    const rule = loadBalancer.addRule({
      service,
      hosts: all.hosts,
      targetGroupArn: group.arn,
      ...(all.paths === undefined ? {} : { paths: all.paths }),
      ...(all.priority === undefined ? {} : { priority: all.priority }),
    });

    // An ECS cluster of its own costs nothing, and other services' changes do not affect it.
    const ecs = new EcsCluster(this, "ecs-cluster", { name });
    const running = new EcsService(this, "resource", {
      name,
      cluster: ecs.arn,
      taskDefinition: task.arn,
      launchType: "FARGATE",
      desiredCount: minTasks,
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      waitForSteadyState: true,
      availabilityZoneRebalancing: "ENABLED",
      healthCheckGracePeriodSeconds: all.startSeconds,
      networkConfiguration: {
        subnets: [...all.subnetIds],
        securityGroups: [securityGroupId],
        assignPublicIp: false,
      },
      loadBalancer: [{ containerName: service, containerPort: port, targetGroupArn: group.arn }],
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      // Scaling changes it at run time.
      lifecycle: { ignoreChanges: ["desired_count"] },
      // ECS refuses a target group that no rule uses, and starts tasks at once.
      dependsOn: [rule, roles.executionGrant],
    });
    scaling(this, { ...all, name, resourceId: `service/${ecs.name}/${running.name}` });

    this.name = running.name;
    this.securityGroupId = securityGroupId;
    this.targetGroupArn = group.arn;
    this.taskRoleName = roles.task.name;
    this.logGroupName = logs.name;
  }

  /**
   * Lets the tasks connect to the members of a security group, like a database's.
   *
   * @param id what that is; part of the state address.
   */
  allowTo(id: string, securityGroupId: string, port: number): void {
    new VpcSecurityGroupEgressRule(this, `reach-${id}`, {
      securityGroupId: this.securityGroupId,
      referencedSecurityGroupId: securityGroupId,
      description: id,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
    });
  }
}
