import { expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import { AgentFile } from "../../protocol/agent-file.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import { serviceFile } from "./service-file.ts";
import { type UserDataProps, userData } from "./user-data.ts";

const props: UserDataProps = {
  cluster: "local",
  services: [serviceFile(local, "web")],
  consul: {
    datacenter: "local",
    retryJoin: ["10.1.2.1"],
    tokenParameter: "/shoestring/local/web/consul-token",
  },
  region: "eu-central-1",
  group: "local-web",
};

/** The files and commands that cloud-init would write and run on the instance i-0abc. */
function read(text: string) {
  // Rendered like cloud-init's jinja.
  const rendered = text
    .replaceAll("{{ v1.instance_id }}", "i-0abc")
    .replaceAll(/\{\{ "(\{.)" \}\}/g, "$1");
  const [template, header, ...lines] = rendered.split("\n");
  expect([template, header]).toEqual(["## template: jinja", "#cloud-config"]);
  const document = JSON.parse(lines.join("\n")) as {
    write_files: { path: string; permissions: string; content: string }[];
    runcmd: string[][];
  };
  const files = new Map(document.write_files.map((file) => [file.path, file.content]));
  return { content: (path: string) => files.get(path) ?? "", runcmd: document.runcmd };
}

test("an instance finds its agent's, its services' and its Consul client's files", () => {
  const { content } = read(userData(props));
  const agent = AgentFile.parse(JSON.parse(content("/etc/shoestring/agent.json")));
  expect(agent).toMatchObject({
    instance: "i-0abc",
    consulToken: "ssm:/shoestring/local/web/consul-token",
    lifecycle: { group: "local-web", launchHook: "launch", terminateHook: "terminate" },
  });
  const service = JSON.parse(content("/etc/shoestring/services/web.json"));
  expect(ServiceFile.parse(service)).toEqual(props.services[0]);
  expect(JSON.parse(content("/etc/consul.d/cluster.json"))).toMatchObject({
    node_name: "i-0abc",
    retry_join: ["10.1.2.1"],
    acl: { enabled: true, default_policy: "deny" },
  });
  expect(content("/etc/shoestring/agent.env")).toBe("AWS_REGION=eu-central-1\n");
});

test("an instance gets the Slack channel and the reference to its token, not the token", () => {
  const links = { board: "https://board.example.org/{cluster}#{service}" };
  const tokenParameter = "/shoestring/local/global/slack-token";
  const slack = { channel: "C0123456789", tokenParameter, links };
  const { content } = read(userData({ ...props, slack }));
  expect(AgentFile.parse(JSON.parse(content("/etc/shoestring/agent.json"))).slack).toEqual({
    channel: "C0123456789",
    token: `ssm:${tokenParameter}`,
    api: "https://slack.com/api",
    links,
  });
});

test("cloud-init's last command starts Shoestring", () => {
  expect(read(userData(props)).runcmd.at(-1)).toEqual(["systemctl", "start", "shoestring.target"]);
});

test("user data has references to tokens, and no token", () => {
  const tokens = [...userData(props).matchAll(/[a-z]*token[a-z]*\W+([^"\\,]+)/gi)].map(
    ([, value]) => value,
  );
  expect(tokens.length).toBeGreaterThan(0);
  for (const value of tokens) expect(value).toMatch(/^ssm:|^true|^$/);
  // The form of every Consul token.
  expect(userData(props)).not.toMatch(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/);
});

test("cloud-init fills in only the instance's id", () => {
  const text = userData(props);
  expect(text).not.toContain("filled-in-at-boot");
  expect(read(text).content("/etc/consul.d/cluster.json")).toContain("{{ GetPrivateInterfaces");
});

test("the agent gets a collector's endpoint, with its headers as references", () => {
  const trace = {
    endpoint: "https://api.honeycomb.io",
    headers: { "x-honeycomb-team": "ssm:/shoestring/local/trace/key" },
  };
  const { content } = read(userData({ ...props, trace }));
  expect(AgentFile.parse(JSON.parse(content("/etc/shoestring/agent.json"))).trace).toEqual(trace);
});

test("only an instance that may be spot watches for EC2's notice", () => {
  const lifecycle = (spot: boolean) => {
    const { content } = read(userData({ ...props, spot }));
    return AgentFile.parse(JSON.parse(content("/etc/shoestring/agent.json"))).lifecycle;
  };
  expect(lifecycle(true)?.spot).toBe(true);
  expect(lifecycle(false)).not.toHaveProperty("spot");
});
