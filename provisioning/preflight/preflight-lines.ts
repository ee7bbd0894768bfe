import type { Finding } from "./checks.ts";

/** The findings as lines: faults last, each with its fix. */
export function preflightLines(findings: readonly Finding[]): string[] {
  const faults = findings.filter(({ fault }) => fault !== undefined);
  const good = findings.filter(({ fault }) => fault === undefined);
  return [
    ...good.map(({ what }) => `ok      ${what}`),
    ...faults.flatMap(({ what, fault, fix }) => [
      `missing ${what}: ${fault}`,
      `        fix: ${fix}`,
    ]),
    faults.length === 0
      ? `all ${good.length} checks are well`
      : `${faults.length} of ${findings.length} checks found something`,
  ];
}
