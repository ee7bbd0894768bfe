import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { applyCluster } from "./apply-cluster.ts";

const root = mkdtempSync(join(tmpdir(), "shoestring-copied-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes both stacks of a cluster as a synth does: the path of the state is absolute. */
function synthesise(folder: string): void {
  mkdirSync(join(folder, "state"), { recursive: true });
  for (const stack of ["local", "local-config"]) {
    const at = join(folder, "stacks", stack);
    mkdirSync(at, { recursive: true });
    const path = join(folder, "state", `${stack}.tfstate`);
    const resource = { terraform_data: { it: { input: stack } } };
    const written = { terraform: { backend: { local: { path } } }, resource };
    writeFileSync(join(at, "cdk.tf.json"), JSON.stringify(written));
  }
}

/** Applies both stacks. @returns the resources' ids, and which stacks changed. */
async function apply(folder: string) {
  synthesise(folder);
  const changed: string[] = [];
  const log = (line: string) =>
    void changed.push(/^terraform: (\S+) is applied/.exec(line)?.[1] ?? line);
  const { aws, config } = await applyCluster(folder, "local", log);
  const ids = [aws, config].flatMap(({ resources }) => resources.map(({ values }) => values.id));
  return { ids, changed: changed.sort() };
}

test("a region whose folder has the providers of an earlier checkout is applied again", async () => {
  const here = join(root, "earlier");
  const first = await apply(here);
  const at = join(here, "stacks", "local");
  mkdirSync(join(at, ".terraform", "providers"), { recursive: true });
  writeFileSync(join(at, ".terraform.lock.hcl"), "no lock of these providers");

  expect(await apply(here)).toEqual({ ids: first.ids, changed: [] });
});

test.each([
  [
    "copied",
    (from: string, to: string) => cpSync(from, to, { recursive: true, verbatimSymlinks: true }),
  ],
  ["moved", renameSync],
])(
  "a region's folder that was %s is applied again, with the state that came along",
  async (how, bring) => {
    const [here, there] = [join(root, `${how}-here`), join(root, `${how}-there`)];
    const first = await apply(here);
    expect(first.changed).toEqual(["local", "local-config"]);
    bring(here, there);

    const second = await apply(there);

    expect(second).toEqual({ ids: first.ids, changed: [] });
  },
);
