import { expect, test } from "vitest";
import { Hold, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aRelease, commandLine } from "../testing/command-line.ts";

test("deploy takes the newest build in the bucket, with its version pinned", async () => {
  const { shoestring, upload, deploy } = commandLine();
  await upload(9);
  await upload(10);

  const { code, out } = await shoestring("deploy", "web", "--reason", "by hand");

  expect({ code, out }).toEqual({
    code: 0,
    out: "web: release of web-10-aaaaaaa is revision 1",
  });
  expect(deploy()).toMatchObject({
    kind: "release",
    by: "alice",
    reason: "by hand",
    newestSequence: 10,
    release: { id: "web-10-aaaaaaa", versionId: "v2" },
  });
});

test("deploy by id uses the release exactly as a former deploy had it", async () => {
  const { shoestring, announce, deploy } = commandLine();
  await announce(7);
  await announce(8);

  expect((await shoestring("deploy", "web", "web-7-aaaaaaa")).code).toBe(0);

  expect(deploy()).toMatchObject({ revision: 3, newestSequence: 8, release: aRelease(7) });
});

test("deploy is refused while the service is held, and nothing changes", async () => {
  const { shoestring, announce, upload, consul } = commandLine();
  await announce(7);
  await upload(8);
  await shoestring("hold", "web", "--reason", "a sale");
  const before = consul.keys();

  const { code, err } = await shoestring("deploy", "web");

  expect(code).toBe(1);
  expect(err).toBe(
    "failed: web is held by alice: a sale\nunchanged: nothing was deployed\nnext: when the cause is gone: shoestring unhold web; then: shoestring deploy web",
  );
  expect(consul.keys()).toEqual(before);
});

test("deploy refuses a build that no instance would accept", async () => {
  const { shoestring, upload, consul } = commandLine();
  await upload(8, { size: "8" });

  const { code, err } = await shoestring("deploy", "web");

  expect(code).toBe(1);
  expect(err).toContain("it has 9 bytes, its metadata says 8");
  expect(consul.keys()).toEqual([]);
});

test("deploy of a release that does not exist fails and names it", async () => {
  const { shoestring } = commandLine();
  const { code, err } = await shoestring("deploy", "web", "web-3-ccccccc");
  expect(code).toBe(1);
  expect(err).toContain("failed: there is no release web-3-ccccccc of web");
});

test("restart writes a new deploy with the same release", async () => {
  const { shoestring, announce, deploy } = commandLine();
  await announce(7);

  expect((await shoestring("restart", "web", "--accept-shrunk-config")).code).toBe(0);

  expect(deploy()).toMatchObject({
    kind: "restart",
    revision: 2,
    release: aRelease(7),
    acceptShrunkConfig: true,
  });
});

test("restart of a service that was never deployed says how to begin", async () => {
  const { shoestring } = commandLine();
  const { code, err } = await shoestring("restart", "web");
  expect(code).toBe(1);
  expect(err).toContain("web was never deployed");
  expect(err).toContain("next: push a release: shoestring release push DIR --service web");
});

test("rollback goes to the last known good release when another one runs, and holds the service there", async () => {
  const { shoestring, announce, good, deploy, consul } = commandLine();
  good(await announce(7));
  await announce(8);

  expect((await shoestring("rollback", "web", "--reason", "it is slow")).code).toBe(0);

  expect(deploy()).toMatchObject({
    kind: "rollback",
    revision: 3,
    newestSequence: 8,
    release: aRelease(7),
  });
  const hold = parseDocument(Hold, "hold", consul.text(keys.hold("web")) ?? "");
  expect(hold).toMatchObject({ by: "alice", reason: "it is slow" });
});

test("rollback goes to the previous good release when the last known good one runs", async () => {
  const { shoestring, announce, good, deploy } = commandLine();
  good(await announce(7), keys.previousGood("web"));
  good(await announce(8));

  expect((await shoestring("rollback", "web")).code).toBe(0);

  expect(deploy().release).toEqual(aRelease(7));
});

test("a second rollback does not return to the release that the first one left", async () => {
  const { shoestring, announce, good, deploy } = commandLine();
  good(await announce(7), keys.previousGood("web"));
  good(await announce(8));

  await shoestring("rollback", "web");
  const second = await shoestring("rollback", "web");

  expect(deploy()).toMatchObject({ release: aRelease(7), leaves: "web-8-aaaaaaa" });
  expect(second.code).toBe(1);
  expect(second.err).toContain("no release of web is known to be good but web-7-aaaaaaa");
});

test("rollback by hand stops when an automatic rollback came first", async () => {
  const { shoestring, announce, good, consul, deploy } = commandLine();
  good(await announce(6), keys.previousGood("web"));
  good(await announce(7));
  await announce(8);
  const write = consul.write;
  consul.write = async (operations) => {
    consul.write = write;
    await shoestring("rollback", "web", "--by", "agent of web-1");
    return write(operations);
  };

  const slower = await shoestring("rollback", "web");

  expect(slower.code).toBe(1);
  expect(slower.err).toContain("agent of web-1 rolled web back to web-7-aaaaaaa");
  expect(deploy().release).toEqual(aRelease(7));
});

test("rollback --to accepts any former release", async () => {
  const { shoestring, announce, deploy } = commandLine();
  await announce(5);
  await announce(7);
  await announce(8);
  expect((await shoestring("rollback", "web", "--to", "web-5-aaaaaaa")).code).toBe(0);
  expect(deploy().release).toEqual(aRelease(5));
});

test("rollback leaves an existing hold unchanged", async () => {
  const { shoestring, announce, good, consul } = commandLine();
  good(await announce(7));
  await announce(8);
  await shoestring("hold", "web", "--reason", "a sale");
  const hold = consul.text(keys.hold("web"));

  expect((await shoestring("rollback", "web")).code).toBe(0);

  expect(consul.text(keys.hold("web"))).toBe(hold);
});

test("rollback to the running release is refused and sets no hold", async () => {
  const { shoestring, announce, consul } = commandLine();
  await announce(8);
  const before = consul.keys();

  const to = await shoestring("rollback", "web", "--to", "web-8-aaaaaaa");
  const anywhere = await shoestring("rollback", "web");

  expect(to).toMatchObject({ code: 1 });
  expect(to.err).toContain("failed: web-8-aaaaaaa is what web is to run already");
  expect(anywhere.err).toContain("no release of web is known to be good but web-8-aaaaaaa");
  expect(consul.keys()).toEqual(before);
});

test("a deploy that loses against another writer is decided again", async () => {
  const { shoestring, announce, consul, deploy } = commandLine();
  await announce(7);
  const write = consul.write;
  consul.write = async (operations) => {
    consul.write = write;
    await announce(8);
    return write(operations);
  };

  expect((await shoestring("restart", "web")).code).toBe(0);

  expect(deploy()).toMatchObject({ revision: 3, kind: "restart", release: aRelease(8) });
});

test("a hold is set once and lifted once, each with an audit record", async () => {
  const { shoestring, consul } = commandLine();

  expect((await shoestring("hold", "web", "--reason", "a sale")).out).toBe("web is held: a sale");
  expect((await shoestring("unhold", "web")).code).toBe(0);
  const again = await shoestring("unhold", "web");

  expect(consul.text(keys.hold("web"))).toBeUndefined();
  expect(consul.keys(keys.audits())).toHaveLength(2);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("failed: web is not held");
});
