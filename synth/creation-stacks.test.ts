import { Lazy } from "cdktf";
import { expect, test } from "vitest";
import { withoutCreationStacks } from "./creation-stacks.ts";

const token = () => Lazy.stringValue({ produce: () => "value" });

test("during the call tokens capture no stack, and errors do", () => {
  const capture = Error.captureStackTrace;
  const stacks = withoutCreationStacks(() => {
    const error = new Error("a fault");
    Error.captureStackTrace(error);
    return { token: Lazy.anyValue({ produce: () => token() }).creationStack, error: error.stack };
  });
  expect(stacks.token).toEqual([]);
  expect(stacks.error).toContain("creation-stacks.test.ts");
  expect(Error.captureStackTrace).toBe(capture);
  expect(Lazy.anyValue({ produce: () => token() }).creationStack.length).toBeGreaterThan(0);
});

test("a synth that throws restores the stack capture", () => {
  const capture = Error.captureStackTrace;
  const synth = () => {
    throw new Error("a fault");
  };
  expect(() => withoutCreationStacks(synth)).toThrow("a fault");
  expect(Error.captureStackTrace).toBe(capture);
});
