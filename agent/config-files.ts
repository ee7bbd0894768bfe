import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { parseJson } from "../lib/json.ts";
import { Problem } from "../lib/problem.ts";
import { AgentFile } from "../protocol/agent-file.ts";
import { ServiceFile } from "../protocol/service-file.ts";
import { type Apart, eachAlone } from "./core/each-alone.ts";
import type { Log } from "./core/effects.ts";
import { agentFilePath, serviceFilesFolder } from "./linux/folders.ts";

/**
 * Reads the infrastructure's settings for this instance. `SHOESTRING_DEREGISTER_SECONDS` overrides
 * the file: a simulated load balancer stops sending requests sooner.
 *
 * @throws Problem naming the file.
 */
export async function readAgentFile(): Promise<AgentFile> {
  const file = await readChecked(agentFilePath, AgentFile);
  const { SHOESTRING_DEREGISTER_SECONDS: sooner } = process.env;
  return sooner ? AgentFile.parse({ ...file, deregisterSeconds: Number(sooner) }) : file;
}

/**
 * Reads the infrastructure's settings for each service of this instance, and lists the unusable
 * files.
 */
export async function readServiceFiles(
  log: Log,
  folder = serviceFilesFolder,
): Promise<Apart<ServiceFile>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return eachAlone(
    names,
    (name) => basename(name, ".json"),
    (name) => readChecked(join(folder, name), ServiceFile),
    log,
  );
}

async function readChecked<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await readFile(path, "utf8");
  try {
    return schema.parse(parseJson(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is not JSON";
    throw new Problem({
      happened: `${path} cannot be used: ${why}`,
      unchanged: "processes that run go on",
      next: "correct the cluster file; the instance's user data writes this file",
      cause,
    });
  }
}
