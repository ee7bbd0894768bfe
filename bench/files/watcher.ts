/**
 * A program that is one agent that only watches: the agent's own watch (agent/core/watch.ts), and
 * then one of two actions for each deploy.
 *
 * watcher.js CONSUL_URL key FILE          the deploy's text into a file
 * watcher.js CONSUL_URL environment FILE  the agent's preparation of a roll: `prepare` reads the
 *                                         config and writes the environment
 *
 * Both write as the agent does: synced, renamed, the folder synced.
 */

import type { Store } from "../../agent/core/effects.ts";
import { emptyState } from "../../agent/core/state.ts";
import { watchDeploy } from "../../agent/core/watch.ts";
import { prepare } from "../../agent/deploy/prepare.ts";
import { systemClock as clock } from "../../agent/linux/clock.ts";
import { writeFileSafely } from "../../agent/linux/files.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { encodeEnvFile } from "../../protocol/env-file.ts";

const [url = "", what, path = ""] = process.argv.slice(2);
const consul = new ConsulHttp({ url, token: "", http: nodeHttp() });
const log = (event: string, fields?: object) => console.error(event, fields);
const signal = new AbortController().signal;

/** The folders of a service that a deploy's preparation needs; the release is already here. */
const store = {
  hasRelease: async () => true,
  readEnvironment: async () => undefined,
  writeEnvironment: (_, release, config) => {
    encodeEnvFile(config.environment);
    return writeFileSafely(path, JSON.stringify({ release, ...config }), 0o600);
  },
  launchOf: async () => ({ command: [], ping: "/ping" }),
} as Partial<Store> as Store;
const secrets = async () => new Map<string, string>();

const act =
  what === "key"
    ? (deploy: Deploy) => writeFileSafely(path, JSON.stringify(deploy), 0o600)
    : (deploy: Deploy) => prepare({ consul, secrets, store, log }, emptyState, deploy, signal);

await watchDeploy(
  { consul, clock, log, service: "web", random: Math.random, signal },
  (deploy) => void act(deploy).catch((error) => log("failed", { error })),
);
