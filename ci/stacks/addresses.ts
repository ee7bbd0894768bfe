/** `make addresses`: writes the reviewed list of every stack's addresses, `ci/stacks/addresses.txt`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSynthesised } from "../../modules/testing/synthesise.ts";
import type { Stacks } from "./contract.ts";
import { ourClusters, synthesiseClusters } from "./synthesise-clusters.ts";

const file = join(import.meta.dirname, "addresses.txt");

/** One line for each address of each stack, sorted: `staging aws_vpc.network_resource_…`. */
export const addressLines = (stacks: Stacks): string[] =>
  [...stacks]
    .flatMap(([stack, text]) => readSynthesised(text).addresses.map((it) => `${stack} ${it}`))
    .sort();

/** Lines whose objects Terraform takes over at another address. */
function movedAddresses(stacks: Stacks): Set<string> {
  const lines = [...stacks].flatMap(([stack, text]) => {
    const { moved = [] } = JSON.parse(text) as { moved?: readonly { readonly from: string }[] };
    return moved.map(({ from }) => `${stack} ${from}`);
  });
  return new Set(lines);
}

export const reviewedAddresses = (): string[] =>
  readFileSync(file, "utf8").split("\n").filter(Boolean);

/** New and removed addresses: a changed one destroys its object and creates another. */
export function addressFaults(stacks: Stacks, reviewed: readonly string[]): string[] {
  const now = addressLines(stacks);
  const moved = movedAddresses(stacks);
  const gone = reviewed.filter((line) => !now.includes(line) && !moved.has(line));
  const added = now.filter((line) => !reviewed.includes(line));
  return [
    ...gone.map(
      (line) =>
        `${line} is gone: it would be destroyed. Give it a moved entry, or review: make addresses`,
    ),
    ...added.map((line) => `${line} is new. Review: make addresses`),
  ];
}

if (import.meta.filename === process.argv[1]) {
  const lines = addressLines(synthesiseClusters(await ourClusters()));
  writeFileSync(file, `${lines.join("\n")}\n`);
  console.log(`${lines.length} addresses; review the difference: git diff ${file}`);
}
