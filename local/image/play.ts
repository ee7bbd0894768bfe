import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInRoot } from "./root.ts";

export const ansibleFolder = fileURLToPath(new URL("../../ansible", import.meta.url));

/** Variables of the playbook in a root that is not booted, has no sudo and no AWS. */
export const localVariables = {
  ansible_python_interpreter: "/usr/bin/python3",
  ansible_become: false,
  base_booted: false,
  base_upgrade: false,
  ssm_agent_enabled: false,
  checks_aws: false,
} as const;

/** Programs and folders of this machine that the playbook copies, by its name for each. */
const given = { node: "node_binary", consul: "consul_binary", agent: "agent_bundle" } as const;

/** What one run of the playbook needs. */
export interface Play {
  /** Ansible for the root's Python, as `ensureAnsible` makes it. */
  readonly ansible: string;
  /** Its file in `ansible/`. @default "instance.yml" */
  readonly playbook?: string;
  /** Arguments of the playbook, like tags. */
  readonly args: readonly string[];
  readonly programs: Readonly<Partial<Record<keyof typeof given, string>>>;
  readonly log: (line: string) => void;
  /** Receives every line of the playbook. @default none but the names of tasks reach `log` */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs the playbook inside a root that is not booted; Ansible and programs are only mounted.
 *
 * @throws Problem with the playbook's last lines.
 */
export async function play(root: string, run: Play): Promise<void> {
  const { ansible, playbook = "instance.yml", args, programs, log, onLine } = run;
  const inside = (name: string) => `/run/shoestring-image/${name}`;
  const names = Object.keys(programs) as (keyof typeof given)[];
  const variables = {
    ...localVariables,
    ...Object.fromEntries(names.map((name) => [given[name], inside(name)])),
  };
  await runInRoot(
    root,
    {
      binds: {
        [inside("ansible")]: ansible,
        [inside("playbook")]: ansibleFolder,
        ...Object.fromEntries(names.map((name) => [inside(name), programs[name] as string])),
      },
      environment: {
        PYTHONPATH: inside("ansible"),
        ANSIBLE_LOCALHOST_WARNING: "false",
        PYTHONDONTWRITEBYTECODE: "1",
      },
      command: [
        ...["python3", "-m", "ansible", "playbook", inside(`playbook/${playbook}`)],
        ...["--inventory", "localhost,", "--connection", "local"],
        ...["--extra-vars", JSON.stringify(variables)],
        ...args,
      ],
    },
    {
      onLine: (line) => {
        onLine?.(line);
        const task = /^TASK \[(.+?)\]/.exec(line)?.[1];
        if (task) log(`image: ${task}`);
      },
      stillRunning: (seconds) => log(`image: the playbook runs, ${seconds} s`),
      next: "run the playbook's task that failed by hand inside the root",
    },
  );
  rmSync(join(root, "root", ".ansible"), { recursive: true, force: true });
}

const cleaning = "/run/shoestring-image/clean.sh";
export const cleanScript = fileURLToPath(new URL("../../packer/clean.sh", import.meta.url));

/** Takes out of a root what belongs to one machine, as for an AMI. @throws Problem. */
export const clean = (root: string): Promise<void> =>
  runInRoot(
    root,
    { command: ["sh", cleaning], binds: { [cleaning]: cleanScript } },
    { next: "run packer/clean.sh by hand inside the root" },
  );
