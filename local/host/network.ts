import { createServer } from "node:net";
import { anyConsulAddress, type Cidr, consulAddresses, freeSubnet } from "./addresses.ts";
import type { Region } from "./region.ts";
import { mustRun, run } from "./run.ts";

/** A /24 of the cluster's network that no route or address of this machine overlaps. */
export async function chooseSubnet(region: Region, within: Cidr): Promise<Cidr> {
  const routes = JSON.parse(await mustRun("ip", ["-j", "-4", "route", "show", "table", "all"])) as {
    dst: string;
  }[];
  const used = routes.map(({ dst }) => dst).filter((dst) => /^[\d.]+(\/\d+)?$/.test(dst));
  return freeSubnet(region.names.id, within, used);
}

/**
 * The bridge between the region's servers, on the machine itself, and its instances. There is no
 * address translation and no default route behind it: traffic does not leave the machine.
 */
export async function ensureBridge(
  region: Region,
  subnet: Cidr,
  consulServers: number,
): Promise<void> {
  const { bridge } = region.names;
  const [first, ...others] = [...consulAddresses(subnet, consulServers), anyConsulAddress(subnet)];
  const listing = await run("ip", ["-j", "-4", "address", "show", "dev", bridge]);
  const present =
    listing.code === 0
      ? (JSON.parse(listing.stdout || "[]") as { addr_info?: { local: string }[] }[])
      : [];
  const has = (address: string | undefined) =>
    present.some((link) => link.addr_info?.some(({ local }) => local === address));
  const add = (address: string | undefined) =>
    mustRun("ip", ["address", "add", `${address}/24`, "dev", bridge]);
  if (!has(first)) {
    await removeBridge(region);
    await mustRun("ip", ["link", "add", bridge, "type", "bridge"]);
    // Without a port of its own a bridge has no carrier; servers may bind its address all the same.
    await add(first);
    await mustRun("ip", ["link", "set", bridge, "up"]);
  }
  for (const address of others) if (!has(address)) await add(address);
}

/** Removes the bridge, if there is one. */
export async function removeBridge(region: Region): Promise<void> {
  await run("ip", ["link", "delete", region.names.bridge]);
}

export async function bridgeExists(region: Region): Promise<boolean> {
  return (await run("ip", ["link", "show", region.names.bridge])).code === 0;
}

/** The first free port of an address, from `from` on. */
export async function freePort(address: string, from: number): Promise<number> {
  for (let port = from; ; port++) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, address, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/**
 * Removes a machine's interface from the bridge, if there is one. The kernel removes it only when
 * the machine's network ends, and connections that wait for a last answer delay that by minutes.
 */
export async function unplug(machine: string): Promise<void> {
  // nspawn's name for it; a longer one is an alternative name, which works as well.
  await run("ip", ["link", "delete", `vb-${machine}`]);
}
