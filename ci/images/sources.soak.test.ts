import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { imagePython } from "../../local/image/image.ts";
import { inImage } from "../../local/testing/in-image.ts";
import { ensureAnsible } from "../../tools/python.ts";

/**
 * A mirror inside the image's own network: the first folder of a path says how it answers. A flaky one is good
 * from the second request on.
 */
const mirror = `
const asked = new Map();
const file = Buffer.from("the archive");
require("node:http").createServer((request, response) => {
  const [, how] = request.url.split("/");
  const times = (asked.get(request.url) ?? 0) + 1;
  asked.set(request.url, times);
  if (/^\\d+$/.test(how)) return response.writeHead(Number(how)).end();
  if (how === "flaky" && times === 1) return response.writeHead(503).end();
  if (how === "slow") return; // answers never
  response.writeHead(200, { "content-length": how === "truncated" ? file.length + 1 : file.length });
  response.write(how === "changed" ? "an archive!" : file);
  if (how === "truncated") setTimeout(() => response.destroy(), 20);
  else response.end();
}).listen(8080, "127.0.0.1", () => console.log("listens"));
`;
const sum = "sha256:c8d18c54d108f4f0237eb4e1c4473cfd3dbd267afe97c2d967003bda0f546e08";

const playbook = [
  {
    hosts: "all",
    gather_facts: false,
    vars: {
      ...{ download_attempts: 2, download_delay_seconds: 0, download_timeout_seconds: 1 },
      ...{ packages_attempts: 1, packages_delay_seconds: 0, debian_suite: "trixie" },
    },
    tasks: [
      {
        name: "Sources",
        "ansible.builtin.include_tasks": "/built/{{ asked.kind }}.yml",
        loop_control: { loop_var: "asked" },
        loop: [
          ...["good", "flaky", "503", "429", "truncated", "slow", "changed"].map((how) => ({
            ...{ kind: "download", how },
          })),
          ...["503", "429", "slow"].map((how) => ({ kind: "packages", how })),
        ],
      },
    ],
  },
];

const url = "http://127.0.0.1:8080/{{ asked.how }}";
/** Tasks that write what happened into a file, in place of an end of the build. */
const attempt = (tasks: readonly object[]) => [
  {
    name: "A source",
    vars: { mirror: url },
    block: [...tasks, { "ansible.builtin.set_fact": { said: "well" } }],
    rescue: [{ "ansible.builtin.set_fact": { said: "{{ ansible_failed_result.msg }}" } }],
    always: [
      {
        "ansible.builtin.lineinfile": {
          ...{ path: "/built/results", create: true, mode: "0644" },
          line: "{{ {'kind': asked.kind, 'how': asked.how, 'said': said} | to_json }}",
        },
      },
    ],
  },
];

const files = {
  "built/mirror.js": mirror,
  "built/playbook.yml": JSON.stringify(playbook),
  "built/download.yml": JSON.stringify(
    attempt([
      {
        "ansible.builtin.include_role": { name: "download" },
        vars: {
          download_what: "consul 1.2.3",
          download_url: `${url}/consul.zip`,
          download_checksum: sum,
          download_dest: "/built/{{ asked.how }}.zip",
        },
      },
    ]),
  ),
  "built/packages.yml": JSON.stringify(
    attempt([
      {
        "ansible.builtin.include_role": { name: "base", tasks_from: "mirror" },
      },
      {
        "ansible.builtin.include_role": { name: "packages" },
        vars: { packages_names: ["jq", "unzip"] },
      },
    ]),
  ),
  "etc/apt/apt.conf.d/99-impatient": 'Acquire::Retries "0";\nAcquire::http::Timeout "1";\n',
};

const script = `node /built/mirror.js > /built/log & until grep -q listens /built/log; do :; done
export PYTHONPATH=/ansible ANSIBLE_ROLES_PATH=/playbook/roles HOME=/root LC_ALL=C.UTF-8
python3 -m ansible playbook --inventory localhost, --connection local \\
  --extra-vars ansible_python_interpreter=/usr/bin/python3 /built/playbook.yml >&2
ls /built; cat /built/results`;

interface Result {
  readonly kind: "download" | "packages";
  readonly how: string;
  readonly said: string;
}
let results: readonly Result[] = [];
let left = "";
beforeAll(async () => {
  const binds = {
    "/ansible": await ensureAnsible(imagePython, console.log),
    "/playbook": join(import.meta.dirname, "../../ansible"),
  };
  const { stdout, stderr } = await inImage(files, script, { binds });
  const lines = stdout.split("\n");
  results = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  left = lines.filter((line) => line.endsWith(".zip")).join(" ");
  if (results.length === 0) throw new Error(stderr);
});
const said = (kind: Result["kind"], how: string) =>
  results.find((it) => it.kind === kind && it.how === how)?.said;

const what = { download: "consul 1.2.3 could not be downloaded", packages: "jq, unzip" } as const;

test.each(["503", "429", "truncated", "slow", "changed"])(
  "a download from a mirror that is %s ends the build, and names the file and what to do",
  (how) => {
    expect(said("download", how)).toContain(what.download);
    expect(said("download", how)).toContain(`http://127.0.0.1:8080/${how}/consul.zip`);
    expect(said("download", how)).toMatch(
      /The image was not made\. Try again later, or set `mirror` in ansible\/versions\.yml/,
    );
  },
);

test.each(["503", "429", "slow"])(
  "apt with a mirror that is %s ends the build, and names the packages and what to do",
  (how) => {
    expect(said("packages", how)).toContain(
      `These Debian packages could not be installed: ${what.packages}.`,
    );
    expect(said("packages", how)).toMatch(
      /The image was not made\. Try again later, or set `mirror` in ansible\/versions\.yml/,
    );
  },
);

test("a mirror that works, also at the second try, leaves the file; no other leaves one", () => {
  expect([said("download", "good"), said("download", "flaky")]).toEqual(["well", "well"]);
  expect(left.split(" ").sort()).toEqual(["flaky.zip", "good.zip"]);
});
