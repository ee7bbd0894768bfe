import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { portsOf } from "../../protocol/ports.ts";
import { aService } from "../testing/builders.ts";
import { portRanges, reservePorts } from "./reserved-ports.ts";

test.each([
  [[], ""],
  [[8001], "8001"],
  [[8003, 8001, 8002, 8002, 8101], "8001-8003,8101"],
])("ports %j are the ranges %s", (ports, ranges) => {
  expect(portRanges(ports)).toBe(ranges);
});

test("all ports of all services are reserved, and those that were before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ip_local_reserved_ports");
  writeFileSync(path, "5000-5001\n");
  const services = [aService({ basePort: 30_000 }), aService({ basePort: 40_000, processes: 1 })];
  await reservePorts(services, path);
  expect(readFileSync(path, "utf8")).toBe(
    "5000-5001,30001-30004,30101-30104,30201-30204,40001,40101,40201\n",
  );
});

test("each port of each service that the cluster file accepts is a port", () => {
  for (const basePort of [1024, 65_000]) {
    const ports = portsOf(aService({ basePort, processes: 99 }));
    expect(Math.min(...ports)).toBeGreaterThan(1024);
    expect(Math.max(...ports)).toBeLessThan(65_536);
  }
});
