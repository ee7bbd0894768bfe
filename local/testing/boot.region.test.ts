import { afterAll, beforeAll, expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import type { ServiceSpec } from "../../modules/spec/cluster.ts";
import { allUnits } from "../../protocol/units.ts";
import {
  endTestRegion,
  quick,
  type RegionUnderTest,
  regionUnderTest,
} from "./region-under-test.ts";
import { until } from "./until.ts";

const instance = "web-1";
const { stopTimeoutSeconds } = quick;
const {
  drainTimeoutSeconds: _,
  stopTimeoutSeconds: __,
  ...untimed
} = {
  ...local.services.web,
  ...quick,
};
/** A service that is called like a group of the system, beside web. */
const users = {
  ...untimed,
  shutdownTimeoutSeconds: 8,
  ...{ hosts: ["users.local"], instances: { sharedWith: "web" }, basePort: 9000, processes: 1 },
  ...{ stopSignal: "SIGINT", stopSignalTo: "main", umask: "027", timeZone: "Asia/Tokyo" },
  limits: { files: 4096, memoryMib: 512, cpuPercent: 150, tasks: 200, oomPolicy: "continue" },
  state: { maxMib: 64 },
} satisfies ServiceSpec;

let on: RegionUnderTest;

beforeAll(async () => {
  const one = { processes: 1, instances: { min: 1, max: 1 } } as const;
  on = await regionUnderTest(one, { services: { users } });
  await on.pushed();
  await on.pushed({}, "users");
});
afterAll(endTestRegion);

const shell = (script: string) => on.on(instance, "sh", "-ec", script);

/** The unit of a service that runs. */
const unitOf = async (service: string) => {
  const list = ["list-units", "--plain", "--no-legend", "--state=running", allUnits(service)];
  return (await on.on(instance, "systemctl", ...list)).split(" ", 1)[0] as string;
};

/** A file below /proc of a service's process. */
const ofProcess = async (service: string, name: string) =>
  shell(`cat /proc/$(systemctl show -P MainPID ${await unitOf(service)})/${name}`);

/** The status with which nginx answers a host, and a service's health check. */
const ask = async (service: string) =>
  (
    await shell(`for url in ${service}.local/ping health/shoestring/health/${service}; do
  node -e '
    const http = require("node:http");
    const [host, ...path] = process.argv[1].split("/");
    http.get({ port: 80, path: "/" + path.join("/"), agent: false, headers: { host } }, (answer) => {
      answer.resume();
      console.log(answer.statusCode);
    })
      .on("error", (error) => console.log(error.code));
  ' $url
done`)
  )
    .trim()
    .split("\n");

/** Prepares the services again, as at a boot. nginx would wait for the load balancer's connections. */
const bootAgain = () =>
  shell(`systemctl kill --signal=TERM nginx; systemctl reset-failed shoestring-boot
systemctl restart shoestring-boot nginx; systemctl is-active nginx`);

test("a service that is called like a group of the system serves, as a user of its own", async () => {
  expect(await ask("users")).toEqual(["200", "200"]);
  const owner = await shell(
    `ps -o user:40= -p $(systemctl show -P MainPID ${await unitOf("users")})`,
  );
  expect(owner.trim()).toBe("app-users");
});

test("a service can fill nothing below /run that another one needs", async () => {
  const asUser = ["setpriv", "--reuid=app-users", "--regid=app-users", "--clear-groups"];
  const search = "find /run -writable \\( -type d -o -type f \\) 2>/dev/null || true";
  const found = (await on.on(instance, ...asUser, "sh", "-c", search)).trim().split("\n");
  const own = ["/run/shoestring/ends/users", "/run/shoestring/ready/users"];
  expect(found.filter((it) => !it.startsWith("/run/lock")).sort()).toEqual(own);
  for (const path of own) {
    const fill = `for n in $(seq 3); do head -c 1M /dev/zero > ${path}/$n; done 2>/dev/null; true`;
    await on.on(instance, ...asUser, "sh", "-c", fill);
    expect(Number(await shell(`du -sk ${path} | cut -f 1`))).toBeLessThanOrEqual(1024);
  }
  const shm = await ofProcess("users", "mountinfo");
  expect(shm).toMatch(/ \/dev\/shm .* tmpfs tmpfs /);
  // The neighbour's deploys go on, and the service's own, once it has room again.
  await on.pushed();
  await shell(own.map((path) => `rm ${path}/*`).join("; "));
  expect((await on.shoestring("restart", "users", "--wait")).code).toBe(0);
});

test("a process has the limits, mask and time zone of its cluster file, and others what is usual", async () => {
  const [limits, status, environment] = await Promise.all([
    ofProcess("users", "limits"),
    ofProcess("users", "status"),
    ofProcess("users", "environ"),
  ]);
  expect(limits).toMatch(/Max open files +4096 +4096/);
  expect(status).toMatch(/Umask:\t0027/);
  expect(environment.split("\0")).toContain("TZ=Asia/Tokyo");
  const properties = "KillSignal,KillMode,MemoryMax,CPUQuotaPerSecUSec,TasksMax,OOMPolicy";
  const shown = await shell(`systemctl show ${await unitOf("users")} --property=${properties}`);
  expect(shown.trim().split("\n").sort()).toEqual([
    "CPUQuotaPerSecUSec=1.500000s",
    "KillMode=mixed",
    "KillSignal=2",
    "MemoryMax=536870912",
    "OOMPolicy=continue",
    "TasksMax=200",
  ]);
  const files = await shell(`systemctl show ${await unitOf("web")} -P LimitNOFILESoft`);
  expect(files.trim()).toBe("65536");
  expect(await ofProcess("web", "status")).toMatch(/Umask:\t0022/);
});

test("a process may write to its home and its cache, which end with its run, and to its state, which stays", async () => {
  const inUnit = async (script: string) => {
    const pid = (await shell(`systemctl show -P MainPID ${await unitOf("users")}`)).trim();
    const environment = (await ofProcess("users", "environ")).split("\0").filter((it) => it);
    const user = ["setpriv", "--reuid=app-users", "--regid=app-users", "--clear-groups"];
    const inside = ["nsenter", `--target=${pid}`, "--mount", ...user, "env", "-i"];
    return on.on(instance, ...inside, ...environment, "sh", "-ec", script);
  };
  await inUnit(
    'for it in "$HOME" "$CACHE_DIRECTORY" "$STATE_DIRECTORY"; do echo 1 > "$it/x"; done',
  );
  await expect(inUnit("echo 1 > server.js")).rejects.toThrow();
  expect((await on.shoestring("restart", "users", "--wait")).code).toBe(0);
  const kept = 'ls "$HOME" "$CACHE_DIRECTORY"; echo "$STATE_DIRECTORY"; ls "$STATE_DIRECTORY"';
  expect(
    (await inUnit(kept))
      .trim()
      .split("\n")
      .filter((it) => it && !it.endsWith(":")),
  ).toEqual(["/var/lib/shoestring-services/users", "x"]);
});

test("the kernel gives no port of a service to a connection, though its range has them", async () => {
  const range = "/proc/sys/net/ipv4/ip_local_port_range";
  const usual = (await shell(`cat ${range}`)).trim();
  /** Opens a connection for each port of the range, an even number, and returns what they got. */
  const given = async (from: number, to: number) => {
    const ports = await shell(`echo '${from} ${to}' > ${range}; node -e '
      const net = require("node:net");
      const count = ${to - from + 1};
      const got = [];
      const take = (port) => {
        if (got.push(port) < count) return;
        console.log(got.sort().join(" "));
        process.exit();
      };
      net.createServer(() => {}).listen(7999, "127.0.0.1", () => {
        for (let i = 0; i < count; i += 1) {
          const socket = net.connect(7999, "127.0.0.1", () => take(socket.localPort));
          socket.on("error", ({ code }) => take(code));
        }
      });
    '; echo '${usual}' > ${range}`);
    return ports.trim().split(" ");
  };
  expect(await given(9301, 9304)).toEqual(["9301", "9302", "9303", "9304"]);
  // 9201 is a worker port of users.
  expect(await given(9200, 9203)).toEqual(["9200", "9202", "9203", "EADDRNOTAVAIL"]);
});

test("a process that works longer than a stop may last is killed and told; shutdownTimeoutSeconds lets it end", async () => {
  await on.pushed({ stopMs: 4000 });
  await on.pushed({ stopMs: 4000 }, "users");
  await on.pushed();
  await on.pushed({}, "users");
  const told = `${instance}: 1 process was killed after ${stopTimeoutSeconds} s: it had not stopped`;
  expect((await on.shoestring("status", "web")).out).toContain(told);
  expect((await on.shoestring("history", "web")).out).toContain("done, 1 killed");
  expect((await on.shoestring("status", "users")).out).not.toContain("killed");
});

test("a process that is killed after a stop that an earlier agent began is told, too", async () => {
  await on.pushed({ stopMs: 30_000 }, "users");
  const deploy = await on.push({}, "users");
  await until("a process that stops", async () => {
    const processes = (await on.rollout(deploy))?.instances[instance]?.processes ?? {};
    return Object.values(processes).some(({ phase }) => phase === "stopping");
  });
  await on.on(instance, "systemctl", "restart", "shoestring-agent");
  expect((await on.ended(deploy)).phase).toBe("done");
  expect((await on.shoestring("status", "users")).out).toMatch(/1 process was killed after \d+ s/);
});

test("a release that exits with 3 at its start is told with its status, each of three times", async () => {
  for (const _ of [1, 2, 3]) {
    const { phase, instances } = await on.ended(await on.push({ exitAtStart: 3 }));
    expect([phase, instances[instance]?.error]).toEqual([
      "failed",
      expect.stringContaining("it exited with status 3"),
    ]);
  }
});

const file = "/etc/shoestring/services/users.json";
const unit = "/etc/systemd/system/shoestring-users@.service";

test.each([
  ["file", `cp ${file} /tmp/kept; echo '{' > ${file}`, `cp /tmp/kept ${file}`],
  ["user", `cp ${file} /tmp/kept; sed -i 's/"app-users"/"video"/' ${file}`, `cp /tmp/kept ${file}`],
  [
    "system user",
    `cp ${file} /tmp/kept; sed -i 's/"app-users"/"www-data"/' ${file}`,
    `cp /tmp/kept ${file}`,
  ],
  ["folder", "mv /srv/users /srv/kept; touch /srv/users", "rm /srv/users; mv /srv/kept /srv/users"],
  ["unit", `mv ${unit} /tmp/unit; mkdir ${unit}`, `rmdir ${unit}; mv /tmp/unit ${unit}`],
])(
  "where the %s of a service cannot be made, its neighbour serves after a boot",
  async (_, breakIt, mendIt) => {
    await shell(breakIt);
    await bootAgain();
    const [own, health] = await ask("users");
    expect([await ask("web"), own, health]).toEqual([["200", "200"], "404", "404"]);
    const log = await shell("journalctl -u shoestring-boot -o cat -n 30 --no-pager");
    expect(log).toContain('"service.unusable"');
    await shell(mendIt);
    await bootAgain();
    await expect.poll(() => ask("users"), { timeout: 10_000 }).toEqual(["200", "200"]);
  },
);
