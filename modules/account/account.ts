import { Construct } from "constructs";
import { pushStatements } from "../artifacts/push.ts";
import { attach, grant, type Statement } from "../iam/index.ts";
import { check } from "../shared/check.ts";
import { moveFrom } from "../shared/moved.ts";
import { budget } from "./budget.ts";
import { gitHub, workflowRole } from "./github.ts";
import { accountNames, defaultAccountName } from "./names.ts";
import { applyPolicy } from "./policies/apply-policy.ts";
import { permissionsBoundary } from "./policies/permissions-boundary.ts";
import { planPolicy } from "./policies/plan-policy.ts";
import { sharedResources } from "./policies/shared-resources.ts";
import { type AccountProps, accountRules, type DeployRoleProps, deployRules } from "./props.ts";
import { stateBucket } from "./state.ts";

/** Terraform's state, roles for plans, applies and deploys, and a budget: once in an account. */
export class Account extends Construct {
  readonly stateBucketName: string;
  /** Read-only, for every branch and pull request of the infrastructure's repository. */
  readonly planRoleArn: string;
  /** For jobs of the apply environment only. */
  readonly applyRoleArn: string;
  /** What bounds every role that an apply makes. */
  readonly boundaryArn: string;
  private readonly gitHubProviderArn: string;
  private readonly props: AccountProps;

  constructor(scope: Construct, id: string, props: AccountProps) {
    super(scope, id);
    const all = {
      name: defaultAccountName,
      applyEnvironment: "production",
      serviceActions: [],
      githubProvider: "own" as const,
      ...props,
    };
    check(this, accountRules(all));
    const { name, account, repository, clusters, applyEnvironment } = all;
    const names = accountNames(all);

    const state = stateBucket(this, all);
    const stateBucketArn = state.arn;
    const providerArn = gitHub(this, account, all.githubProvider);
    const bound = permissionsBoundary(this, { ...all, stateBucketArn });

    const plan = workflowRole(this, "plan", {
      name: names.planRole,
      description: "Plans: reads how things are set up, changes nothing",
      providerArn,
      repository,
      contexts: ["pull_request", "ref:refs/heads/*"],
    });
    const reads = planPolicy(stateBucketArn);
    grant(this, "plan-reads", { role: plan.name, name: "reads", statements: reads });

    const apply = workflowRole(this, "apply", {
      name: names.applyRole,
      description: "Applies: changes what belongs to a cluster",
      providerArn,
      repository,
      contexts: [`environment:${applyEnvironment}`],
    });
    // Separate policies, one for each cluster: together they exceed IAM's limit for a role.
    const attached = (what: string, statements: readonly Statement[]) =>
      attach(this, `apply-${what}`, {
        role: apply.name,
        name: `${names.applyRole}-${what}`,
        statements,
      });
    attached("reads", reads);
    attached(
      "shared",
      sharedResources({ account, regions: [...new Set(Object.values(clusters))] }),
    );
    for (const [cluster, region] of Object.entries(clusters)) {
      // The boundary by its name: its ARN would be known only after the first apply.
      const { boundaryArn } = names;
      attached(
        `cluster-${cluster}`,
        applyPolicy({ account, region, cluster, stateBucketArn, boundaryArn }),
      );
    }

    budget(this, {
      name: `${name}-monthly`,
      monthlyUsd: all.monthlyBudgetUsd,
      emails: all.budgetEmails,
    });

    this.stateBucketName = state.name;
    this.planRoleArn = plan.arn;
    this.applyRoleArn = apply.arn;
    this.boundaryArn = bound.arn;
    this.gitHubProviderArn = providerArn;
    this.props = props;
  }

  /**
   * A role with which the workflow of a service uploads its releases to one cluster, from the
   * branch `deploy/<cluster>` only. It can read or replace no object, and reach no other service.
   *
   * @returns the role's ARN, for the workflow.
   */
  deployRole(props: DeployRoleProps): string {
    check(this, deployRules(this.props, props));
    const { service, cluster, repository, bucketArn } = props;
    const id = `deploy-${cluster}-${service}`;
    const role = workflowRole(this, id, {
      name: accountNames(this.props).deployRole(cluster, service),
      description: `Uploads releases of ${service} for ${cluster}`,
      providerArn: this.gitHubProviderArn,
      repository,
      contexts: [`ref:refs/heads/deploy/${cluster}`],
    });
    // With a dot, which no name has: `deploy-qa-web-push` is the role of a service `web-push`.
    const push = grant(this, `${id}-push.`, {
      role: role.name,
      name: "push",
      statements: pushStatements(bucketArn, service),
    });
    moveFrom(push, { scope: this, id: `${id}-push` });
    return role.arn;
  }
}
