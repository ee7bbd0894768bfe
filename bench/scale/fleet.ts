/**
 * Many agents at rest in one process: each with the agent's own watches, its own HTTP client and
 * so its own connections. Started with `fork`; answers as questions.ts says.
 */
import { systemClock as clock } from "../../agent/linux/clock.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { serve } from "./questions.ts";
import { restingAgent } from "./resting-agent.ts";

export interface FleetOptions {
  readonly consulUrl: string;
  readonly agents: number;
  /** Agents that share a source address, whose connections stay below Consul's limit for one. */
  readonly agentsPerAddress: number;
}

/** Counts of the agents' work so far. */
export interface FleetCounts {
  readonly requests: number;
  /** Requests without a usable answer. */
  readonly failed: number;
  /** By revision: when each agent got the deploy, in milliseconds since 1970, with fractions. */
  readonly deliveries: Readonly<Record<number, readonly number[]>>;
}

const options = JSON.parse(process.argv[2] as string) as FleetOptions;
const deliveries: Record<number, number[]> = {};
let requests = 0;
let failed = 0;

for (let i = 0; i < options.agents; i += 1) {
  const http = nodeHttp({ localAddress: sourceAddress(Math.floor(i / options.agentsPerAddress)) });
  const consul = new ConsulHttp({
    url: options.consulUrl,
    token: "",
    http: (request) => {
      requests += 1;
      return http(request);
    },
  });
  const log = () => {
    failed += 1;
  };
  const signal = new AbortController().signal;
  restingAgent(
    { consul, clock, log, instance: `web-${i}`, random: Math.random, signal },
    ({ revision }) => {
      deliveries[revision] ??= [];
      deliveries[revision].push(performance.timeOrigin + performance.now());
    },
  );
}

serve<FleetCounts>(() => ({ requests, failed, deliveries }));

/** Loopback has all of 127.0.0.0/8; each address is a client of its own to Consul. */
function sourceAddress(n: number): string {
  return `127.1.${Math.floor(n / 250)}.${1 + (n % 250)}`;
}
