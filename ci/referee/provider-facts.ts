import { readFileSync } from "node:fs";
import { installedBindings } from "../../local/simulated-provider/schema/bindings.ts";
import { generateModule } from "../../local/simulated-provider/schema/generate.ts";
import type { ProviderFacts } from "./replacement.ts";

/** The real provider's rules, and what its source lacks. */
const files = ["facts", "overlay"].map(
  (kind) => new URL(`../../local/simulated-provider/${kind}/aws.json`, import.meta.url),
);

/** What the simulated provider plays for these types. The only place that knows where it has that from. */
export function providerFacts(types: Iterable<string>): Map<string, ProviderFacts> {
  const known = files.map(
    (file) =>
      JSON.parse(readFileSync(file, "utf8")) as {
        resources: Record<string, { forceNew?: string[] }>;
      },
  );
  const { folder } = installedBindings("@cdktf/provider-aws");
  return new Map(
    [...types].map((type) => {
      const { block } = generateModule(folder, type.replace(/^aws_/, "").replaceAll("_", "-"));
      const attributes = Object.entries(block.attributes ?? {});
      const args = attributes.filter(([, { optional, required }]) => optional || required);
      return [
        type,
        {
          args: [...args.map(([name]) => name), ...Object.keys(block.block_types ?? {})],
          replacing: new Set(known.flatMap(({ resources }) => resources[type]?.forceNew ?? [])),
        },
      ];
    }),
  );
}
