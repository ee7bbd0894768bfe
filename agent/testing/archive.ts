import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";

/** An archive made by hand, with entries that no build would produce. */
export async function memoryArchive(
  entries: readonly (Partial<Header> & { name: string; content?: string })[],
): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content = "", ...header } of entries) pack.entry(header as Header, content);
  pack.finalize();
  return gzipSync(await buffer(pack));
}

/**
 * An archive of a few megabytes with one file of this many zeros. Its gzip members are made once
 * and repeated, so that a bomb costs its maker nothing.
 */
export async function bombArchive(gibibytes: number): Promise<Buffer> {
  const pack = tar.pack();
  // Only the header is needed: its contents are never written to this pack.
  pack.entry({ name: "zeros", size: gibibytes * 1024 ** 3 }, () => {});
  const [header] = (await once(pack, "data")) as [Buffer];
  const block = gzipSync(Buffer.alloc(64 * 1024 ** 2));
  return Buffer.concat([gzipSync(header), ...Array<Buffer>(gibibytes * 16).fill(block)]);
}
