import { expect, test } from "vitest";
import { aService } from "../testing/builders.ts";
import { renderUnit } from "./systemd.ts";
import { unitLines } from "./unit-lines.ts";

test("a unit without settings gets SIGTERM, and as many files as nginx and Consul", () => {
  expect(unitLines({})).toEqual(["KillSignal=SIGTERM", "LimitNOFILE=65536:524288"]);
});

test("each setting is a line of the unit", () => {
  const limits = { files: 4096, memoryMib: 512, cpuPercent: 150, tasks: 200 } as const;
  expect(
    unitLines({
      ...{ stopSignal: "SIGQUIT", stopSignalTo: "main", umask: "0027", timeZone: "Asia/Tokyo" },
      limits: { ...limits, oomPolicy: "continue" },
    }),
  ).toEqual([
    "KillSignal=SIGQUIT",
    "KillMode=mixed",
    "LimitNOFILE=4096",
    "MemoryMax=512M",
    "CPUQuota=150%",
    "TasksMax=200",
    "OOMPolicy=continue",
    "UMask=0027",
    "Environment=TZ=Asia/Tokyo",
  ]);
});

test("a kind of processes has settings of its own", () => {
  const service = aService({
    processes: 2,
    stopSignal: "SIGINT",
    kinds: { web: { count: 1, ping: "/ping" }, worker: { count: 1, stopSignal: "SIGQUIT" } },
  });
  expect(renderUnit(service, 1)).toContain("\nKillSignal=SIGINT\n");
  expect(renderUnit(service, 2)).toContain("\nKillSignal=SIGQUIT\n");
});
