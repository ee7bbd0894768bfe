export type { SharedLoadBalancer } from "../load-balancer/shared.ts";
export { FargateService } from "./fargate-service.ts";
export type { FargateServiceProps, SecretReference } from "./props.ts";
