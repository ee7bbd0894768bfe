import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { accountNames, stateKey } from "../../modules/account/names.ts";
import type { AccountSpec } from "../../modules/cluster/index.ts";
import type { AccountReader } from "../aws/account-reader.ts";
import { checkCaller } from "../aws/check-caller.ts";
import type { Effects } from "../core/effects.ts";
import { run } from "../core/run.ts";
import { stackFolder, synthCommand, terraformIn, writeCommand } from "../core/stacks.ts";
import { findExisting, importBlocks } from "./adoption.ts";
import { stateFile, whereStateIs } from "./where-state-is.ts";

export interface BootstrapProps {
  readonly account: AccountSpec;
  /** The terraform to run: its name on PATH, or its path. */
  readonly terraform: string;
  /** What is at AWS; undefined in a simulated shell, where nothing is and states are files. */
  readonly reader: AccountReader | undefined;
}

const stack = "account";
/** Terraform lets a file of this name replace the backend of the stack. */
const backendFile = join(stackFolder(stack), "backend_override.tf.json");
const importFile = join(stackFolder(stack), "existing.tf.json");
const again = { again: "npx shoestring bootstrap" };

/**
 * Applies the stack `account`, of which the bucket of all states is a part: with its state in a
 * file, which then moves into that bucket. Interrupted at any place, a second run goes on; after a
 * whole one it finds nothing to do.
 *
 * @returns the exit code: 1 where the person said no.
 * @throws Problem for credentials of another account, two states, or a command that fails.
 */
export async function bootstrap(on: Effects, props: BootstrapProps): Promise<number> {
  const { account, reader } = props;
  const terraform = terraformIn(props.terraform, stack);
  if (reader) checkCaller(await reader.caller(), account.account);
  const isNew = reader !== undefined && (await isStateInFile(on, account, reader));
  await run(on, synthCommand, again);
  if (reader && isNew) await keepStateInFile(on, account, reader);
  else if (on.read(backendFile)) await run(on, forget, again);

  await run(on, terraform("init -input=false -reconfigure"), again);
  const planned = { good: [0, 2], ...again };
  const plan = terraform("plan -input=false -out=plan -detailed-exitcode");
  if ((await run(on, plan, planned)) === 2) {
    if (!(await on.confirm(question(account, isNew)))) {
      if (isNew) await run(on, forget, again);
      on.say("nothing was changed");
      return 1;
    }
    await run(on, terraform("apply -input=false plan"), again);
  }
  if (isNew) {
    await run(on, forget, again);
    await run(on, terraform("init -input=false -migrate-state -force-copy"), again);
  }
  await verify(on, terraform);
  if (on.read(stateFile)) await run(on, `rm -r ${join(stateFile, "..")}`, again);
  on.say(done(account, reader !== undefined));
  return 0;
}

const forget = `rm -f ${backendFile} ${importFile}`;

async function isStateInFile(
  on: Effects,
  account: AccountSpec,
  reader: AccountReader,
): Promise<boolean> {
  const inBucket = await reader.object(accountNames(account).stateBucket, stateKey(stack));
  return whereStateIs({ inBucket, inFile: on.read(stateFile) }) === "file";
}

/** Leads Terraform to the state's file, and to what it takes over. */
async function keepStateInFile(
  on: Effects,
  { account }: AccountSpec,
  reader: AccountReader,
): Promise<void> {
  const path = join("..", "..", "..", stateFile);
  const backend = JSON.stringify({ terraform: { backend: { local: { path } } } });
  await run(on, writeCommand(backendFile, backend), again);
  const text = on.read(join(stackFolder(stack), "cdk.tf.json")) ?? "{}";
  const existing = await findExisting(text, account, reader);
  for (const { to, id } of existing) on.say(`exists, and is taken over: ${id} as ${to}`);
  if (existing.length > 0) await run(on, writeCommand(importFile, importBlocks(existing)), again);
}

/** A second plan that is not empty means that AWS did not take what was applied. */
async function verify(on: Effects, terraform: (words: string) => string): Promise<void> {
  const plan = terraform("plan -input=false -detailed-exitcode");
  if ((await run(on, plan, { good: [0, 2], ...again })) === 0) return;
  throw new Problem({
    happened: "after the apply a second plan of the stack account is not empty",
    unchanged: "what was applied is applied, and its state is kept",
    next: "read that plan; the next run applies it: npx shoestring bootstrap",
  });
}

function question(account: AccountSpec, isNew: boolean): string {
  const { stateBucket } = accountNames(account);
  const then = isNew ? `, then move its state to s3://${stateBucket}/${stateKey(stack)}` : "";
  return `apply this plan in the account ${account.account}${then}?`;
}

function done(account: AccountSpec, isReal: boolean): string {
  const { stateBucket } = accountNames(account);
  const where = isReal ? `s3://${stateBucket}/${stateKey(stack)}` : "a file, as this is simulated";
  return `the stack account is applied; its state is in ${where}. Next: npx shoestring preflight`;
}
