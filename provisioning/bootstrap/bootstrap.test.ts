import { describe, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { accountDouble, type Interruption, Killed } from "../testing/account-double.ts";
import { bootstrap } from "./bootstrap.ts";
import { whereStateIs } from "./where-state-is.ts";

const bucket = "shoestring-state-111111111111-eu-central-1";

function anAccount(existing: readonly string[] = []) {
  const double = accountDouble(existing);
  const { reader } = double;
  return {
    ...double,
    run: (interrupted?: Interruption, answer = true) =>
      bootstrap(double.effects(answer, interrupted), { account, terraform: "terraform", reader }),
  };
}

const whole = {
  atAws: ["arn:aws:iam::111111111111:policy/shoestring-boundary", "shoestring-plan", bucket],
  state: ["aws_s3_bucket.state", "aws_iam_role.plan", "aws_iam_policy.boundary"],
  files: ["cdktf.out/stacks/account/cdk.tf.json"],
  backend: "bucket",
};

test("an empty account gets its bucket, and the state that made it moves there", async () => {
  const { run, left, ran } = anAccount();
  expect(await run()).toBe(0);
  expect(left()).toEqual(whole);
  expect(ran.map((it) => it.replace("terraform -chdir=cdktf.out/stacks/account ", "tf "))).toEqual([
    "node synth/main.mjs",
    expect.stringMatching(/^printf .*"backend":.*> cdktf.out\/stacks\/account\/backend_override/),
    "tf init -input=false -reconfigure",
    "tf plan -input=false -out=plan -detailed-exitcode",
    "tf apply -input=false plan",
    expect.stringMatching(/^rm -f .*backend_override.tf.json .*existing.tf.json$/),
    "tf init -input=false -migrate-state -force-copy",
    "tf plan -input=false -detailed-exitcode",
    "rm -r .bootstrap",
  ]);
});

test("a second run plans in the bucket, and applies nothing", async () => {
  const { run, left, ran } = anAccount();
  await run();
  ran.length = 0;
  expect(await run()).toBe(0);
  expect(left()).toEqual(whole);
  expect(ran.filter((it) => / apply |-migrate-state/.test(it))).toEqual([]);
});

test("every command is said before it runs", async () => {
  const { run, ran, said } = anAccount();
  await run();
  expect(said.filter((it) => it.startsWith("$ "))).toEqual(ran.map((it) => `$ ${it}`));
});

describe("a run that was killed is finished by the next one:", () => {
  const calls = 9; // of a whole run, which the first test lists
  const whens = ["before", "after", "half", "half, without its state"] as const;
  const places = Array.from({ length: calls }, (_, call) =>
    whens.filter((when) => call === 4 || !when.startsWith("half")).map((when) => ({ call, when })),
  ).flat();

  test.each(places)("$when call $call", async (interruption) => {
    const { run, left, ran } = anAccount();
    await expect(run(interruption)).rejects.toThrow(Killed);
    expect(await run()).toBe(0);
    expect(left()).toEqual(whole);
    ran.length = 0;
    expect(await run()).toBe(0);
    expect(ran.filter((it) => / apply |-migrate-state/.test(it))).toEqual([]);
  });

  test("twice, at any two places", async () => {
    for (const first of places) {
      for (const second of places) {
        const { run, left } = anAccount();
        await run(first).catch(() => {});
        await run(second).catch(() => {});
        expect(await run(), JSON.stringify([first, second])).toBe(0);
        expect(left(), JSON.stringify([first, second])).toEqual(whole);
      }
    }
  });
});

test("a bucket and a role that exist are taken over, and the person is told", async () => {
  const { run, left, said } = anAccount([bucket, "shoestring-plan"]);
  expect(await run()).toBe(0);
  expect(left()).toEqual(whole);
  expect(said.filter((it) => it.startsWith("exists"))).toEqual([
    `exists, and is taken over: ${bucket} as aws_s3_bucket.state`,
    "exists, and is taken over: shoestring-plan as aws_iam_role.plan",
  ]);
});

test("a no changes nothing at AWS, and leaves no file that would lead Terraform astray", async () => {
  const { run, left, said } = anAccount();
  expect(await run(undefined, false)).toBe(1);
  expect(left()).toMatchObject({ atAws: [], state: undefined });
  expect(left().files).toEqual(["cdktf.out/stacks/account/cdk.tf.json"]);
  expect(said.at(-1)).toBe("nothing was changed");
});

test("credentials of another account are refused before anything runs", async () => {
  const { effects, reader, ran } = accountDouble();
  const caller = async () => ({ account: "222222222222", arn: "arn:aws:iam::222222222222:user/b" });
  const props = { account, terraform: "terraform", reader: { ...reader, caller } };
  await expect(bootstrap(effects(), props)).rejects.toThrow(
    "these credentials are arn:aws:iam::222222222222:user/b, of the account 222222222222",
  );
  expect(ran).toEqual([]);
});

test("two states of which neither comes from the other stop it before a plan", () => {
  const state = (lineage: string, serial: number) => JSON.stringify({ lineage, serial });
  const at = (inBucket?: string, inFile?: string) => whereStateIs({ inBucket, inFile });
  expect(at()).toBe("file");
  expect(at(state("a", 3))).toBe("bucket");
  expect(at(state("a", 3), state("a", 3))).toBe("bucket");
  expect(at(state("a", 2), state("a", 3))).toBe("file");
  expect(() => at(state("a", 3), state("b", 1))).toThrow("there are two states");
});
