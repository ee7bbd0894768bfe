import { mkdirSync } from "node:fs";
import * as z from "zod";
import { type HttpAnswer, nodeHttp } from "../../lib/http.ts";
import { Problem } from "../../lib/problem.ts";
import { anyConsulAddress, consulAddresses } from "../host/addresses.ts";
import { readIfThere, writeFileAtomic } from "../host/files.ts";
import {
  type Background,
  ensureProcess,
  logPath,
  runningPid,
  stopProcess,
} from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { waitFor } from "../host/wait.ts";
import type { RegionState } from "./state.ts";

/** The name of a server; servers are numbered from 1. */
export const serverName = (n: number) => `consul-${n}`;

const addresses = ({ subnet, blueprint }: RegionState) =>
  consulAddresses(subnet, blueprint.consulServers);

/** Numbers of the region's servers. */
export const consulServers = (state: RegionState) => addresses(state).map((_, i) => i + 1);

export const serverUrl = (state: RegionState, n: number) =>
  `http://${addresses(state)[n - 1]}:8500`;

/** The load balancer's address for any server that knows the leader. */
export const consulUrl = (state: RegionState) => `http://${anyConsulAddress(state.subnet)}:8500`;

/** A policy and the one token that has it. */
export interface Grant {
  readonly name: string;
  readonly rules: string;
  readonly token: string;
}

/** A server's configuration. It listens on its own address of the bridge only. */
function serverConfig(region: Region, state: RegionState, n: number): unknown {
  const all = addresses(state);
  const address = all[n - 1];
  return {
    server: true,
    bootstrap_expect: all.length,
    retry_join: all.filter((other) => other !== address),
    retry_interval: "1s",
    datacenter: state.cluster,
    node_name: serverName(n),
    data_dir: region.path("consul", `${n}`, "data"),
    bind_addr: address,
    client_addr: address,
    ports: { dns: -1, grpc: -1, grpc_tls: -1, serf_wan: -1 },
    acl: {
      enabled: true,
      default_policy: "deny",
      enable_key_list_policy: true,
      tokens: { initial_management: state.tokens.management, agent: state.tokens.management },
    },
    // All servers are on one machine, so they elect a leader in about two seconds instead of ten.
    performance: { raft_multiplier: 1 },
    // Longer than any long poll: 1.22's first patches closed them after 30 s.
    http_config: { read_timeout: "15m", write_timeout: "15m" },
    limits: { http_max_conns_per_client: 1000 },
    connect: { enabled: false },
    disable_update_check: true,
    log_level: "warn",
  };
}

/** Starts each server unless it runs as specified. */
export async function startConsul(
  region: Region,
  state: RegionState,
  binary: string,
): Promise<void> {
  await Promise.all(consulServers(state).map((n) => startServer(region, state, binary, n)));
}

async function startServer(
  region: Region,
  state: RegionState,
  binary: string,
  n: number,
): Promise<void> {
  mkdirSync(region.path("consul", `${n}`, "data"), { recursive: true });
  const file = region.path("consul", `${n}`, "server.json");
  const config = `${JSON.stringify(serverConfig(region, state, n), null, 2)}\n`;
  if (readIfThere(file) !== config) writeFileAtomic(file, config, 0o600);
  const background: Background = {
    name: serverName(n),
    command: [binary, "agent", "-config-file", file],
    fingerprint: config,
  };
  await ensureProcess(region, background);
}

/**
 * Stops a server's process; its data stays.
 *
 * @param graceSeconds 0 for an end without warning.
 */
export const stopServer = (region: Region, n: number, graceSeconds?: number) =>
  stopProcess(region, serverName(n), graceSeconds === undefined ? {} : { graceSeconds });

/** The number of the leading server, as any server reports it. @throws where none leads. */
export async function leadingServer(state: RegionState): Promise<number> {
  const { body } = await demand(state, "GET", "status/leader");
  const [address = ""] = z.string().parse(JSON.parse(body)).split(":");
  const n = addresses(state).indexOf(address) + 1;
  if (n === 0) throw new Error("Consul has no leader now");
  return n;
}

/** Waits until every server knows a leader. */
export async function consulReady(
  region: Region,
  state: RegionState,
  log: (line: string) => void,
): Promise<void> {
  await waitFor(
    async () => {
      for (const n of consulServers(state)) {
        if (runningPid(region, serverName(n)) === undefined) throw consulEnded(region, n);
        // A leader is known before it can write; this read fails until it can.
        const { status } = await askServer(state, n, "GET", "acl/token/self");
        if (status !== 200) return undefined;
      }
      return true;
    },
    {
      what: "Consul's leader",
      seconds: 60,
      next: `read its log: ${logPath(region, serverName(1))}`,
      log,
    },
  );
}

