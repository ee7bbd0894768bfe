import type { AccountReader, AdoptableType } from "../aws/account-reader.ts";

/** Something that exists and that Terraform takes over instead of making it. */
export interface Adopted {
  /** Its address in the stack. */
  readonly to: string;
  /** Terraform's id for its import. */
  readonly id: string;
}

type Arguments = Readonly<Record<string, string>>;

/**
 * Ids of what may exist before the first apply: made by hand, or by a bootstrap whose state is
 * lost. Everything else in the stack is a setting of these, and a repeated call sets it again.
 */
const ids: Readonly<Record<AdoptableType, (it: Arguments, account: string) => string>> = {
  aws_s3_bucket: ({ bucket = "" }) => bucket,
  aws_iam_openid_connect_provider: ({ url = "" }, account) =>
    `arn:aws:iam::${account}:oidc-provider/${url.replace("https://", "")}`,
  aws_iam_role: ({ name = "" }) => name,
  aws_iam_policy: ({ name = "" }, account) => `arn:aws:iam::${account}:policy/${name}`,
  aws_budgets_budget: ({ name = "" }, account) => `${account}:${name}`,
};

/**
 * Finds what of a stack exists at AWS.
 *
 * @param stackText the stack's `cdk.tf.json`.
 */
export async function findExisting(
  stackText: string,
  account: string,
  reader: AccountReader,
): Promise<Adopted[]> {
  const { resource = {} } = JSON.parse(stackText) as {
    resource?: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
  };
  const candidates = Object.entries(ids).flatMap(([type, idOf]) =>
    Object.entries(resource[type] ?? {}).map(([name, it]) => ({
      type: type as AdoptableType,
      to: `${type}.${name}`,
      id: idOf(it, account),
    })),
  );
  const found: Adopted[] = [];
  for (const { type, to, id } of candidates) {
    if (await reader.exists(type, id)) found.push({ to, id });
  }
  return found;
}

/** Terraform's own blocks for the imports: the plan shows each, and does none twice. */
export const importBlocks = (adopted: readonly Adopted[]): string =>
  JSON.stringify({ import: adopted });
