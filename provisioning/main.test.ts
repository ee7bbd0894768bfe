import { expect, onTestFinished, test, vi } from "vitest";
import { main } from "./main.ts";

/** The exit code of a command line, and what it wrote to stderr. */
async function outcome(...argv: string[]) {
  let complaint = "";
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    complaint += text;
    return true;
  });
  onTestFinished(() => write.mockRestore());
  return { code: await main(argv), complaint };
}

test.each([
  [["cluster"], "usage"],
  [["cluster", "create"], "usage"],
  [["cluster", "destroy", "qa", "uat"], "usage"],
  [["bootstrap", "now"], "usage"],
  [["bootstrap", "--quick"], "Unknown option '--quick'"],
])("%j is wrong use, and the usage is shown", async (argv, words) => {
  const { code, complaint } = await outcome(...argv);
  expect(code).toBe(2);
  expect(complaint).toContain("shoestring cluster create NAME");
  if (words !== "usage") expect(complaint).toContain(words);
});

test("a cluster that is not there is not destroyed, and the others are named", async () => {
  const { code, complaint } = await outcome("cluster", "destroy", "nothing");
  expect(code).toBe(1);
  expect(complaint).toMatch(
    /^failed: there is no clusters\/nothing\.ts\nunchanged: .*\nnext: .*dev/,
  );
  expect(complaint).not.toContain("local"); // it is never applied
});
