import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensureReferee } from "../../tools/python.ts";

/** The programs of others that judge, and their data. */
export interface Programs {
  readonly cfnLint: string;
  readonly parliament: string;
  /** Folder of Python's packages: cfn-lint's schemas and botocore's models are in it. */
  readonly packages: string;
}

/** Installs the programs, unless that was done. @throws Problem that says how to get Python and pip */
export async function ensurePrograms(log: (line: string) => void): Promise<Programs> {
  const cfnLint = await ensureReferee(log);
  const bin = dirname(cfnLint);
  const lib = join(bin, "../lib");
  const [python = ""] = readdirSync(lib);
  return {
    cfnLint,
    parliament: join(bin, "parliament"),
    packages: join(lib, python, "site-packages"),
  };
}
