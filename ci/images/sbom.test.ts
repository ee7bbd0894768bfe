import { expect, test } from "vitest";
import { bundledPackages } from "./bundled-packages.ts";
import { billOfMaterials, type ImageContents, parseContents } from "./sbom.ts";

const listed = `{"kind":"deb","name":"zlib1g","version":"1:1.3+really1.3.1-1","architecture":"arm64"}
{"kind":"program","name":"node","version":"24.21.0"}
{"kind":"pypi","name":"Some_Thing","version":"1.0"}
`;

const bill = (differs: Partial<ImageContents> = {}) =>
  billOfMaterials({
    name: "instance-arm64",
    version: "202612010830-0123456",
    at: new Date("2026-12-01T08:30:00Z"),
    debianVersion: "13",
    contents: parseContents(listed),
    ...differs,
  });

test("each thing that an image lists has a package URL of its kind", () => {
  expect(bill().components.map(({ purl }) => purl)).toEqual([
    "pkg:deb/debian/zlib1g@1%3A1.3%2Breally1.3.1-1?arch=arm64&distro=debian-13",
    "pkg:generic/node@24.21.0",
    "pkg:pypi/some-thing@1.0",
  ]);
});

test("a bill of materials says which format, image and version it is of", () => {
  expect(bill()).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: expect.stringMatching(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    metadata: { component: { name: "instance-arm64", version: "202612010830-0123456" } },
  });
});

test("the same contents in another order and twice give the same bill; others give another", () => {
  const contents = parseContents(listed);
  expect(bill({ contents: [...contents, ...contents].reverse() })).toEqual(bill());
  expect(bill({ contents: contents.slice(1) }).serialNumber).not.toBe(bill().serialNumber);
});

test("a line that is no package is refused", () => {
  expect(() => parseContents('{"kind":"deb","name":""}')).toThrow();
});

test("packages that are bundled into the agent's files are listed with their versions", async () => {
  const found = await bundledPackages();
  const { components } = bill({ contents: found });
  expect(components.map(({ purl }) => purl)).toContainEqual(
    expect.stringMatching(/^pkg:npm\/%40aws-sdk\/client-ssm@3\./),
  );
  expect(found.map(({ name }) => name)).not.toContain("vitest");
});
