import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { App, TerraformStack, Testing } from "cdktf";

/** A resource's arguments as Terraform reads them: snake_case, references as `${…}`. */
// biome-ignore lint/suspicious/noExplicitAny: synthesised JSON, of which a test states only what matters
export type Arguments = Record<string, any>;

export interface Synthesised {
  /** Resources of one type, by the last part of their address. */
  readonly resources: (type: string) => Readonly<Record<string, Arguments>>;
  /** The only resource of a type; throws when there is none or more than one. */
  readonly only: (type: string) => Arguments;
  readonly dataSources: (type: string) => Readonly<Record<string, Arguments>>;
  /** Every `type.name` that Terraform would manage, sorted. */
  readonly addresses: readonly string[];
  readonly text: string;
}

/** Synthesises one stack with an AWS provider, validations included, and reads what came out. */
export function synthesise(fill: (stack: TerraformStack) => void): Synthesised {
  const stack = new TerraformStack(new App(), "test");
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  fill(stack);
  return readSynthesised(Testing.synth(stack, true));
}

/** Reads the JSON text of a stack in the same way. */
export function readSynthesised(text: string): Synthesised {
  const json = JSON.parse(text) as { resource?: Arguments; data?: Arguments };
  const resources = (type: string) => json.resource?.[type] ?? {};
  return {
    resources,
    only: (type) => {
      const all = Object.values(resources(type));
      if (all.length !== 1) throw new Error(`${all.length} resources of type ${type}, not one`);
      return all[0] as Arguments;
    },
    dataSources: (type) => json.data?.[type] ?? {},
    addresses: Object.entries(json.resource ?? {})
      .flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`))
      .sort(),
    text,
  };
}
