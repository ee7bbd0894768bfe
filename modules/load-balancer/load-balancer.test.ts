import { expect, test } from "vitest";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import { LoadBalancer, type LoadBalancerProps, type RuleProps } from "./index.ts";

const certificateArn = "arn:aws:acm:eu-central-1:123456789012:certificate/one";
const minimal: LoadBalancerProps = {
  cluster: "staging",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  certificateArn,
};
const web: RuleProps = {
  service: "web",
  hosts: ["www.example.org"],
  targetGroupArn: "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/1",
};

function made(
  props: Partial<{ [K in keyof LoadBalancerProps]: LoadBalancerProps[K] | undefined }> = {},
  fill: (balancer: LoadBalancer) => void = () => {},
) {
  const synthesised = synthesise((stack) => {
    const whole = { ...minimal, ...props };
    const entries = Object.entries(whole).filter(([, value]) => value !== undefined);
    fill(
      new LoadBalancer(
        stack,
        "balancer",
        Object.fromEntries(entries) as unknown as LoadBalancerProps,
      ),
    );
  });
  const all = (type: string): Arguments[] => Object.values(synthesised.resources(type));
  /** Each rule's source and port. */
  const inbound = all("aws_vpc_security_group_ingress_rule").map((it) => {
    expect(it.to_port).toBe(it.from_port);
    return [it.cidr_ipv4 ?? it.cidr_ipv6 ?? it.prefix_list_id, it.from_port];
  });
  return { ...synthesised, all, inbound };
}

