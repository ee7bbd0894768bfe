/** The limits of a release's archive, checked when it is packed and when it is unpacked. */
export interface ArchiveLimits {
  /** Files, links and folders, including folders that a name only implies. */
  readonly entries: number;
  /** Bytes of the decompressed archive. */
  readonly bytes: number;
  /** Unpacked bytes for each packed byte; an ordinary release has 3 to 20, a bomb 1000. */
  readonly ratio: number;
  /**
   * An archive of at most this many unpacked bytes is no bomb, whatever its ratio: a page of zeros
   * is harmless.
   */
  readonly harmlessBytes: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Names in a path, including the entry's own. */
  readonly depth: number;
  /** Bytes of one name in a path. */
  readonly nameBytes: number;
  /** Bytes of a path, and of a link's target. */
  readonly pathBytes: number;
  /** Bytes of its release.json, which the agent reads as a whole. */
  readonly releaseFileBytes: number;
}

export const archiveLimits: ArchiveLimits = {
  entries: 200_000,
  bytes: 4 * 1024 ** 3,
  ratio: 200,
  harmlessBytes: 16 * 1024 ** 2,
  // Node's limit for one read when the archive is packed.
  fileBytes: 2 * 1024 ** 3 - 1,
  depth: 64,
  nameBytes: 255,
  pathBytes: 2048,
  releaseFileBytes: 64 * 1024,
};

/** A name at a release's root that is reserved for the agent: the file marks a complete release. */
export const markerName = ".shoestring";

/** Settings that the build knows better than the infrastructure (service-file.ts). */
export const releaseFileName = "release.json";

/** One entry of an archive, as its header has it. */
export interface ArchiveEntry {
  readonly name: string;
  /** In tar's words: `file`, `directory`, `symlink`, … */
  readonly type: string;
  /** Bytes that follow the header. */
  readonly size: number;
  /** The target of a link. */
  readonly linkname?: string | undefined;
}

/**
 * The reason why an entry cannot be part of a release, worded to follow its name, like "is an
 * absolute path".
 */
export class EntryRefused extends Error {}

/** An entry that may be made. */
export interface CheckedEntry {
  /** Below the tree, without `./` and a trailing slash; "." is the tree. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  /** Folders to create first, the outermost first. */
  readonly folders: readonly string[];
}

/**
 * Checks the entries of one archive, one after the other: no absolute path, no `..`, no link that
 * leaves the tree or is written through, nothing but files, folders and symbolic links, nothing
 * twice, and no more than the limits say.
 *
 * @throws EntryRefused
 */
export function archiveChecker(limits: ArchiveLimits = archiveLimits) {
  const kinds = new Map<string, CheckedEntry["kind"]>([[".", "folder"]]);
  const add = (path: string, kind: CheckedEntry["kind"]) => {
    if (kinds.size > limits.entries) {
      throw new EntryRefused(`is one too many: more than ${limits.entries} entries`);
    }
    kinds.set(path, kind);
  };
  return (entry: ArchiveEntry): CheckedEntry => {
    const path = pathOf(entry.name, limits);
    const kind = kindOf(entry);
    if (kind !== "file" && entry.size > 0) {
      throw new EntryRefused(`is a ${kind} that carries ${entry.size} bytes`);
    }
    if (entry.size > limits.fileBytes) {
      throw new EntryRefused(`has ${entry.size} bytes, at most ${limits.fileBytes} go`);
    }
    if (path === releaseFileName && entry.size > limits.releaseFileBytes) {
      throw new EntryRefused(`has ${entry.size} bytes, at most ${limits.releaseFileBytes} go`);
    }
    if (kind === "link") checkLink(path, entry.linkname ?? "", limits);
    const folders = missingFolders(path, kinds);
    for (const folder of folders) add(folder, "folder");
    const before = kinds.get(path);
    if (before === undefined) add(path, kind);
    else if (before !== "folder" || kind !== "folder") throw new EntryRefused("is there twice");
    return {
      path,
      kind,
      folders: before === undefined && kind === "folder" ? [...folders, path] : folders,
    };
  };
}

