import type { ClusterFile } from "./cluster-file.ts";
import { accountTaken, type TakenName, takenNames } from "./names.ts";

interface Taken extends TakenName {
  readonly file: string;
}

/** Describes each pair of things that would have one name at AWS, in one cluster or in two. */
export function sameNames(files: readonly ClusterFile[]): string[] {
  const first = new Map<string, Taken>();
  const kinds = new Map<string, string[]>();
  for (const taken of files.flatMap(takenBy)) {
    const key = `${taken.kind} ${taken.name}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, taken);
    else if (isAnother(taken, other)) {
      const pair = meeting(other, taken);
      kinds.set(pair, [...(kinds.get(pair) ?? []), `${taken.name} (${taken.kind})`]);
    }
  }
  return [...kinds].map(
    ([pair, names]) =>
      `${pair} would both have the name ${names[0]}${more(names.length - 1)}; good: another name for one of them`,
  );
}

function takenBy({ file, cluster }: ClusterFile): Taken[] {
  return [...accountTaken(cluster), ...takenNames(cluster)].map((it) => ({ ...it, file }));
}

/** The account's names come once with each cluster; clusters of one name are another fault. */
const isAnother = (one: Taken, other: Taken) =>
  one.owner !== other.owner || (one.file !== other.file && !one.isOfAccount);

function meeting(one: Taken, other: Taken): string {
  const at = ({ file }: Taken) => `clusters/${file}.ts`;
  return one.file === other.file
    ? `${at(one)}: ${one.owner} and ${other.owner}`
    : `${at(one)} and ${at(other)}: ${one.owner} and ${other.owner}`;
}

const more = (count: number) => (count > 0 ? `, and ${count} more` : "");
