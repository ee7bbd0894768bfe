import { expect, test } from "vitest";
import { isAtLeast } from "../../tools/versions.ts";
import { ensurePrerequisites, type Machine } from "./prerequisites.ts";

/** A Debian machine as root that has everything but for `differs`; it records installations. */
function machine(differs: Partial<Machine> = {}) {
  const installed: string[][] = [];
  const versions: Record<string, string> = { node: "v22.1.0", go: "go1.26.1", python3: "3.13.5" };
  const on: Machine = {
    platform: "linux",
    isRoot: true,
    isUbuntu: false,
    has: async () => true,
    output: async ([program]) => versions[program],
    hasFile: () => false,
    loadOverlay: async () => {},
    install: async (names) => void installed.push([...names]),
    ...differs,
  };
  return { on, installed };
}

const without = (...programs: string[]): Partial<Machine> => ({
  has: async (program) => !programs.includes(program),
});

/** Returns the logged lines and the installed packages. */
async function ensured(differs: Partial<Machine>, forTests = false) {
  const { on, installed } = machine(differs);
  const lines: string[] = [];
  await ensurePrerequisites({ install: true, forTests, log: (line) => lines.push(line) }, on);
  return { lines, installed };
}

test("a machine that has everything gets no line of log, and nothing is installed", async () => {
  expect(await ensured({})).toEqual({ lines: [], installed: [] });
});

test("missing packages are installed together, and the log gives the reason for each", async () => {
  expect(await ensured(without("haproxy", "ip"))).toEqual({
    lines: [
      "haproxy is installed: it is the load balancer",
      "iproute2 is installed: it makes the instances' network",
    ],
    installed: [["haproxy", "iproute2"]],
  });
});

test("a Python that cannot make virtual environments gets the package for it", async () => {
  const output: Machine["output"] = async ([, ...args]) =>
    args[0] === "-c" ? undefined : "version 30.0";
  const { installed } = await ensured({ output });
  expect(installed).toEqual([["python3-venv"]]);
});

test("Debian's keys are installed on Ubuntu, unless it has them", async () => {
  expect((await ensured({ isUbuntu: true })).installed).toEqual([["debian-archive-keyring"]]);
  expect((await ensured({ isUbuntu: true, hasFile: () => true })).installed).toEqual([]);
});

test("a browser is installed for the tests alone, and either of two will do", async () => {
  const neither = without("chromium", "google-chrome");
  expect((await ensured(neither)).installed).toEqual([]);
  expect((await ensured(neither, true)).installed).toEqual([["chromium"]]);
  expect((await ensured(without("chromium"), true)).installed).toEqual([]);
});

test("where nothing may be installed, the error names every package and the command for them", async () => {
  const { on, installed } = machine(without("haproxy", "systemd-nspawn"));
  await expect(ensurePrerequisites({ install: false, log: () => {} }, on)).rejects.toMatchObject({
    happened: "these packages are missing: systemd-container, haproxy",
    unchanged: "nothing was installed or started",
    next: "apt-get install --no-install-recommends systemd-container haproxy",
  });
  expect(installed).toEqual([]);
});

test.each<[string, Partial<Machine>, string, string]>([
  ["macOS", { platform: "darwin" }, "needs Linux, this is darwin", "limactl start"],
  ["anyone but root", { isRoot: false }, "needs root: for", 'sudo env "PATH=$PATH" make demo'],
  [
    "an old or missing language",
    { output: async ([program]) => (program === "go" ? undefined : "v18.2") },
    "Node 20.19 or newer (nodejs.org), found v18.2; Go 1.25 or newer (go.dev/dl), found none",
    "install these",
  ],
])(
  "%s is refused with what to do, before anything is installed",
  async (_, differs, happened, next) => {
    const { on, installed } = machine({ ...without("haproxy"), ...differs });
    await expect(ensurePrerequisites({ install: true, log: () => {} }, on)).rejects.toMatchObject({
      happened: expect.stringContaining(happened),
      next: expect.stringContaining(next),
    });
    expect(installed).toEqual([]);
  },
);

test.each([
  ["v20.19.0", [20, 19], true],
  ["v20.18.3", [20, 19], false],
  ["v22.1.0", [20, 19], true],
  ["go version go1.26.8 linux/amd64", [1, 25], true],
  ["Python 3.9.2", [3, 11], false],
  ["none", [3, 11], false],
] as const)("%s is at least %o: %s", (text, least, answer) => {
  expect(isAtLeast(text, least)).toBe(answer);
});
