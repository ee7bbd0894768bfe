import { linkedRole, ownArn, type Rows, row } from "./resource-type.ts";

const tags = ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"];
const readTags = "elasticloadbalancing:DescribeTags *";
const loadBalancer =
  "arn:aws:elasticloadbalancing:eu-central-1:111111111111:loadbalancer/app/production-public/0123456789abcdef";

export const loadBalancers: Rows = {
  aws_lb: row({
    on: ownArn,
    create: [
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
    ],
    update: [
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
      "elasticloadbalancing:SetIpAddressType",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
    ],
    delete: ["elasticloadbalancing:DeleteLoadBalancer"],
    tags,
    list: [
      "elasticloadbalancing:DescribeLoadBalancers *",
      "elasticloadbalancing:DescribeLoadBalancerAttributes *",
      "elasticloadbalancing:DescribeCapacityReservation *",
      "ec2:DescribeSecurityGroups *",
      "ec2:DescribeNetworkInterfaces *",
      "ec2:GetSecurityGroupsForVpc *",
      readTags,
    ],
    also: (_, place) => [linkedRole("elasticloadbalancing", place)],
  }),
  aws_lb_listener: row({
    on: ownArn,
    create: ["elasticloadbalancing:ModifyListenerAttributes"],
    update: [
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
    ],
    delete: ["elasticloadbalancing:DeleteListener"],
    tags,
    list: [
      "elasticloadbalancing:DescribeListeners *",
      "elasticloadbalancing:DescribeListenerAttributes *",
      readTags,
    ],
    also: (it) => [
      {
        verb: "create",
        action: "elasticloadbalancing:CreateListener",
        resource: it.load_balancer_arn,
      },
    ],
  }),
  aws_lb_listener_certificate: row({
    on: (it) => it.listener_arn,
    create: ["elasticloadbalancing:AddListenerCertificates"],
    delete: ["elasticloadbalancing:RemoveListenerCertificates"],
    list: ["elasticloadbalancing:DescribeListenerCertificates *"],
    example: {
      listener_arn: `${loadBalancer.replace(":loadbalancer/", ":listener/")}/0123456789abcdef`,
    },
  }),
  aws_lb_listener_rule: row({
    on: ownArn,
    update: ["elasticloadbalancing:ModifyRule", "elasticloadbalancing:SetRulePriorities"],
    delete: ["elasticloadbalancing:DeleteRule"],
    tags,
    list: ["elasticloadbalancing:DescribeRules *", readTags],
    also: (it) => [
      { verb: "create", action: "elasticloadbalancing:CreateRule", resource: it.listener_arn },
    ],
  }),
  aws_lb_target_group: row({
    on: ownArn,
    create: [
      "elasticloadbalancing:CreateTargetGroup",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
    ],
    update: [
      "elasticloadbalancing:ModifyTargetGroup",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
    ],
    delete: ["elasticloadbalancing:DeleteTargetGroup"],
    tags,
    list: [
      "elasticloadbalancing:DescribeTargetGroups *",
      "elasticloadbalancing:DescribeTargetGroupAttributes *",
      readTags,
    ],
  }),
  aws_wafv2_web_acl_association: row({
    on: (it) => it.web_acl_arn,
    create: ["wafv2:AssociateWebACL"],
    also: (it) => [
      { verb: "create", action: "wafv2:AssociateWebACL", resource: it.resource_arn },
      { verb: "create", action: "elasticloadbalancing:SetWebACL", resource: "*" },
      { verb: "read", action: "wafv2:GetWebACLForResource", resource: it.resource_arn },
      { verb: "read", action: "wafv2:GetWebACL", resource: it.web_acl_arn },
      { verb: "delete", action: "wafv2:DisassociateWebACL", resource: it.resource_arn },
    ],
    example: {
      web_acl_arn: "arn:aws:wafv2:eu-central-1:111111111111:regional/webacl/production/0",
      resource_arn: loadBalancer,
    },
  }),
};