function consulEnded(region: Region, n: number): Problem {
  const log = logPath(region, serverName(n));
  const last = readIfThere(log)?.trim().split("\n").slice(-3).join(" | ");
  return new Problem({
    happened: `the Consul server ${serverName(n)} ended: ${last ?? "it wrote no log"}`,
    unchanged: "its data is as it was",
    next: `read its log: ${log}`,
  });
}

/** Creates these policies and tokens, and updates those that exist. */
export async function ensureGrants(state: RegionState, grants: readonly Grant[]): Promise<void> {
  await Promise.all(grants.map((grant) => ensureGrant(state, grant)));
}

async function ensureGrant(state: RegionState, { name, rules, token }: Grant): Promise<void> {
  const policy = await ask(state, "GET", `acl/policy/name/${name}`);
  const body = { Name: name, Rules: rules };
  if (policy.status === 200) {
    const { ID } = z.object({ ID: z.string() }).parse(JSON.parse(policy.body));
    await demand(state, "PUT", `acl/policy/${ID}`, { ...body, ID });
  } else {
    await demand(state, "PUT", "acl/policy", body);
  }
  const present = await ask(state, "GET", "acl/token/self", undefined, token);
  if (present.status === 200) return;
  await demand(state, "PUT", "acl/token", {
    SecretID: token,
    Description: `Shoestring local region: ${name}`,
    Policies: [{ Name: name }],
  });
}

/** Deletes a token, given its secret. */
export async function revokeToken(state: RegionState, secret: string): Promise<void> {
  const { body } = await ask(state, "GET", "acl/token/self", undefined, secret);
  const { AccessorID } = z.object({ AccessorID: z.string() }).parse(JSON.parse(body));
  await demand(state, "DELETE", `acl/token/${AccessorID}`);
}

/** Names of the nodes that answer Consul's gossip now. */
export async function aliveMembers(state: RegionState): Promise<string[]> {
  const answer = await demand(state, "GET", "agent/members");
  const members = z.array(z.object({ Name: z.string(), Status: z.number() }));
  const alive = 1;
  return members
    .parse(JSON.parse(answer.body))
    .filter(({ Status }) => Status === alive)
    .map(({ Name }) => Name);
}

/** Writes the KV keys that Terraform keeps. */
export async function putKeys(
  state: RegionState,
  keys: readonly { readonly path: string; readonly value: string }[],
): Promise<void> {
  for (const { path, value } of keys) {
    const answer = await http({
      method: "PUT",
      url: `${serverUrl(state, 1)}/v1/kv/${path}`,
      headers: { "x-consul-token": state.tokens.management },
      timeoutMs: 10_000,
      body: value,
    });
    if (answer.status !== 200) throw new Error(`${path} was not written: ${answer.body}`);
  }
}

/** Whether a key is there, read with the operator's token. */
export async function keyExists(state: RegionState, key: string): Promise<boolean> {
  return (await ask(state, "GET", `kv/${key}`)).status === 200;
}

/** Takes a snapshot, as `consul snapshot save` does. */
export async function saveSnapshot(state: RegionState): Promise<Uint8Array> {
  const answer = await snapshot(state, { method: "GET" });
  return new Uint8Array(await answer.arrayBuffer());
}

/** Restores a snapshot, as `consul snapshot restore` does. */
export async function restoreSnapshot(state: RegionState, body: Uint8Array): Promise<void> {
  await snapshot(state, { method: "PUT", body });
}

/** Has a function of its own because its body is binary; the other calls have text. */
async function snapshot(state: RegionState, request: RequestInit): Promise<Response> {
  const headers = { "x-consul-token": state.tokens.management };
  const leader = serverUrl(state, await leadingServer(state));
  const answer = await fetch(`${leader}/v1/snapshot`, { ...request, headers });
  if (answer.ok) return answer;
  throw new Error(`Consul refused a snapshot with ${answer.status}: ${await answer.text()}`);
}

const http = nodeHttp();

/** Asks the first server that answers at all. */
async function ask(
  state: RegionState,
  method: "GET" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  token?: string,
): Promise<HttpAnswer> {
  let last: unknown;
  for (const n of consulServers(state)) {
    try {
      return await askServer(state, n, method, path, body, token);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function askServer(
  state: RegionState,
  n: number,
  method: "GET" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  token = state.tokens.management,
): Promise<HttpAnswer> {
  return http({
    method,
    url: `${serverUrl(state, n)}/v1/${path}`,
    headers: { "x-consul-token": token },
    timeoutMs: 10_000,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function demand(
  state: RegionState,
  method: "GET" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<HttpAnswer> {
  const answer = await ask(state, method, path, body);
  if (answer.status === 200) return answer;
  throw new Problem({
    happened: `Consul refused ${method} ${path} with ${answer.status}: ${answer.body.trim()}`,
    unchanged: "what already runs goes on",
    next: "shoestring local down; then again: shoestring local up",
  });
}
