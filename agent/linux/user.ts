import { happening, Problem } from "../../lib/problem.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Exec } from "./exec.ts";

/** The comment of each account that the agent made. */
const madeHere = "made by Shoestring";
/** Ids from here on belong to people; `nobody` is the last one. */
const firstOrdinaryId = 1000;
const nobodyId = 65_534;

/**
 * Makes the user of a service, with a group of its own.
 *
 * @throws Problem where the system has an account or a group of this name: a service must not get
 * its rights.
 */
export async function ensureUser(
  { service, user }: Pick<ServiceFile, "service" | "user">,
  exec: Exec,
): Promise<void> {
  const refuse = (happened: string, cause?: unknown) =>
    new Problem({
      happened: `${service} cannot run as the user ${user}: ${happened}`,
      unchanged: "nothing of it was started; the instance's other services go on",
      next: "name another one in the cluster file, or none: user",
      cause,
    });
  const account = await findAccount(user, exec);
  if (account) {
    if (!isOrdinary(account)) throw refuse(`it is one of the system's, with the id ${account.id}`);
    return;
  }
  const own = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  await exec("useradd", [...own, "--comment", madeHere, user]).catch((cause) => {
    throw refuse(happening(cause), cause);
  });
}

interface Account {
  readonly id: number;
  readonly comment: string;
}

const isOrdinary = ({ id, comment }: Account) =>
  comment === madeHere || (id >= firstOrdinaryId && id !== nobodyId);

async function findAccount(user: string, exec: Exec): Promise<Account | undefined> {
  const line = await exec("getent", ["passwd", user]).catch((error: unknown) => {
    if (isUnknown(error)) return undefined;
    throw error;
  });
  const [, , id, , comment = ""] = line?.trim().split(":") ?? [];
  return id === undefined ? undefined : { id: Number(id), comment };
}

/** getent(1): one or more keys could not be found. */
const isUnknown = (error: unknown) =>
  error instanceof Problem && (error.cause as { code?: unknown } | undefined)?.code === 2;
