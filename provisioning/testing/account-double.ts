import type { AccountReader } from "../aws/account-reader.ts";
import type { Effects } from "../core/effects.ts";

/** A Terraform state, as far as the bootstrap reads it. */
interface State {
  readonly lineage: string;
  readonly serial: number;
  readonly addresses: readonly string[];
}

/** Thrown in place of whatever kills a program. */
export class Killed extends Error {}

/** The call that is interrupted, and when. */
export interface Interruption {
  /** Counted from 0. */
  readonly call: number;
  /** A command may die before it acts, after it, or with half of an apply done. */
  readonly when: "before" | "after" | "half" | "half, without its state";
}

const stateFile = ".bootstrap/account.tfstate";
const stack = "cdktf.out/stacks/account";
const bucket = "shoestring-state-111111111111-eu-central-1";
const stackText = JSON.stringify({
  resource: {
    aws_s3_bucket: { state: { bucket } },
    aws_iam_role: { plan: { name: "shoestring-plan" } },
    aws_iam_policy: { boundary: { name: "shoestring-boundary" } },
  },
});
const ids: Readonly<Record<string, string>> = {
  "aws_s3_bucket.state": bucket,
  "aws_iam_role.plan": "shoestring-plan",
  "aws_iam_policy.boundary": "arn:aws:iam::111111111111:policy/shoestring-boundary",
};
const all = Object.keys(ids).length;

/** As much of Terraform as the bootstrap asks for, and the little of a shell. */
function terraformDouble(atAws: Set<string>, files: Map<string, string>) {
  let inBucket: string | undefined;
  let backend: "file" | "bucket" | undefined;
  const read = (): State => {
    const text = backend === "file" ? files.get(stateFile) : inBucket;
    return JSON.parse(text ?? '{"lineage":"new","serial":0,"addresses":[]}') as State;
  };
  const write = (addresses: readonly string[]) => {
    const state = JSON.stringify({ ...read(), serial: read().serial + 1, addresses });
    if (backend === "file") files.set(stateFile, state);
    else inBucket = state;
  };
  const imports = () => {
    const text = files.get(`${stack}/existing.tf.json`) ?? '{"import":[]}';
    return (JSON.parse(text) as { import: { to: string }[] }).import.map(({ to }) => to);
  };
  const init = (migrate: boolean): number => {
    const wanted = files.has(`${stack}/backend_override.tf.json`) ? "file" : "bucket";
    if (wanted === "bucket" && !atAws.has(bucket)) return 1;
    if (migrate && backend === "file") inBucket = files.get(stateFile);
    backend = wanted;
    return 0;
  };
  const apply = (when?: Interruption["when"]): number => {
    const addresses = Object.keys(ids);
    const made = [...read().addresses];
    for (const address of when?.startsWith("half") ? addresses.slice(0, 2) : addresses) {
      if (made.includes(address)) continue;
      const id = ids[address] as string;
      if (atAws.has(id) && !imports().includes(address)) return 1; // EntityAlreadyExists
      atAws.add(id);
      made.push(address);
    }
    if (when !== "half, without its state") write(made);
    return 0;
  };
  return {
    inBucket: () => inBucket,
    backend: () => backend,
    act(command: string, when?: Interruption["when"]): number {
      const [, text, path] = /^printf '%s\\n' '(.*)' > (\S+)$/.exec(command) ?? [];
      if (text !== undefined && path !== undefined) files.set(path, text);
      if (command === "node synth/main.mjs") files.set(`${stack}/cdk.tf.json`, stackText);
      for (const file of /^rm -f (.*)$/.exec(command)?.[1]?.split(" ") ?? []) files.delete(file);
      if (command === "rm -r .bootstrap") files.delete(stateFile);
      if (/ init /.test(command)) return init(command.includes("-migrate-state"));
      if (/ plan /.test(command)) return read().addresses.length < all ? 2 : 0;
      if (/ apply /.test(command)) return apply(when);
      return 0;
    },
  };
}

/** An account and a checkout in memory. */
export function accountDouble(existing: readonly string[] = []) {
  const atAws = new Set(existing);
  const files = new Map<string, string>();
  const terraform = terraformDouble(atAws, files);
  const ran: string[] = [];
  const said: string[] = [];

  /** The effects of one run of the program. */
  function effects(answer = true, interrupted?: Interruption): Effects {
    let call = -1;
    return {
      say: (line) => void said.push(line),
      read: (path) => files.get(path),
      output: async () => "",
      confirm: async () => answer,
      async shell(command) {
        call++;
        if (interrupted?.call !== call) {
          ran.push(command);
          return terraform.act(command);
        }
        if (interrupted.when !== "before") terraform.act(command, interrupted.when);
        throw new Killed(command);
      },
    };
  }
  const reader: AccountReader = {
    caller: async () => ({ account: "111111111111", arn: "arn:aws:iam::111111111111:user/a" }),
    exists: async (_, id) => atAws.has(id),
    object: async () => terraform.inBucket(),
  };
  /** What a run leaves. */
  const left = () => {
    const state = terraform.inBucket();
    return {
      atAws: [...atAws].sort(),
      state: state && (JSON.parse(state) as State).addresses,
      files: [...files.keys()],
      backend: terraform.backend(),
    };
  };
  return { effects, reader, ran, said, left };
}
