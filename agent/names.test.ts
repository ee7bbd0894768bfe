import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../lib/seeded-random.ts";
import { ServiceName } from "../protocol/names.ts";
import { statePath } from "./boot.ts";
import {
  drainPath,
  endsFolder,
  keptPath,
  launchedPath,
  outPath,
  readyFolder,
  requestLogPath,
  runningPath,
  serviceFilesFolder,
  serviceFolder,
  watchedPath,
} from "./linux/folders.ts";
import { renderSites } from "./linux/nginx/sites.ts";
import { unitFiles } from "./linux/systemd.ts";
import { aService } from "./testing/builders.ts";

const seed = Number(process.env.SHOESTRING_SEED ?? 31);

/** Words of which names of services meet each other, or the instance's own files. */
const words = [
  ...["a", "b", "1", "web", "api", "user", "getty", "default", "shared", "hosts", "systemd"],
  ...["agent", "boot", "leave", "before", "drain", "launched", "consul", "token", "ends", "ready"],
  ...["running", "watched", "requests", "leaving", "drained", "log", "json", "app", "shoestring"],
];

/** Everything on an instance that a service gives a name to. */
function namesOf(name: string): string[] {
  const worker = { count: 1, singleton: true } as const;
  const kinds = { web: { count: 1, ping: "/ping" }, worker };
  const before = { command: ["true"], timeoutSeconds: 1 };
  const cron = { agent: { ...before, at: "03:00" } };
  const services = [
    aService({ service: name, before, cron }),
    aService({ service: name, kinds, processes: 2 }),
  ];
  const units = new Set(services.flatMap((it) => unitFiles(it).map(([file]) => file)));
  return [
    ...[...units].map((file) => join("/etc/systemd/system", file)),
    ...[...renderSites([aService({ service: name })]).keys()]
      .filter((file) => !file.startsWith("_"))
      .map((file) => join("/etc/nginx/conf.d", file)),
    join(serviceFilesFolder, `${name}.json`),
    ...[serviceFolder(name), keptPath(name), statePath(name)],
    ...[endsFolder(name), readyFolder(name), runningPath(name)],
    ...[watchedPath(name), requestLogPath(name)],
  ];
}

/** What the instance has without any service. */
const ofTheInstance = [
  ...[drainPath, launchedPath, "/var/lib/shoestring/consul-token"],
  ...[outPath("leaving"), outPath("drained"), "/run/shoestring/ends", "/run/shoestring/ready"],
  ...["_default.conf", "_shared-hosts.conf", "_types.conf"].map((file) =>
    join("/etc/nginx/conf.d", file),
  ),
  ...["agent.service", "boot.service", "leave.service"].map(
    (it) => `/etc/systemd/system/shoestring-${it}`,
  ),
  ...["user@", "getty@", "systemd-fsck@"].map((it) => `/etc/systemd/system/${it}.service`),
];

test("no two services, and no service and the instance, have a file or a unit of one name", () => {
  const random = seededRandom(seed);
  const word = () => words[random.below(words.length)] as string;
  const drawn = Array.from({ length: 3000 }, () =>
    Array.from({ length: 1 + random.below(3) }, word).join("-"),
  );
  const names = new Set(drawn.filter((name) => ServiceName.safeParse(name).success));
  console.log(`names of ${names.size} services, SHOESTRING_SEED=${seed}`);
  const owners = new Map(ofTheInstance.map((name) => [name, "the instance"]));
  const met: string[] = [];
  for (const service of names) {
    for (const name of namesOf(service)) {
      const other = owners.get(name);
      if (other !== undefined) met.push(`${name} of ${service} and ${other}`);
      owners.set(name, service);
    }
  }
  expect(met).toEqual([]);
  expect(names.size).toBeGreaterThan(1000);
});
