import { statfs } from "node:fs/promises";

/** Bytes of a disk that are free for everybody. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** How much may be written before the free bytes are looked at again: others write, too. */
const lookEachBytes = 8 * 1024 ** 2;

/**
 * Lets a stream pass, and has each chunk checked with how many bytes there were so far.
 *
 * @param check throws what ends the stream.
 * @param checkRoom is asked at the start and then again each few megabytes.
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
