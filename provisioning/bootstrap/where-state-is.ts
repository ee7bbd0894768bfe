import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";

/** The texts of the account's state: in its bucket, and in the file of a bootstrap. */
export interface StateTexts {
  readonly inBucket: string | undefined;
  readonly inFile: string | undefined;
}

/**
 * Where the state of the stack `account` is: `file` until it has moved to the bucket.
 *
 * An interrupted move leaves both. The one in the bucket then has the file's lineage, and is no
 * older.
 *
 * @throws Problem for two states of which neither comes from the other.
 */
export function whereStateIs({ inBucket, inFile }: StateTexts): "file" | "bucket" {
  if (inBucket === undefined) return "file";
  if (inFile === undefined) return "bucket";
  const [bucket, file] = [inBucket, inFile].map(
    (text) => parseJson(text) as { readonly lineage: string; readonly serial: number },
  ) as [Version, Version];
  if (bucket.lineage === file.lineage) return bucket.serial >= file.serial ? "bucket" : "file";
  throw new Problem({
    happened: `there are two states of the stack account: one in its bucket, another in ${stateFile}`,
    unchanged: "nothing was planned or applied",
    next: `the one in the bucket counts: mv ${stateFile} ${stateFile}.old, then npx shoestring bootstrap`,
  });
}

interface Version {
  readonly lineage: string;
  readonly serial: number;
}

/** The state of the stack `account` until its bucket is there, from the checkout. */
export const stateFile = ".bootstrap/account.tfstate";
