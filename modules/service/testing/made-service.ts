import { serviceDefaults } from "../../../protocol/service-defaults.ts";
import { LoadBalancer } from "../../load-balancer/index.ts";
import { synthesise } from "../../testing/synthesise.ts";
import { Service, type ServiceProps } from "../index.ts";

export const aFile = (service: string, differs = {}) => ({
  ...serviceDefaults,
  schema: 2 as const,
  cluster: "staging",
  service,
  user: service,
  hosts: [`${service}.example.org`],
  command: ["node", "server.js"],
  ...differs,
});

export const minimal: ServiceProps = {
  account: "123456789012",
  region: "eu-central-1",
  service: aFile("web"),
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  consul: {
    datacenter: "staging",
    retryJoin: ["10.0.0.1"],
    tokenParameter: "/shoestring/staging/t",
  },
  min: 2,
  alarmTopicArn: "arn:aws:sns:eu-central-1:123456789012:staging-alarms",
};

/** A stack with a service and a load balancer; `fill` may attach the one to the other. */
export const made = (
  differs: Partial<ServiceProps> = {},
  fill = (_: Service, __: LoadBalancer) => {},
) =>
  synthesise((stack) => {
    const balancer = new LoadBalancer(stack, "load-balancer", {
      cluster: "staging",
      vpcId: "vpc-1",
      subnetIds: ["subnet-a", "subnet-b"],
      plainHttp: true,
    });
    fill(new Service(stack, "web", { ...minimal, ...differs }), balancer);
  });
