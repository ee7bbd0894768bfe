import type { Http, HttpAnswer } from "../../lib/http.ts";

const timeoutMs = 2000;
const tokenSeconds = 21_600;

/** EC2's instance metadata service (IMDSv2): asks for a token first, and uses it for the rest. */
export function instanceMetadata(
  http: Http,
  endpoint = "http://169.254.169.254",
): { get(path: string): Promise<string | undefined> } {
  let token: string | undefined;
  const ask = async (path: string): Promise<HttpAnswer> => {
    token ??= await newToken();
    const headers = { "x-aws-ec2-metadata-token": token };
    return http({ method: "GET", url: `${endpoint}/latest/meta-data/${path}`, headers, timeoutMs });
  };
  const newToken = async () => {
    const answer = await http({
      method: "PUT",
      url: `${endpoint}/latest/api/token`,
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(tokenSeconds) },
      timeoutMs,
    });
    if (answer.status !== 200) throw new Error(`instance metadata gave no token: ${answer.status}`);
    return answer.body;
  };
  return {
    /** @returns undefined for a value that this instance does not have. */
    async get(path) {
      let answer = await ask(path);
      if (answer.status === 401) {
        token = undefined; // it has expired
        answer = await ask(path);
      }
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new Error(`instance metadata answered ${answer.status}`);
      return answer.body;
    },
  };
}
