/** Types of what may exist before the stack `account` is applied. */
export type AdoptableType =
  | "aws_s3_bucket"
  | "aws_iam_openid_connect_provider"
  | "aws_iam_role"
  | "aws_iam_policy"
  | "aws_budgets_budget";

/** Who the credentials belong to. */
export interface Caller {
  /** 12 digits. */
  readonly account: string;
  readonly arn: string;
}

/** Reads what is in an AWS account. Every method rejects with a Problem where AWS refuses. */
export interface AccountReader {
  caller(): Promise<Caller>;
  /** Whether something exists, by Terraform's id for its import. */
  exists(type: AdoptableType, id: string): Promise<boolean>;
  /** The text of an object; undefined where it or its bucket does not exist. */
  object(bucket: string, key: string): Promise<string | undefined>;
}
