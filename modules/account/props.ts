import { Name, ServiceName } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { accountRule, regionRule } from "../shared/common-rules.ts";
import { goodRepository, isRepository } from "./github.ts";
import { type AccountIdentity, accountNames } from "./names.ts";

export interface AccountProps extends AccountIdentity {
  /** GitHub repository of the infrastructure, as GitHub writes it in tokens: `acme@123456/infrastructure@456789`. */
  readonly repository: string;
  /**
   * Who makes the provider of GitHub's tokens, of which an account has one: this stack (`own`), or
   * somebody before (`existing`), with the audience `sts.amazonaws.com`. @default "own"
   */
  readonly githubProvider?: "own" | "existing";
  /** GitHub environment of the jobs that apply; GitHub lets only protected branches deploy to it. @default "production" */
  readonly applyEnvironment?: string;
  /** The region of each cluster in this account, by the cluster's name; up to eight clusters. */
  readonly clusters: Readonly<Record<string, string>>;
  /** IAM actions that roles of services may have beyond the usual ones, like `ses:SendEmail`. @default none */
  readonly serviceActions?: readonly string[];
  /** Budget of a month, in US dollars; `budgetEmails` are notified at 80 % and at 100 % of it, and when the forecast exceeds it. */
  readonly monthlyBudgetUsd: number;
  /** E-mail addresses that are notified of the budget, one to ten. */
  readonly budgetEmails: readonly string[];
}

export interface DeployRoleProps {
  /** The service whose releases are uploaded. */
  readonly service: string;
  /** The cluster that the releases go to; the branch that uploads is `deploy/<cluster>`. */
  readonly cluster: string;
  /** GitHub repository of the service, as GitHub writes it in tokens: `acme@123456/web@456790`. */
  readonly repository: string;
  /** ARN of the cluster's artifacts bucket. */
  readonly bucketArn: string;
}

/** A role takes ten policies: one for each cluster, and two for the rest. */
const maxClusters = 8;

const isName = (it: string) => Name.safeParse(it).success;

export function accountRules(props: Required<AccountProps>) {
  const { name } = props;
  return [
    rule(
      "name",
      name,
      'a name of up to 14 letters, digits and dashes, like "shoestring"',
      (it) => isName(it) && it.length <= 14,
    ),
    accountRule(props.account),
    regionRule(props.region),
    rule("repository", props.repository, goodRepository, isRepository),
    rule("githubProvider", props.githubProvider, '"own" or "existing"', (it) =>
      ["own", "existing"].includes(it),
    ),
    rule(
      "applyEnvironment",
      props.applyEnvironment,
      'the name of a GitHub environment without wildcards, like "production"',
      (it) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(it),
    ),
    rule(
      "clusters",
      props.clusters,
      // The apply role manages what is called `<cluster>-…`, and must not manage itself.
      `up to eight names with regions, of which no name begins the account's own name "${name}", like {"staging":"eu-central-1"}`,
      (it) =>
        Object.keys(it).length <= maxClusters &&
        Object.keys(it).every(
          (cluster) => isName(cluster) && !`${name}-`.startsWith(`${cluster}-`),
        ),
    ),
    rule(
      "serviceActions",
      props.serviceActions,
      'actions by name, none of IAM, STS or Organizations, like ["ses:SendEmail"]',
      (it) =>
        it.every((action) =>
          /^(?!(iam|sts|organizations|account):)[a-z0-9-]+:[A-Z]\w+\*?$/.test(action),
        ),
    ),
    rule(
      "monthlyBudgetUsd",
      props.monthlyBudgetUsd,
      "whole US dollars from 1, like 500",
      (it) => Number.isInteger(it) && it >= 1,
    ),
    rule(
      "budgetEmails",
      props.budgetEmails,
      'one to ten e-mail addresses, like ["finance@example.org"]',
      (it) =>
        it.length >= 1 && it.length <= 10 && it.every((mail) => /^[^@\s]+@[^@\s]+$/.test(mail)),
    ),
  ] satisfies PropRule[];
}

export function deployRules(identity: AccountIdentity, props: DeployRoleProps) {
  const { service, cluster } = props;
  const roleName = accountNames(identity).deployRole(cluster, service);
  return [
    rule(
      "service",
      service,
      'the name of a service, like "web"',
      (it) => ServiceName.safeParse(it).success,
    ),
    rule("cluster", cluster, 'the name of a cluster, like "staging"', isName),
    rule("repository", props.repository, goodRepository, isRepository),
    rule(
      "bucketArn",
      props.bucketArn,
      'the ARN of the artifacts bucket, like "arn:aws:s3:::staging-artifacts-123456789012-eu-central-1"',
      (it) => /^arn:aws:s3:::[a-z0-9-]+$/.test(it),
    ),
    rule(
      "name of the role",
      roleName,
      "at most 64 characters: shorten the service or the cluster",
      (it) => it.length <= 64,
    ),
  ] satisfies PropRule[];
}
