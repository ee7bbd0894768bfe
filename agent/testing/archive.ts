import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";

/** An archive made by hand, with entries that no build would make. */
export async function memoryArchive(
  entries: readonly (Partial<Header> & { name: string; content?: string })[],
): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content = "", ...header } of entries) pack.entry(header as Header, content);
  pack.finalize();
  return gzipSync(await buffer(pack));
}
