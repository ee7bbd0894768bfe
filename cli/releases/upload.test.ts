import { expect, test } from "vitest";
import { memoryArtifacts } from "../testing/memory-artifacts.ts";
import { upload } from "./upload.ts";

const build = { service: "web", sequence: 8, commit: "c".repeat(40) };
const archive = Buffer.from("archive");

test("a request that is repeated because its answer was lost is not a failure", async () => {
  const artifacts = memoryArtifacts();
  const repeating = {
    ...artifacts,
    async put(...object: Parameters<typeof artifacts.put>) {
      await artifacts.put(...object);
      return artifacts.put(...object); // as the SDK does; it returns the second answer
    },
  };
  expect(await upload(repeating, build, archive, {})).toBe(false);
  expect(artifacts.object(`web/8-${build.commit}.tar.gz`)?.body).toBe(archive);
});

test("of two jobs with different content under one name, the second fails", async () => {
  const artifacts = memoryArtifacts();
  const beaten = {
    ...artifacts,
    async put(key: string, ...rest: [Buffer, Record<string, string>]) {
      await artifacts.put(key, Buffer.from("another"), {});
      return artifacts.put(key, ...rest);
    },
  };
  await expect(upload(beaten, build, archive, {})).rejects.toThrow(
    "web-8-ccccccc was uploaded before, with other content",
  );
});
