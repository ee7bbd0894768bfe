import { statfs } from "node:fs/promises";

/** Free bytes of a disk, without those reserved for root. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Bytes that may be written before the free bytes are checked again: other programs write, too. */
const lookEachBytes = 8 * 1024 ** 2;

/**
 * Passes a stream on and checks each chunk, with the number of bytes so far.
 *
 * @param check may throw, which ends the stream.
 * @param checkRoom is called at the start and then again each few megabytes.
 */
export async function* counted(
  source: AsyncIterable<Buffer>,
  check: (bytes: number, chunk: Buffer) => void,
  checkRoom: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  let lookAt = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    check(bytes, chunk);
    if (bytes >= lookAt) {
      await checkRoom();
      lookAt = bytes + lookEachBytes;
    }
    yield chunk;
  }
}