test("minimal props make a load balancer that speaks HTTPS and redirects to it", () => {
  const { only, all, text } = made();
  expect(only("aws_lb")).toMatchObject({
    name: "staging-public",
    internal: false,
    idle_timeout: 60,
    enable_deletion_protection: true,
    drop_invalid_header_fields: true,
  });
  expect(only("aws_lb")).not.toHaveProperty("access_logs");
  expect(all("aws_lb_listener")).toMatchObject([
    {
      port: 80,
      default_action: [
        { type: "redirect", redirect: { protocol: "HTTPS", status_code: "HTTP_301" } },
      ],
    },
    {
      port: 443,
      protocol: "HTTPS",
      certificate_arn: certificateArn,
      ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      default_action: [{ type: "fixed-response", fixed_response: { status_code: "404" } }],
    },
  ]);
  expect(all("aws_wafv2_web_acl_association")).toEqual([]);
  expect(text).not.toMatch(/TOKEN\[/i);
});

test("the internet reaches ports 80 and 443 and no other", () => {
  expect(made().inbound).toEqual([
    ["0.0.0.0/0", 443],
    ["0.0.0.0/0", 80],
    ["::/0", 443],
    ["::/0", 80],
  ]);
});

test("the load balancer reaches only the ports of allowed services", () => {
  const { only } = made({}, (balancer) => balancer.allowTo("web", "sg-web", 8080));
  expect(only("aws_security_group")).not.toHaveProperty("egress");
  expect(only("aws_vpc_security_group_egress_rule")).toMatchObject({
    referenced_security_group_id: "sg-web",
    from_port: 8080,
    to_port: 8080,
    ip_protocol: "tcp",
  });
  expect(made().all("aws_vpc_security_group_egress_rule")).toEqual([]);
});

test("maximal props are all used", () => {
  const { only, all, inbound } = made({
    name: "shop",
    additionalCertificateArns: { other: "arn:aws:acm:eu-central-1:123456789012:certificate/two" },
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06",
    accessLogsBucket: "logs",
    webAclArn: "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/w/1",
    idleTimeoutSeconds: 120,
    deletionProtection: false,
    inbound: ["203.0.113.0/24", "2001:db8::/32"],
  });
  expect(only("aws_lb")).toMatchObject({
    name: "staging-shop",
    idle_timeout: 120,
    enable_deletion_protection: false,
    access_logs: { bucket: "logs", prefix: "staging-shop", enabled: true },
  });
  expect(only("aws_lb_listener_certificate").certificate_arn).toMatch(/two$/);
  expect(only("aws_wafv2_web_acl_association").web_acl_arn).toMatch(/webacl/);
  expect(all("aws_lb_listener")[1]?.ssl_policy).toBe("ELBSecurityPolicy-TLS13-1-3-2021-06");
  expect(inbound).toEqual([
    ["2001:db8::/32", 443],
    ["2001:db8::/32", 80],
    ["203.0.113.0/24", 443],
    ["203.0.113.0/24", 80],
  ]);
});

test("behind a CDN, only the CDN's prefix list reaches the one serving port", () => {
  expect(made({ inbound: ["pl-a3a144ca"] }).inbound).toEqual([["pl-a3a144ca", 443]]);
});

test("an internal load balancer without a certificate serves plain HTTP to the named sources", () => {
  const { only, inbound } = made(
    { internal: true, certificateArn: undefined, inbound: ["10.42.0.0/16"] },
    (balancer) => balancer.addRule(web),
  );
  expect(only("aws_lb").internal).toBe(true);
  expect(inbound).toEqual([["10.42.0.0/16", 80]]);
  expect(only("aws_lb_listener")).toMatchObject({
    port: 80,
    default_action: [{ type: "fixed-response" }],
  });
  expect(only("aws_lb_listener_rule").listener_arn).toContain("balancer_http_");
});

test("a rule forwards its hosts and paths to the target group, over HTTPS", () => {
  const { only } = made({}, (balancer) => balancer.addRule({ ...web, paths: ["/api/*"] }));
  expect(only("aws_lb_listener_rule")).toMatchObject({
    listener_arn: expect.stringContaining("balancer_https_"),
    condition: [
      { host_header: { values: ["www.example.org"] } },
      { path_pattern: { values: ["/api/*"] } },
    ],
    action: [{ type: "forward", target_group_arn: web.targetGroupArn }],
  });
});

test("a service may have a second rule with its own name and priority", () => {
  const { all } = made({}, (balancer) => {
    balancer.addRule({ ...web, priority: 7 });
    balancer.addRule({ ...web, rule: "old-hosts", hosts: ["old.example.org"] });
  });
  const byName = Object.fromEntries(
    all("aws_lb_listener_rule").map((it) => [it.tags.Name, it.priority]),
  );
  expect(byName.web).toBe(7);
  expect(byName["web/old-hosts"]).toBeGreaterThanOrEqual(1000);
});

test("two services with the same host and path fail the synth, with both names", () => {
  expect(() =>
    made({}, (balancer) => {
      balancer.addRule(web);
      balancer.addRule({ ...web, service: "site" });
    }),
  ).toThrow("[test/balancer] site and web both answer for www.example.org/*");
});

test("two services with the same priority fail the synth, with both names and a free priority", () => {
  expect(() =>
    made({}, (balancer) => {
      balancer.addRule({ ...web, priority: 1 });
      balancer.addRule({ ...web, service: "api", hosts: ["api.example.org"], priority: 1 });
    }),
  ).toThrow("api and web have the same priority, 1; give one of them its own, like priority: 2");
});

test.each<[Parameters<typeof made>[0], string]>([
  [{ cluster: "Staging" }, 'cluster is "Staging"; good: "staging"'],
  [{ name: "public-" }, 'name is "public-"; good: "public"'],
  [{ name: "a".repeat(25) }, "at most 32 characters together"],
  [{ cluster: "internal" }, 'cluster and name is "internal-public"'],
  [{ subnetIds: ["subnet-a"] }, 'subnetIds is ["subnet-a"]; good: subnets of at least two zones'],
  [
    { certificateArn: undefined },
    "certificateArn is undefined; good: the ARN of an ACM certificate",
  ],
  [{ plainHttp: true }, "plainHttp is true; good: left out where there is a certificateArn"],
  [
    { certificateArn: undefined, plainHttp: true, additionalCertificateArns: { a: "arn" } },
    'additionalCertificateArns is {"a":"arn"}; good: ARNs by short names, beside a certificateArn',
  ],
  [{ tlsPolicy: "ELBSecurityPolicy-2016-08" }, "good: a policy without TLS 1.0 and 1.1"],
  [{ tlsPolicy: "ELBSecurityPolicy-TLS13-1-0-2021-06" }, "good: a policy without TLS 1.0 and 1.1"],
  [{ idleTimeoutSeconds: 0 }, "idleTimeoutSeconds is 0; good: a whole number from 1 to 4000"],
  [{ inbound: [] }, 'inbound is []; good: "internet", or CIDRs'],
  [{ inbound: ["0.0.0.0/0"] }, 'inbound is ["0.0.0.0/0"]; good'],
  [{ inbound: ["::/0"] }, 'inbound is ["::/0"]; good'],
  [{ inbound: ["10.42.0.1/16"] }, 'inbound is ["10.42.0.1/16"]; good'],
  [{ inbound: ["sg-1"] }, 'inbound is ["sg-1"]; good'],
  [{ internal: true }, "inbound is []; good: CIDRs of those who may call it"],
  [{ internal: true, inbound: "internet" }, 'inbound is "internet"; good: CIDRs of those'],
])("%j is refused with a good value", (props, message) => {
  expect(() => made(props)).toThrow(message);
});

test.each<[Partial<RuleProps>, string]>([
  [{ service: "deploys" }, 'service is "deploys"; good: "web"'],
  [{ hosts: [] }, "hosts of web is []; good: host names"],
  [{ hosts: ["localhost"] }, 'hosts of web is ["localhost"]; good'],
  [{ hosts: ["www..example.org"] }, "hosts of web is"],
  [{ hosts: ["https://www.example.org"] }, "hosts of web is"],
  [{ paths: ["api/*"] }, 'paths of web is ["api/*"]; good: paths from the root'],
  [
    { hosts: ["a.org", "b.org", "c.org"], paths: ["/a", "/b", "/c"] },
    'hosts and paths of web is ["a.org","b.org","c.org","/a","/b","/c"]; good: at most 5 together',
  ],
  [{ hosts: ["*.*.*.org"], paths: ["/*/*/*/*"] }, "wildcards of web is"],
  [{ priority: 1000 }, "priority of web is 1000; good: a whole number from 1 to 999"],
  [{ priority: 0 }, "priority of web is 0; good"],
  [{ rule: "Old" }, 'rule of web is "Old"; good'],
])("a rule with %j is refused with a good value", (props, message) => {
  expect(() => made({}, (balancer) => balancer.addRule({ ...web, ...props }))).toThrow(message);
});

test("a second rule of a service without a name of its own is refused", () => {
  expect(() =>
    made({}, (balancer) => {
      balancer.addRule(web);
      balancer.addRule({ ...web, hosts: ["old.example.org"] });
    }),
  ).toThrow("rule of web is undefined; good: a name that no other rule of the service has");
});
