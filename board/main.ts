import { parseArgs } from "node:util";
import { ConsulHttp } from "../lib/consul-http.ts";
import { nodeHttp } from "../lib/http.ts";
import { Problem, threeLines } from "../lib/problem.ts";
import { addressesOf, needsConsul } from "../protocol/addresses.ts";
import { BoardWatch } from "./board-watch.ts";
import { serveBoard } from "./server.ts";
import type { BoardState } from "./state.ts";

const usage = `usage: shoestring board [--cluster C] [--port N] [--json]
A page on this machine that shows what runs where, as it changes. Ctrl-C ends it.`;

export interface BoardIo {
  readonly env: NodeJS.ProcessEnv;
  /** Prints the address, to stdout. */
  readonly out: (line: string) => void;
  /** Prints errors, to stderr. */
  readonly say: (line: string) => void;
  /** Stops the board. */
  readonly signal: AbortSignal;
}

/**
 * `shoestring board`: serves the page until it is ended.
 *
 * @returns the exit code: 0 done, 1 the thing failed, 2 wrong use.
 */
export async function main(argv: string[], io: BoardIo = processIo()): Promise<number> {
  const options = understand(argv, io);
  if (typeof options === "number") return options;
  try {
    await board(options, io);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    io.say(threeLines(error));
    return 1;
  }
}

interface BoardOptions {
  readonly cluster: string;
  readonly port: number;
  readonly json: boolean;
}

async function board({ cluster, port, json }: BoardOptions, { env, out, say, signal }: BoardIo) {
  const { consul: address } = addressesOf(cluster, env);
  if (!address) throw needsConsul(cluster);
  const consul = new ConsulHttp({ ...address, http: nodeHttp() });
  const now = () => new Date();
  const server = await serveBoard({ port, now });
  const changed = (state: BoardState) => server.show(withoutToken(state, address.token));
  new BoardWatch({ cluster, consul, now, signal, changed }).start();
  out(json ? JSON.stringify({ cluster, url: server.url }) : server.url);
  say(`the board of ${cluster}; Ctrl-C ends it`);
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  await server.close();
}

/** Removes the token: an error may repeat anything that Consul, or a proxy before it, answered. */
function withoutToken(state: BoardState, token: string): BoardState {
  if (!state.trouble || token === "") return state;
  const happened = state.trouble.happened.replaceAll(token, "(the token)");
  return { ...state, trouble: { ...state.trouble, happened } };
}

/** @returns the options, or the exit code where no board is to start. */
function understand(argv: string[], { env, out, say }: BoardIo): BoardOptions | number {
  const wrongUse = (why: string) => {
    say(`${why}\n${usage}`);
    return 2;
  };
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return wrongUse((error as Error).message);
  }
  if (values.help) {
    out(usage);
    return 0;
  }
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return wrongUse(`--port takes a number up to 65535, got "${values.port}"`);
  }
  const cluster = values.cluster ?? env.SHOESTRING_CLUSTER ?? "local";
  return { cluster, port, json: values.json ?? false };
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    options: {
      cluster: { type: "string", short: "c" },
      port: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  }).values;

function processIo(): BoardIo {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ending.abort());
  return {
    env: process.env,
    out: (line) => void process.stdout.write(`${line}\n`),
    say: (line) => void process.stderr.write(`${line}\n`),
    signal: ending.signal,
  };
}