/** A folder takes a block of the disk. */
const folderBytes = 4096;

/** The size of an archive. */
export interface Unpacked {
  /** Decompressed bytes. */
  readonly bytes: number;
  readonly folders: number;
}

/**
 * Whether an archive of this size unpacks to too much.
 *
 * @returns why, like "unpacks to more than 10 bytes".
 */
export function tooMuch(
  unpacked: Unpacked,
  archiveBytes: number,
  { bytes, ratio, harmlessBytes }: ArchiveLimits,
): string | undefined {
  const unpackedBytes = unpacked.bytes + unpacked.folders * folderBytes;
  if (unpackedBytes > harmlessBytes && unpackedBytes > archiveBytes * ratio) {
    return `unpacks to more than ${ratio} times its size, like a zip bomb`;
  }
  if (unpackedBytes > bytes) return `unpacks to more than ${bytes} bytes`;
  return undefined;
}

const bytesOf = (text: string) => Buffer.byteLength(text);

function pathOf(name: string, { depth, nameBytes, pathBytes }: ArchiveLimits): string {
  if (name.startsWith("/")) throw new EntryRefused("is an absolute path");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new EntryRefused('has ".." in its path');
  // U+FFFD replaces bytes that are not UTF-8: such a name would get another one on disk.
  if (/[\0\\\ufffd]/.test(name) || !name.isWellFormed()) {
    throw new EntryRefused("is no plain path: it has a backslash, NUL, or is not UTF-8");
  }
  if (parts.length > depth) throw new EntryRefused(`has a path of more than ${depth} names`);
  if (bytesOf(parts.join("/")) > pathBytes)
    throw new EntryRefused(`is longer than ${pathBytes} bytes`);
  if (parts.some((part) => bytesOf(part) > nameBytes)) {
    throw new EntryRefused(`has a name of more than ${nameBytes} bytes`);
  }
  if (parts[0] === markerName) throw new EntryRefused("has a name that the agent keeps for itself");
  return parts.join("/") || ".";
}

function kindOf({ type }: ArchiveEntry): CheckedEntry["kind"] {
  if (type === "file" || type === "contiguous-file") return "file";
  if (type === "directory") return "folder";
  if (type === "symlink") return "link";
  throw new EntryRefused(
    `is a ${type}, and only files, folders and symbolic links are part of a release`,
  );
}

function missingFolders(
  path: string,
  kinds: ReadonlyMap<string, CheckedEntry["kind"]>,
): readonly string[] {
  const parts = path.split("/");
  const above = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
  for (const folder of above) {
    const kind = kinds.get(folder);
    if (kind === "link") throw new EntryRefused(`is written through the link "${folder}"`);
    if (kind === "file") throw new EntryRefused(`lies below the file "${folder}"`);
  }
  return above.filter((folder) => !kinds.has(folder));
}

/**
 * A link may climb with leading `..` only, and not above the tree. Since its own folder is real,
 * and every link it then passes obeys the same, it cannot lead out, however links are chained.
 */
function checkLink(path: string, linkname: string, { pathBytes }: ArchiveLimits): void {
  const parts = linkname.split("/").filter((part) => part !== "" && part !== ".");
  const down = parts.findIndex((part) => part !== "..");
  const climbs = down === -1 ? parts.length : down;
  const depth = path.split("/").length - 1;
  if (linkname === "" || /[\0\ufffd]/.test(linkname) || bytesOf(linkname) > pathBytes) {
    throw new EntryRefused("is a link that points to no plain path");
  }
  if (linkname.startsWith("/") || climbs > depth || parts.slice(climbs).includes("..")) {
    throw new EntryRefused(
      `is a link that leaves the tree, or goes down and up again: it points to ${JSON.stringify(linkname)}`,
    );
  }
}
