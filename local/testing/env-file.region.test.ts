import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeEnvFile } from "../../protocol/env-file.ts";
import { execOn } from "../region/index.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 });
});
afterAll(endTestRegion);

/** Values with every character that systemd's grammar treats specially. */
const value = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\\",
        '"',
        "'",
        "$",
        "`",
        "\n",
        "\t",
        "#",
        ";",
        "=",
        " ",
        "%",
        "\\n",
        ["$", "{A}"].join(""),
      ),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""))
  .filter(isRepresentable);

function isRepresentable(text: string): boolean {
  try {
    encodeEnvFile({ X: text });
    return true;
  } catch {
    return false;
  }
}

const program = `process.stdout.write(JSON.stringify(process.env))`;

test("systemd passes 10,000 random values on unchanged", async () => {
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const values = fc.sample(value, { seed, numRuns: 10_000 });
  for (let from = 0; from < values.length; from += 1000) {
    const part = values.slice(from, from + 1000);
    const variables = Object.fromEntries(part.map((text, i) => [`V${i}`, text]));
    const write = ["sh", "-c", "cat > /run/values.env"];
    await execOn(on.region, "web-1", write, { input: encodeEnvFile(variables) });
    const { stdout, stderr } = await execOn(on.region, "web-1", [
      ...["systemd-run", "--quiet", "--pipe", "--wait", "--collect"],
      ...["-p", "EnvironmentFile=/run/values.env", "/usr/local/bin/node", "-e", program],
    ]);
    expect(stderr).toBe("");
    const back = JSON.parse(stdout) as Record<string, string>;
    for (const [name, text] of Object.entries(variables)) {
      expect(back[name], `seed ${seed}, ${name}`).toBe(text);
    }
  }
});
