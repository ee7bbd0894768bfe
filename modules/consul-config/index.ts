import { Keys } from "@cdktf/provider-consul/lib/keys/index.js";
import { Construct } from "constructs";
export class ConsulConfig extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      cluster: string;
      services: string[];
      globalConfig: Readonly<Record<string, string>>;
      serviceConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
    },
  ) {
    super(scope, id);
    for (const [k, v] of Object.entries(props.globalConfig))
      new Keys(this, `global-${k}`, { key: [{ path: `global/${k}`, value: v, delete: true }] });
  }
}
