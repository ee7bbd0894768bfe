import { contains } from "./contains.ts";
import { overlap, wildcards } from "./pattern.ts";
import { grade, type Match, manualPriority } from "./priority.ts";

/** A rule with its place on the listener. */
export interface PlacedRule extends Match {
  /** The name in messages: the service, and the rule's name when the service has several. */
  readonly name: string;
  readonly priority: number;
  /** Whether a person chose the priority. */
  readonly chosen: boolean;
}

/** Describes each pair of rules that conflict on one load balancer, or whose order is undefined. */
export function conflicts(rules: readonly PlacedRule[]): string[] {
  const inOrder = rules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return inOrder.flatMap((one, at) =>
    inOrder.slice(at + 1).flatMap((other) => conflict(one, other, freePriority(rules)) ?? []),
  );
}

function conflict(one: PlacedRule, other: PlacedRule, free: number): string | undefined {
  const both = `${one.name} and ${other.name}`;
  const [wide, narrow] = grade(one) > grade(other) ? [one, other] : [other, one];
  const same = pairs(one, other).find(([a, b]) => covers(a, b) && covers(b, a));
  if (same) {
    return `${both} both answer for ${same[0].host}${same[0].path}, so one of them would never be asked; give them different hosts or paths`;
  }
  if (one.priority === other.priority) {
    return `${both} have the same priority, ${one.priority}; give one of them its own, like priority: ${free} for ${other.name}`;
  }
  const shared = pairs(one, other).find(
    ([a, b]) => overlap(a.host, b.host) && overlap(a.path, b.path),
  );
  if (!shared) return undefined;
  const where = `${shared[0].host}${shared[0].path} of ${one.name} and ${shared[1].host}${shared[1].path} of ${other.name}`;
  if (grade(one) === grade(other) && !one.chosen && !other.chosen) {
    const first = narrower(one, other, shared);
    return `some requests match both ${where}; say which is asked first, like priority: ${free} for ${first.name}`;
  }
  if (grade(wide) > grade(narrow) && wide.priority < narrow.priority) {
    return `${wide.name} (priority ${wide.priority}) takes requests of ${narrow.name} (priority ${narrow.priority}), as it comes first and some match both ${where}; give ${narrow.name} a smaller priority, or ${wide.name} none`;
  }
  const [earlier, later] = one.priority < other.priority ? [one, other] : [other, one];
  if (isWithin(later, earlier)) {
    return `${later.name} (priority ${later.priority}) would never be asked, as ${earlier.name} (priority ${earlier.priority}) comes first and takes all that it matches, like ${where}; give ${later.name} a smaller priority than ${earlier.name}`;
  }
  return undefined;
}

/** The rule that must come first to be asked at all; else the one with more literal characters. */
function narrower(
  one: PlacedRule,
  other: PlacedRule,
  [a, b]: readonly [Target, Target],
): PlacedRule {
  if (isWithin(one, other)) return one;
  if (isWithin(other, one)) return other;
  return literals(a) > literals(b) ? one : other;
}

/** Whether each target of a rule lies in one of another. */
const isWithin = (narrow: Match, wide: Match): boolean =>
  targets(narrow).every((it) => targets(wide).some((that) => covers(that, it)));

const covers = (wide: Target, narrow: Target): boolean =>
  contains(wide.host, narrow.host) && contains(wide.path, narrow.path);

const literals = ({ host, path }: Target): number =>
  host.length + path.length - wildcards(host + path);

interface Target {
  readonly host: string;
  readonly path: string;
}

const targets = ({ hosts, paths }: Match): readonly Target[] =>
  hosts.flatMap((host) =>
    (paths.length > 0 ? paths : ["/*"]).map((path) => ({
      host: host.toLowerCase(),
      path: path === "*" ? "/*" : path,
    })),
  );

const pairs = (one: Match, other: Match): readonly (readonly [Target, Target])[] =>
  targets(one).flatMap((a) => targets(other).map((b) => [a, b] as const));

function freePriority(rules: readonly PlacedRule[]): number {
  const taken = new Set(rules.map(({ priority }) => priority));
  for (let n: number = manualPriority.least; n <= manualPriority.most; n++)
    if (!taken.has(n)) return n;
  return manualPriority.most;
}
