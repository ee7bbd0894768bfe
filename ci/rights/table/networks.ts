import { ownArn, type Place, passRole, type Rows, row, type Values } from "./resource-type.ts";

/** Types of EC2's network. No type but an association lacks tags: `ec2:CreateTags` sets them. */
const tags = ["ec2:CreateTags", "ec2:DeleteTags"];

const ec2 =
  (kind: string) =>
  (it: Values, { region, account }: Place) =>
    `arn:aws:ec2:${region}:${account}:${kind}/${it.id}`;

const groupOf = ({ security_group_id: id }: Values, { region, account }: Place) =>
  `arn:aws:ec2:${region}:${account}:security-group/${id}`;

/** Interfaces that Lambda left behind would hold a subnet or a group for hours: the provider deletes them. */
const leftInterfaces = (_: Values, { region, account }: Place) =>
  ["ec2:DetachNetworkInterface", "ec2:DeleteNetworkInterface"].map((action) => ({
    verb: "delete" as const,
    action,
    resource: `arn:aws:ec2:${region}:${account}:network-interface/eni-0`,
  }));

const routeTable = ({ route_table_id: id }: Values, { region, account }: Place) =>
  `arn:aws:ec2:${region}:${account}:route-table/${id}`;

export const networks: Rows = {
  aws_vpc: row({
    on: ownArn,
    create: ["ec2:CreateVpc"],
    update: ["ec2:ModifyVpcAttribute"],
    delete: ["ec2:DeleteVpc"],
    tags,
    read: ["ec2:DescribeVpcAttribute"],
    list: [
      "ec2:DescribeVpcs *",
      "ec2:DescribeNetworkAcls *",
      "ec2:DescribeRouteTables *",
      "ec2:DescribeSecurityGroups *",
    ],
  }),
  aws_subnet: row({
    on: ownArn,
    create: ["ec2:CreateSubnet"],
    update: ["ec2:ModifySubnetAttribute"],
    delete: ["ec2:DeleteSubnet"],
    tags,
    list: ["ec2:DescribeSubnets *", "ec2:DescribeNetworkInterfaces *"],
    also: leftInterfaces,
  }),
  aws_internet_gateway: row({
    on: ownArn,
    create: ["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"],
    delete: ["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
    tags,
    list: ["ec2:DescribeInternetGateways *"],
  }),
  aws_nat_gateway: row({
    on: ec2("natgateway"),
    create: ["ec2:CreateNatGateway"],
    update: ["ec2:AssociateNatGatewayAddress", "ec2:DisassociateNatGatewayAddress"],
    delete: ["ec2:DeleteNatGateway"],
    tags,
    list: ["ec2:DescribeNatGateways *"],
  }),
  aws_eip: row({
    on: ownArn,
    create: ["ec2:AllocateAddress", "ec2:AssociateAddress"],
    update: ["ec2:AssociateAddress", "ec2:DisassociateAddress"],
    delete: ["ec2:DisassociateAddress", "ec2:ReleaseAddress"],
    tags,
    list: ["ec2:DescribeAddresses *", "ec2:DescribeAddressesAttribute *"],
  }),
  aws_route_table: row({
    on: ownArn,
    create: ["ec2:CreateRouteTable"],
    delete: ["ec2:DeleteRouteTable", "ec2:DisassociateRouteTable"],
    tags,
    list: ["ec2:DescribeRouteTables *"],
  }),
  aws_route: row({
    on: routeTable,
    create: ["ec2:CreateRoute"],
    update: ["ec2:ReplaceRoute"],
    delete: ["ec2:DeleteRoute"],
    list: ["ec2:DescribeRouteTables *"],
  }),
  aws_route_table_association: row({
    on: routeTable,
    create: ["ec2:AssociateRouteTable"],
    update: ["ec2:ReplaceRouteTableAssociation"],
    delete: ["ec2:DisassociateRouteTable"],
    list: ["ec2:DescribeRouteTables *"],
  }),
  aws_security_group: row({
    on: ownArn,
    // AWS lets a new group out everywhere; the provider takes that away.
    create: ["ec2:CreateSecurityGroup", "ec2:RevokeSecurityGroupEgress"],
    delete: ["ec2:DeleteSecurityGroup"],
    tags,
    list: ["ec2:DescribeSecurityGroups *", "ec2:DescribeNetworkInterfaces *"],
    also: leftInterfaces,
  }),
  aws_default_security_group: row({
    on: ownArn,
    create: ["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
    update: ["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"],
    tags,
    list: ["ec2:DescribeSecurityGroups *"],
  }),
  aws_vpc_security_group_ingress_rule: row({
    on: groupOf,
    create: ["ec2:AuthorizeSecurityGroupIngress"],
    update: ["ec2:ModifySecurityGroupRules"],
    delete: ["ec2:RevokeSecurityGroupIngress"],
    tags,
    list: ["ec2:DescribeSecurityGroupRules *"],
  }),
  aws_vpc_security_group_egress_rule: row({
    on: groupOf,
    create: ["ec2:AuthorizeSecurityGroupEgress"],
    update: ["ec2:ModifySecurityGroupRules"],
    delete: ["ec2:RevokeSecurityGroupEgress"],
    tags,
    list: ["ec2:DescribeSecurityGroupRules *"],
  }),
  aws_vpc_endpoint: row({
    on: ownArn,
    create: ["ec2:CreateVpcEndpoint"],
    update: ["ec2:ModifyVpcEndpoint"],
    delete: ["ec2:DeleteVpcEndpoints"],
    tags,
    list: ["ec2:DescribeVpcEndpoints *", "ec2:DescribePrefixLists *"],
    // For the private name of an endpoint with an interface.
    also: (_, { account }) => [
      {
        verb: "create",
        action: "route53:AssociateVPCWithHostedZone",
        resource: `arn:aws:route53:::hostedzone/of-the-endpoint-${account}`,
      },
    ],
  }),
  aws_vpc_endpoint_route_table_association: row({
    on: (it, { region, account }) =>
      `arn:aws:ec2:${region}:${account}:vpc-endpoint/${it.vpc_endpoint_id}`,
    create: ["ec2:ModifyVpcEndpoint"],
    delete: ["ec2:ModifyVpcEndpoint"],
    list: ["ec2:DescribeVpcEndpoints *"],
  }),
  aws_network_interface: row({
    on: ownArn,
    create: ["ec2:CreateNetworkInterface"],
    update: ["ec2:ModifyNetworkInterfaceAttribute"],
    delete: ["ec2:DetachNetworkInterface", "ec2:DeleteNetworkInterface"],
    tags,
    list: ["ec2:DescribeNetworkInterfaces *"],
  }),
  aws_flow_log: row({
    on: ownArn,
    create: ["ec2:CreateFlowLogs", "logs:CreateLogDelivery *"],
    delete: ["ec2:DeleteFlowLogs", "logs:DeleteLogDelivery *"],
    tags,
    list: ["ec2:DescribeFlowLogs *"],
    also: (it) => [passRole("create", it.iam_role_arn, "vpc-flow-logs")],
  }),
};
