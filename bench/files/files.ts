import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Operation } from "../../lib/consul.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { percentile } from "../../local/load/records.ts";
import { until } from "../../local/testing/until.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { releaseId } from "../../protocol/releases.ts";
import { bundleProgram } from "../../synth/bundle.mjs";
import { ensureNode } from "../../tools/node.ts";
import { agentFlags } from "../agent-flags.ts";
import { type ConsulServer, startConsulServer } from "../consul-server.ts";
import { ensureConsulTemplate, peerVersions } from "../peers/tools.ts";
import { usageOf } from "../resident.ts";

/** The contents that go from KV to a file: one key's text, or all variables of a service. */
type What = "key" | "environment";

/** Milliseconds from before the write to Consul until the file has the new contents. */
export interface FilesResult {
  readonly tool: string;
  readonly what: What;
  readonly watchers: number;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Median of one watcher. */
  readonly megabytes: number;
}

interface Tool {
  readonly name: string;
  /** Starts one watcher, a process of its own as on an instance, that keeps a file up to date. */
  start(what: What, file: string): ChildProcess;
}

const variables = 50;
/** Longer than consul-template's shortest interval (100 ms and some jitter). */
const betweenMs = 150;

/**
 * Measures the agent and consul-template, one after the other, against one real Consul server.
 *
 * @param changes number of changes of the key, for each number of watchers.
 * @param flags of node, for the agent's watcher. @default the shipped ones
 * @param isAlone leaves consul-template out. @default false
 */
export async function measureFiles(
  watcherCounts: readonly number[],
  changes: (watchers: number) => number,
  say: (line: string) => void,
  {
    flags = agentFlags(),
    isAlone = false,
  }: { readonly flags?: readonly string[]; readonly isAlone?: boolean } = {},
): Promise<FilesResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-files-"));
  const [consulTemplate, node] = [await ensureConsulTemplate(say), await ensureNode(say)];
  const watcher = join(folder, "watcher.mjs");
  await bundleProgram(fileURLToPath(new URL("./watcher.ts", import.meta.url)), {
    outfile: watcher,
  });
  const server = await startConsulServer(say);
  const tools: Tool[] = [
    {
      name: "shoestring",
      start: (what, file) => spawn(node, [...flags, watcher, server.url, what, file], quiet),
    },
    {
      name: `consul-template ${peerVersions.consulTemplate}`,
      start(what, file) {
        const template = `${file}.tpl`;
        writeFileSync(template, templates[what]);
        const settings = ["-consul-addr", server.url, "-log-level", "err"];
        return spawn(consulTemplate, [...settings, "-template", `${template}:${file}`], quiet);
      },
    },
  ];
  const results: FilesResult[] = [];
  try {
    for (const what of ["key", "environment"] as const) {
      for (const watchers of watcherCounts) {
        for (const tool of isAlone ? tools.slice(0, 1) : tools) {
          const result = await measure({ server, folder, tool, what, watchers }, changes(watchers));
          results.push(result);
          const { p50Ms, p99Ms } = result;
          say(`  ${what}, ${watchers} × ${tool.name}: p50 ${p50Ms} ms, p99 ${p99Ms} ms`);
        }
      }
    }
    return results;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const quiet = { stdio: "ignore" } as const;

const templates: Readonly<Record<What, string>> = {
  key: `{{ key "${keys.deploy("web")}" }}`,
  environment: ["global", "web"]
    .map((prefix) => `{{ range ls "${prefix}" }}{{ .Key }}={{ .Value }}\n{{ end }}`)
    .join(""),
};

async function measure(
  on: {
    readonly server: ConsulServer;
    readonly folder: string;
    readonly tool: Tool;
    readonly what: What;
    readonly watchers: number;
  },
  changes: number,
): Promise<FilesResult> {
  const { server, tool, what, watchers } = on;
  const consul = new ConsulHttp({ url: server.url, token: "", http: nodeHttp() });
  const folders = Array.from({ length: watchers }, (_, i) => join(on.folder, `${what}-${i}`));
  for (const each of folders) mkdirSync(each, { recursive: true });
  const file = (each: string) => join(each, "file");
  let revision = 0;
  const change = async () => {
    revision += 1;
    const mark = `change-${revision}-of-${tool.name.replaceAll(" ", "-")}-${watchers}`;
    const operations = operationsOf(revision, mark, what);
    return { mark, write: () => consul.write(operations) };
  };
  const has = (each: string, mark: string) => {
    try {
      return readFileSync(file(each), "utf8").includes(mark);
    } catch {
      return false; // not written yet
    }
  };

  let waiting: ((folder: string) => void) | undefined;
  const watches = folders.map((each) => watch(each, () => waiting?.(each)));
  const first = await change();
  await consul.write(operationsOf(revision, first.mark, "environment"));
  const processes = folders.map((each) => tool.start(what, file(each)));
  try {
    await until("first file", () => folders.every((each) => has(each, first.mark)), 60);
    const delays: number[] = [];
    for (let i = 0; i < changes; i += 1) {
      const { mark, write } = await change();
      const missing = new Set(folders);
      const from = performance.now();
      const arrival = new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${tool.name}: no file after 30 s`)),
          30_000,
        );
        waiting = (each) => {
          if (!missing.has(each) || !has(each, mark)) return;
          missing.delete(each);
          delays.push(performance.now() - from);
          if (missing.size > 0) return;
          clearTimeout(late);
          resolve();
        };
      });
      if (!(await write())) throw new Error("the change was not written");
      await arrival;
      await new Promise((resolve) => setTimeout(resolve, betweenMs));
    }
    delays.sort((a, b) => a - b);
    const memory = processes.map(({ pid }) => usageOf(pid as number).megabytes);
    memory.sort((a, b) => a - b);
    return {
      tool: tool.name,
      what,
      watchers,
      samples: delays.length,
      p50Ms: tenth(percentile(delays, 0.5)),
      p99Ms: tenth(percentile(delays, 0.99)),
      megabytes: percentile(memory, 0.5),
    };
  } finally {
    for (const each of watches) each.close();
    for (const each of processes) each.kill("SIGKILL");
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  }
}

const tenth = (value: number) => Math.round(value * 10) / 10;

/** Writes the deploy, and for the environment also one of many variables, in one transaction. */
function operationsOf(revision: number, mark: string, what: What): Operation[] {
  const commit = "c".repeat(40);
  const deploy: Deploy = {
    schema: 2,
    service: "web",
    revision,
    kind: "restart",
    release: {
      id: releaseId({ service: "web", sequence: 1, commit }),
      sequence: 1,
      url: `s3://artifacts/web/1-${commit}.tar.gz`,
      versionId: "v1",
      sha256: "a".repeat(64),
      size: 1000,
      commit,
    },
    newestSequence: 1,
    reason: mark,
    by: "bench",
    at: new Date().toISOString(),
  };
  const key = keys.deploy("web");
  const write: Operation = { verb: "set", key, value: formatDocument(Deploy, key, deploy) };
  if (what === "key") return [write];
  const values = Array.from({ length: variables - 1 }, (_, i): Operation => {
    const scope = i % 2 === 0 ? "global" : "web";
    return { verb: "set", key: keys.configVariable(scope, `VARIABLE_${i}`), value: `value ${i}` };
  });
  return [...values, { verb: "set", key: keys.configVariable("web", "MARK"), value: mark }, write];
}
