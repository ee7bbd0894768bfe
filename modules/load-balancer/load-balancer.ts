import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { LbListenerCertificate } from "@cdktf/provider-aws/lib/lb-listener-certificate/index.js";
import { LbListenerRule } from "@cdktf/provider-aws/lib/lb-listener-rule/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js";
import { Construct } from "constructs";
import { conflicts, type PlacedRule } from "./conflicts.ts";
import { priority } from "./priority.ts";
import {
  checkProps,
  checkRule,
  type LoadBalancerProps,
  type RuleProps,
  ruleName,
  withDefaults,
} from "./props.ts";

/** An Application Load Balancer that services share: each has a rule for its hosts. */
export class LoadBalancer extends Construct {
  readonly arn: string;
  /** What CloudWatch calls it: a dimension of its metrics, and part of a scaling policy's label. */
  readonly arnSuffix: string;
  readonly dnsName: string;
  /** The Route 53 zone of `dnsName`, for an alias record. */
  readonly zoneId: string;
  readonly securityGroupId: string;
  /** The listener that has the rules. */
  readonly listenerArn: string;
  /** 443, or 80 where there is no certificate. */
  readonly port: 443 | 80;
  readonly #rules: PlacedRule[] = [];

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const settings = withDefaults(props);
    checkProps(this, settings);
    const name = `${settings.cluster}-${settings.name}`;
    this.port = settings.certificateArn ? 443 : 80;

    const group = new SecurityGroup(this, "security-group", {
      name: `${name}-load-balancer`,
      description: "Load balancer that services share",
      vpcId: settings.vpcId,
      tags: { Name: `${name}-load-balancer` },
    });
    this.securityGroupId = group.id;
    this.#letIn(settings.inbound);
    for (const [short, member] of Object.entries(settings.inboundSecurityGroups)) {
      new VpcSecurityGroupIngressRule(this, `from-${short}-${this.port}`, {
        securityGroupId: group.id,
        description: `From ${short}`,
        referencedSecurityGroupId: member,
        ipProtocol: "tcp",
        fromPort: this.port,
        toPort: this.port,
      });
    }

    const balancer = new Lb(this, "resource", {
      name,
      loadBalancerType: "application",
      internal: settings.internal,
      subnets: [...settings.subnetIds],
      securityGroups: [group.id],
      idleTimeout: settings.idleTimeoutSeconds,
      enableDeletionProtection: settings.deletionProtection,
      dropInvalidHeaderFields: true,
      ...(settings.accessLogsBucket && {
        accessLogs: { bucket: settings.accessLogsBucket, prefix: name, enabled: true },
      }),
    });
    this.arn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;

    const nobody = {
      type: "fixed-response",
      fixedResponse: {
        contentType: "text/plain",
        messageBody: "No service answers here.",
        statusCode: "404",
      },
    };
    const toHttps = {
      type: "redirect",
      redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" },
    };
    const http = new LbListener(this, "http", {
      loadBalancerArn: balancer.arn,
      port: 80,
      protocol: "HTTP",
      defaultAction: [settings.certificateArn ? toHttps : nobody],
    });
    this.listenerArn = http.arn;
    if (settings.certificateArn) {
      this.listenerArn = new LbListener(this, "https", {
        loadBalancerArn: balancer.arn,
        port: 443,
        protocol: "HTTPS",
        certificateArn: settings.certificateArn,
        sslPolicy: settings.tlsPolicy,
        defaultAction: [nobody],
      }).arn;
    }
    for (const [short, certificateArn] of Object.entries(settings.additionalCertificateArns)) {
      new LbListenerCertificate(this, `certificate-${short}`, {
        listenerArn: this.listenerArn,
        certificateArn,
      });
    }
    if (settings.webAclArn) {
      new Wafv2WebAclAssociation(this, "web-acl", {
        resourceArn: balancer.arn,
        webAclArn: settings.webAclArn,
      });
    }
    this.node.addValidation({ validate: () => conflicts(this.#rules) });
  }

  /**
   * Sends requests for these hosts and paths to a service.
   *
   * @throws Problem that names every wrong field. What conflicts with another rule is an error of the
   * synth, when all rules are known.
   */
  addRule(props: RuleProps): LbListenerRule {
    checkRule(this, props, (name) => this.#rules.some((rule) => rule.name === name));
    const { hosts, paths = [], targetGroupArn } = props;
    const name = ruleName(props);
    const place = props.priority ?? priority(name, { hosts, paths });
    const chosen = props.priority !== undefined;
    this.#rules.push({ name, hosts, paths, priority: place, chosen });
    return new LbListenerRule(this, `rule-${name.replace("/", "--")}`, {
      listenerArn: this.listenerArn,
      priority: place,
      condition: [
        { hostHeader: { values: [...hosts] } },
        ...(paths.length > 0 ? [{ pathPattern: { values: [...paths] } }] : []),
      ],
      action: [{ type: "forward", targetGroupArn }],
      tags: { Name: name },
    });
  }

  /**
   * Lets the load balancer reach a service's instances. Their own security group has to let it in.
   *
   * @param id the service's name.
   */
  allowTo(id: string, securityGroupId: string, port: number): VpcSecurityGroupEgressRule {
    return new VpcSecurityGroupEgressRule(this, `to-${id}`, {
      securityGroupId: this.securityGroupId,
      description: `To ${id}`,
      referencedSecurityGroupId: securityGroupId,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
    });
  }

  #letIn(inbound: "internet" | readonly string[]): void {
    const peers = inbound === "internet" ? ["0.0.0.0/0", "::/0"] : inbound;
    for (const peer of peers) {
      // A prefix list fills most of a security group: CloudFront's counts as 55 rules of 60. So it
      // opens only the serving port, which is also the only one that CloudFront uses.
      const ports = peer.startsWith("pl-") ? [this.port] : new Set([80, this.port]);
      for (const port of ports) {
        new VpcSecurityGroupIngressRule(this, `from-${peerId(peer)}-${port}`, {
          securityGroupId: this.securityGroupId,
          description: inbound === "internet" ? "From the internet" : "From those who may connect",
          ...source(peer),
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
        });
      }
    }
  }
}

function source(peer: string) {
  if (peer.startsWith("pl-")) return { prefixListId: peer };
  return peer.includes(":") ? { cidrIpv6: peer } : { cidrIpv4: peer };
}

function peerId(peer: string): string {
  if (peer === "0.0.0.0/0") return "internet-ipv4";
  if (peer === "::/0") return "internet-ipv6";
  return peer.replace(/[^a-z0-9]+/gi, "-");
}
