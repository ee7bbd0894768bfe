import { join } from "node:path";
import { expect, test } from "vitest";
import { examples, faultsOf } from "./examples.ts";
import { checkout, pages } from "./repository.ts";

test("every example on every page compiles under the project's own rules", () => {
  const all = pages().flatMap((page) => examples(page));
  // One program for all, and for two that are wrong on purpose, so that types are read once.
  const wrong = examples(join(checkout, "modules", "network", "wrong.md"), wrongPage);
  const faults = faultsOf([...all, ...wrong]);
  const onPurpose = (fault: string) => fault.startsWith("modules/network/wrong.md:");

  expect(all.length).toBeGreaterThan(10);
  expect(
    faults.filter((it) => !onPurpose(it)),
    hint,
  ).toEqual([]);
  expect(faults.filter(onPurpose)).toEqual([
    expect.stringContaining("wrong.md:6: Type 'string' is not assignable to type 'number'"),
    expect.stringContaining("wrong.md:10: Cannot find name 'Network'"),
  ]);
});

const hint =
  "an example says `stack`, not `this`, and imports what ci/module-readmes/examples.ts does not name";

const wrongPage = `# wrong

\`\`\`ts
import { Network } from "../network/index.ts";
new Network(stack, "network", {
  cluster: "staging", cidr: "10.42.0.0/16", region: "eu-central-1", zones: "two" });
\`\`\`

\`\`\`ts
new Network(stack, "network", { cluster: "staging", cidr: "10.42.0.0/16", region: "a" });
\`\`\`
`;
