import type { Exec } from "./exec.ts";

/** Room for one short file of each process; a file takes a page. */
const options = "size=1m,nr_inodes=512,mode=0755,nosuid,nodev,noexec";

/**
 * Makes a folder below /run that belongs to a service's user, as a file system of its own: what the
 * service writes there cannot fill /run, which the agent, systemd and the other services need.
 */
export async function makeOwnFolder(path: string, user: string, exec: Exec): Promise<void> {
  await exec("install", ["-d", "-m", "0755", path]);
  const isMounted = await exec("mountpoint", ["-q", path]).then(
    () => true,
    () => false,
  );
  if (!isMounted) await exec("mount", ["-t", "tmpfs", "-o", options, "shoestring", path]);
  await exec("chown", [user, path]);
}
