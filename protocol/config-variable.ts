import { whyUnwritable } from "./env-file.ts";
import { isMeantAsReference, parseSecretReference, referenceForm } from "./secret-reference.ts";

/** The agent sets these last, so a value in the config would never reach a process. */
const ofTheAgent = /^(PORT|READY_FILE|SHOESTRING_.*)$/;

/**
 * systemd sets these, and a value in the config would hide them: no process would be ready, and the
 * command after a stop (`ExecStopPost=`) would write down another end than the process had.
 */
const ofSystemd = [
  ...["NOTIFY_SOCKET", "STATE_DIRECTORY"],
  ...["INVOCATION_ID", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS"],
];

/** The shell that starts a process sets these itself, and does not start with an OPTIND of text. */
const ofTheShell = ["IFS", "OPTIND", "PPID", "PWD"];

/** What people write in place of a reference. */
const isAlmostReference = (value: string) =>
  /^(rds[:!]|secrets?[-_]?manager:|ssm:|parameter[-_]?store:)/i.test(value) &&
  !isMeantAsReference(value);

/** A program that reads the secret by itself is told its ARN, in a variable that says so. */
const isArnOfSecret = (name: string, value: string) =>
  /^arn:aws[\w-]*:(secretsmanager:|ssm:[^:]*:[^:]*:parameter\/)/.test(value) &&
  !/(ARN|ID)$/i.test(name);

/**
 * Why a variable cannot be part of a service's config; undefined if it can. The cluster's file and
 * `config set` have this one rule. It never shows the value, which may be a secret.
 */
export function whyNoConfig(name: string, value: string): string | undefined {
  if (ofTheAgent.test(name)) return "the agent sets it for each process";
  if (ofSystemd.includes(name)) return "systemd sets it for each process";
  if (ofTheShell.includes(name)) return "the shell that starts a process sets it";
  const unwritable = whyUnwritable(name, value);
  if (unwritable !== undefined) return unwritable;
  if (isAlmostReference(value) || isArnOfSecret(name, value)) {
    return `its value would reach the process as it is, and not the secret; a reference is ${referenceForm}`;
  }
  if (isMeantAsReference(value) && parseSecretReference(value) === undefined) {
    return `its value begins like a reference to a secret, and is not a whole one: ${referenceForm}`;
  }
  return undefined;
}
