import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A PostgreSQL on an address of a region's bridge, with one database. */
export interface Postgres {
  /** What RDS's rotation would keep as a secret. */
  readonly secret: Readonly<Record<string, string | number>>;
  /** @returns the rows of a query, one a line */
  query(sql: string): string;
  end(): void;
}

const packagesFolder = "/usr/lib/postgresql";

/** Starts it on an empty folder; its programs are installed if they are missing. */
export function startPostgres(address: string, database: string): Postgres {
  const programs = join(packagesFolder, newestInstalled(), "bin");
  const folder = mkdtempSync(join(tmpdir(), "shoestring-postgres-"));
  const [username, password] = ["app", "of the test's region"];
  // PostgreSQL refuses to run as root.
  const asOwner = (program: string, ...args: readonly string[]) =>
    execFileSync("runuser", ["-u", "postgres", "--", join(programs, program), ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  const passwords = join(folder, "password");
  writeFileSync(passwords, password);
  asOwner(
    "initdb",
    ...["-D", data, "-U", username, `--pwfile=${passwords}`, "-A", "scram-sha-256"],
  );
  appendFileSync(join(data, "pg_hba.conf"), "host all all samenet scram-sha-256\n");
  const options = `-c listen_addresses=${address} -c unix_socket_directories=${folder} -c fsync=off`;
  const log = join(folder, "log");
  // With a log of its own; else the server would hold this call's output open.
  asOwner("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start");
  const query = (sql: string, of = database) => {
    const url = `postgres://${username}:${encodeURIComponent(password)}@${address}/${of}`;
    return execFileSync("psql", [url, "-Atc", sql], { encoding: "utf8" }).trim();
  };
  query(`create database ${database}`, "postgres");
  return {
    secret: { host: address, port: 5432, dbname: database, username, password },
    query,
    end() {
      asOwner("pg_ctl", "-D", data, "-m", "immediate", "stop");
      rmSync(folder, { recursive: true });
    },
  };
}

function newestInstalled(): string {
  const installed = () => {
    try {
      return readdirSync(packagesFolder).sort((a, b) => Number(b) - Number(a))[0];
    } catch {
      return undefined;
    }
  };
  const before = installed();
  if (before !== undefined) return before;
  const args = ["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"];
  execFileSync("apt-get", args, { stdio: "ignore", env: { ...process.env, RUNLEVEL: "1" } });
  return installed() ?? "";
}
