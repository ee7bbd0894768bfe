export { LoadBalancer } from "./load-balancer.ts";
export type { LoadBalancerProps, RuleProps } from "./props.ts";
