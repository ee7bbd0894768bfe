import { expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import { AgentFile } from "../../protocol/agent-file.ts";
import { ServiceFile } from "../../protocol/service-file.ts";
import { serviceFile } from "./service-file.ts";
import { type UserDataProps, userData } from "./user-data.ts";

const props: UserDataProps = {
  cluster: "local",
  instance: "web-1",
  services: [serviceFile(local, "web")],
  consul: {
    datacenter: "local",
    retryJoin: ["10.1.2.1"],
    tokenParameter: "/shoestring/local/web/consul-token",
  },
  aws: { region: "eu-central-1" },
};

/** What cloud-init would write, by path, and run. */
function read(text: string) {
  const [header, ...lines] = text.split("\n");
  expect(header).toBe("#cloud-config");
  const document = JSON.parse(lines.join("\n")) as {
    write_files: { path: string; permissions: string; content: string }[];
    runcmd: string[][];
  };
  const files = new Map(document.write_files.map((file) => [file.path, file.content]));
  return { files, content: (path: string) => files.get(path) ?? "", runcmd: document.runcmd };
}

test("an instance finds its agent's, its services' and its Consul client's files", () => {
  const { content } = read(userData(props));
  const agent = AgentFile.parse(JSON.parse(content("/etc/shoestring/agent.json")));
  expect(agent).toMatchObject({
    instance: "web-1",
    consulToken: "ssm:/shoestring/local/web/consul-token",
  });
  const service = JSON.parse(content("/etc/shoestring/services/web.json"));
  expect(ServiceFile.parse(service)).toEqual(props.services[0]);
  expect(JSON.parse(content("/etc/consul.d/cluster.json"))).toMatchObject({
    node_name: "web-1",
    retry_join: ["10.1.2.1"],
    acl: { enabled: true, default_policy: "deny" },
  });
});

test("the last thing that cloud-init does is to start Shoestring", () => {
  expect(read(userData(props)).runcmd.at(-1)).toEqual(["systemctl", "start", "shoestring.target"]);
});

test("on AWS there are no credentials, and locally only such as open nothing", () => {
  const onAws = read(userData(props)).content("/etc/shoestring/agent.env");
  expect(onAws).toBe("AWS_REGION=eu-central-1\n");

  const aws = { ...props.aws, endpoint: "http://10.1.2.1:5000" };
  const locally = read(userData({ ...props, aws })).content("/etc/shoestring/agent.env");
  expect(locally).toContain("AWS_ENDPOINT_URL=http://10.1.2.1:5000\n");
  expect(locally).toContain("AWS_SECRET_ACCESS_KEY=local\n");
});

test("the only tokens in user data are references", () => {
  const tokens = [...userData(props).matchAll(/[a-z]*token[a-z]*\W+([^"\\,]+)/gi)].map(
    ([, value]) => value,
  );
  expect(tokens.length).toBeGreaterThan(0);
  for (const value of tokens) expect(value).toMatch(/^ssm:|^true|^$/);
  // The form of every Consul token.
  expect(userData(props)).not.toMatch(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/);
});

test("an instance without a name gets its EC2 id from cloud-init, and nothing else is a template", () => {
  const { instance, ...unnamed } = props;
  const text = userData(unnamed);
  expect(text.startsWith("## template: jinja\n#cloud-config\n")).toBe(true);
  expect(text).not.toContain("filled-in-at-boot");

  // As cloud-init's jinja renders it.
  const rendered = text
    .replace("## template: jinja\n", "")
    .replaceAll("{{ v1.instance_id }}", "i-0abc")
    .replaceAll(/\{\{ "(\{.)" \}\}/g, "$1");
  const { content } = read(rendered);
  expect(JSON.parse(content("/etc/shoestring/agent.json"))).toMatchObject({ instance: "i-0abc" });
  const named = read(userData({ ...props, instance: "i-0abc" }));
  expect(content("/etc/consul.d/cluster.json")).toBe(named.content("/etc/consul.d/cluster.json"));
});
