import { serviceFolder } from "../../agent/linux/folders.ts";
import type { RegionUnderTest } from "../testing/region-under-test.ts";

const mountPoint = "/small-disk";
const filler = `${mountPoint}/full`;

export const releasesOf = (service: string) => `${serviceFolder(service)}/releases`;

/** Gives an instance one small disk for some folders: in memory, so that this machine's stays free. */
export async function giveSmallDisk(
  on: RegionUnderTest,
  instance: string,
  folders: readonly string[],
): Promise<void> {
  const mount = [
    `mkdir ${mountPoint}`,
    `mount -t tmpfs -o size=200m tmpfs ${mountPoint}`,
    ...folders.flatMap((folder) => [
      `mkdir -p ${folder} ${mountPoint}${folder}`,
      `cp -a ${folder}/. ${mountPoint}${folder}`,
      `mount --bind ${mountPoint}${folder} ${folder}`,
    ]),
  ];
  await on.on(instance, "sh", "-ec", mount.join("; "));
}

/** Fills the small disk to the last byte. */
export async function fillDisk(on: RegionUnderTest, instance: string): Promise<void> {
  await on.on(instance, "sh", "-c", `cat /dev/zero > ${filler} 2> /dev/null || true`);
}

export async function makeRoom(on: RegionUnderTest, instance: string): Promise<void> {
  await on.on(instance, "rm", "-f", filler);
}
