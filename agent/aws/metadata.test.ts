import { expect, test } from "vitest";
import type { Http, HttpRequest } from "../../lib/http.ts";
import { instanceMetadata } from "./metadata.ts";

/** A metadata service that takes only its newest token, as IMDSv2 does. */
function imds(values: Readonly<Record<string, string>>) {
  const asked: HttpRequest[] = [];
  let tokens = 0;
  const http: Http = async (request) => {
    asked.push(request);
    const answer = (status: number, body = "") => ({ status, headers: {}, body });
    const path = new URL(request.url).pathname.replace("/latest/", "");
    if (request.method === "PUT" && path === "api/token") {
      expect(request.headers?.["x-aws-ec2-metadata-token-ttl-seconds"]).toMatch(/^\d+$/);
      tokens += 1;
      return answer(200, `token-${tokens}`);
    }
    if (request.headers?.["x-aws-ec2-metadata-token"] !== `token-${tokens}`) return answer(401);
    const value = values[path.replace("meta-data/", "")];
    return value === undefined ? answer(404) : answer(200, value);
  };
  const endTokens = () => {
    tokens += 1;
  };
  return { http, asked, endTokens };
}

test("the metadata service is asked with a token, which is used for many requests", async () => {
  const { http, asked } = imds({ "autoscaling/target-lifecycle-state": "InService" });
  const metadata = instanceMetadata(http);
  expect(await metadata.get("autoscaling/target-lifecycle-state")).toBe("InService");
  expect(await metadata.get("autoscaling/target-lifecycle-state")).toBe("InService");
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PUT http://169.254.169.254/latest/api/token",
    "GET http://169.254.169.254/latest/meta-data/autoscaling/target-lifecycle-state",
    "GET http://169.254.169.254/latest/meta-data/autoscaling/target-lifecycle-state",
  ]);
});

test("an expired token is replaced", async () => {
  const { http, endTokens } = imds({ "instance-id": "i-0abc" });
  const metadata = instanceMetadata(http);
  await metadata.get("instance-id");
  endTokens();
  expect(await metadata.get("instance-id")).toBe("i-0abc");
});

test("a value that an instance does not have is undefined, and any other status is an error", async () => {
  const { http } = imds({});
  expect(await instanceMetadata(http).get("autoscaling/target-lifecycle-state")).toBeUndefined();
  const broken: Http = async () => ({ status: 500, headers: {}, body: "" });
  await expect(instanceMetadata(broken).get("x")).rejects.toThrow("gave no token: 500");
});
