import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { haproxyConfig, type LoadBalancer } from "./config.ts";

const loadBalancer: LoadBalancer = {
  address: "127.9.9.9",
  port: 8080,
  socket: "/tmp/haproxy.sock",
  idleTimeoutSeconds: 60,
  hasTls: false,
  targetGroups: [
    {
      service: "web",
      hosts: ["web.local", "www.local"],
      targets: [
        { instance: "web-1", address: "10.9.4.11" },
        { instance: "web-2", address: "10.9.4.12" },
      ],
    },
    { service: "other", hosts: ["other.local"], targets: [] },
    {
      service: "files",
      hosts: ["*.Web.local", "a?.local"],
      paths: ["/a/*", "/it's"],
      targets: [],
      stickySeconds: 9,
    },
    {
      service: "quotes",
      hosts: ["quotes.local"],
      protocol: "grpc",
      targets: [{ instance: "quotes-1", address: "10.9.4.11" }],
    },
    { service: "auth", hosts: ["auth.local.internal"], isInternal: true, targets: [] },
  ],
  consul: { address: "10.9.4.10", servers: ["10.9.4.1", "10.9.4.2"] },
};

test("each service's hosts lead to its own instances and no others", () => {
  const config = haproxyConfig(loadBalancer);
  expect(config).toMatch(/use_backend web if .* web\.local www\.local }/);
  expect(config).toMatch(/use_backend other if .* other\.local }/);
  const [, web = "", other = ""] = config.split(/^backend (?:web|other)$/m);
  expect(web).toContain("server web-1 10.9.4.11:80 check inter 500ms rise 2 fall 2");
  expect(web).toContain("server web-2 10.9.4.12:80");
  expect(other).not.toContain("server web");
});

test("a rule with wildcards and paths takes them as the load balancer does", () => {
  expect(haproxyConfig(loadBalancer)).toContain(
    String.raw`use_backend files if { req.hdr(host),field(1,:),lower -m reg '^[a-z0-9.-]*\x2eweb\x2elocal$' '^a[a-z0-9.-]\x2elocal$' } { path -m reg '^/a/[^?]*$' '^/it\x27s$' }`,
  );
});

test("an internal host is answered at the private address, and nowhere else", () => {
  const [, listener = "", internal = ""] = haproxyConfig(loadBalancer).split(/^frontend .*$/m);
  expect(internal).toContain("bind 10.9.4.10:80\n");
  expect(internal).toContain("use_backend auth if");
  expect(internal).not.toContain("use_backend web");
  expect(listener).not.toContain("auth.local.internal");
});

test("Consul's one address leads to the first server that knows a leader", () => {
  const [, consul = ""] = haproxyConfig(loadBalancer).split(/^listen consul_servers$/m);
  expect(consul).toContain("bind 10.9.4.10:8500");
  expect(consul).toContain("balance first");
  expect(consul).toContain("uri /v1/status/leader");
  expect(consul).toMatch(
    /server consul_1 10\.9\.4\.1:8500 .*\n {2}server consul_2 10\.9\.4\.2:8500/,
  );
});

test("health checks ask nginx's health path with a host that the service answers for", () => {
  expect(haproxyConfig(loadBalancer)).toContain(
    "http-check send meth GET uri /shoestring/health/web",
  );
});

test("a request is said to come over TLS where the listener stands for one that has it", () => {
  const listener = (hasTls: boolean) =>
    haproxyConfig({ ...loadBalancer, hasTls }).split(/^frontend .*$/m)[1];
  expect(listener(true)).toContain("set-header X-Forwarded-Proto https\n");
  expect(listener(false)).toContain("set-header X-Forwarded-Proto http\n");
});

test("a request is never sent a second time", () => {
  const config = haproxyConfig(loadBalancer);
  expect(config).toMatch(/^ {2}retries 0$/m);
  expect(config).not.toMatch(/redispatch|retry-on/);
});

test("HAProxy itself finds the configuration valid", () => {
  const folder = mkdtempSync(join(tmpdir(), "load-balancer-"));
  const file = join(folder, "haproxy.cfg");
  try {
    writeFileSync(file, haproxyConfig(loadBalancer));
    const { status, stderr } = spawnSync("haproxy", ["-c", "-f", file], { encoding: "utf8" });
    expect(stderr).not.toContain("ALERT");
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
