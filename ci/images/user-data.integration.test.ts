import { expect, test } from "vitest";
import { inImage } from "../../local/testing/in-image.ts";
import { reviewedUserData } from "../stacks/user-data.ts";

/** What `cloud-init schema` does, for many documents at once: each start of Python takes a second. */
const program = `import sys, yaml
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
from cloudinit.templater import render_string
schema = get_schema()
for path in sys.argv[1:]:
    text = open(path).read()
    if text.startswith("## template: jinja"):
        text = render_string(text, {"v1": {"instance_id": "i-0123456789"}})
    validate_cloudconfig_schema(yaml.safe_load(text), schema, strict=True)
    print(path)`;

/** User data of each launch template, by a path. */
const documents = Object.fromEntries(
  reviewedUserData()
    .split(/^# \S+ \S+_[0-9A-F]{8}\n/m)
    .slice(1)
    .map((text, i) => [`built/${i}.yaml`, text]),
);

test("the user data of every launch template is what the image's cloud-init understands", async () => {
  const paths = Object.keys(documents);
  expect(paths.length).toBeGreaterThan(10);
  const files = { ...documents, "built/program.py": program };
  const { code, stdout, stderr } = await inImage(
    files,
    `python3 /built/program.py ${paths.map((path) => `/${path}`).join(" ")}`,
  );
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.trim().split("\n")).toEqual(paths.map((path) => `/${path}`));
});

test("user data with a key that cloud-init does not know is refused", async () => {
  const files = { "built/wrong.yaml": "runcmd: 5\n", "built/program.py": program };
  const { code, stderr } = await inImage(files, "python3 /built/program.py /built/wrong.yaml");
  expect(code).not.toBe(0);
  expect(stderr).toContain("runcmd");
});
