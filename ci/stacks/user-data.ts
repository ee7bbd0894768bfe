/** `make addresses`: writes the reviewed user data of every launch template, `ci/stacks/user-data.txt`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stacks } from "./contract.ts";
import { ourClusters, synthesiseClusters } from "./synthesise-clusters.ts";

const file = join(import.meta.dirname, "user-data.txt");

interface LaunchTemplates {
  readonly resource?: {
    readonly aws_launch_template?: Readonly<Record<string, { readonly user_data: string }>>;
  };
}

/** The user data of each launch template below its address, sorted. */
export const userDataText = (stacks: Stacks): string =>
  [...stacks]
    .flatMap(([stack, text]) => {
      const { resource } = JSON.parse(text) as LaunchTemplates;
      return Object.entries(resource?.aws_launch_template ?? {}).map(
        ([address, { user_data }]) => `# ${stack} ${address}\n${decode(user_data)}`,
      );
    })
    .sort()
    .join("\n");

/** Terraform itself encodes user data that has expressions. */
const decode = (text: string) =>
  text.startsWith("${") ? text : Buffer.from(text, "base64").toString("utf8");

export const reviewedUserData = (): string => readFileSync(file, "utf8");

if (import.meta.filename === process.argv[1]) {
  writeFileSync(file, userDataText(synthesiseClusters(await ourClusters())));
  console.log(`user data written; review the difference: git diff ${file}`);
}
