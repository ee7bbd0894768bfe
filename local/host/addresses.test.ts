import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anyConsulAddress,
  assignAddresses,
  consulAddresses,
  freeSubnet,
  gateway,
  regionNames,
} from "./addresses.ts";

test("a directory always gives the same names, and another directory gives others", () => {
  const names = regionNames("/srv/a/.local");
  expect(regionNames("/srv/a/.local")).toEqual(names);
  const other = regionNames("/srv/b/.local");
  expect(other.bridge).not.toBe(names.bridge);
  expect(other.loopback).not.toBe(names.loopback);
});

test("names keep the kernel's limits, for any directory", () => {
  fc.assert(
    fc.property(fc.string(), (directory) => {
      const { bridge, loopback } = regionNames(directory);
      expect(bridge.length).toBeLessThanOrEqual(15);
      const [first, second, , last] = loopback.split(".").map(Number);
      expect(first).toBe(127);
      expect(second).toBeGreaterThanOrEqual(2);
      expect(last).toBeGreaterThanOrEqual(1);
      expect(last).toBeLessThanOrEqual(254);
    }),
  );
});

test("regions of one machine never share a subnet, whatever their directories' hashes are", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 40 }), (directories) => {
      const used: string[] = [];
      // A small network, so that the hashes collide.
      for (const directory of directories) {
        used.push(freeSubnet(regionNames(directory).id, "10.9.0.0/18", used));
      }
      expect(new Set(used).size).toBe(used.length);
    }),
  );
});

test("a subnet that overlaps a larger or a smaller route is not taken", () => {
  const used = ["10.9.0.0/25", "10.9.2.0/23", "192.168.0.0/16", "10.9.1.7"];
  expect(() => freeSubnet("000000", "10.9.0.0/22", used)).toThrow("no /24 of 10.9.0.0/22 is free");
  expect(freeSubnet("000000", "10.9.0.0/21", used)).toBe("10.9.4.0/24");
});

test("instances keep their address when others come and go", () => {
  const before = assignAddresses("10.9.4.0/24", ["web-1", "web-2"]);
  expect(before).toEqual({ "web-1": "10.9.4.11", "web-2": "10.9.4.12" });
  expect(assignAddresses("10.9.4.0/24", ["other-1", "web-2"], before)).toEqual({
    "web-2": "10.9.4.12",
    "other-1": "10.9.4.11",
  });
  expect(gateway("10.9.4.0/24")).toBe("10.9.4.1");
});

test("Consul's servers have addresses that no instance gets, the first one the gateway's", () => {
  const subnet = "10.9.4.0/24";
  expect(consulAddresses(subnet, 1)).toEqual([gateway(subnet)]);
  const all = [...consulAddresses(subnet, 5), anyConsulAddress(subnet)];
  expect(new Set(all).size).toBe(6);
  const instances = Array.from({ length: 244 }, (_, i) => `web-${i + 1}`);
  const taken = Object.values(assignAddresses(subnet, instances));
  for (const address of all) expect(taken).not.toContain(address);
});

test("more instances than the subnet holds are refused", () => {
  const many = Array.from({ length: 245 }, (_, i) => `web-${i + 1}`);
  expect(() => assignAddresses("10.9.4.0/24", many)).toThrow("do not fit into 10.9.4.0/24");
});
