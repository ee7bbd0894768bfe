import type { Mapping } from "../mapping.ts";

/** Networks, their doors and their rules. */
export const network: Readonly<Record<string, Mapping>> = {
  aws_eip: {
    as: "AWS::EC2::EIP",
    absent: { network_interface: "an association, which is an object of its own" },
  },
  aws_flow_log: {
    as: "AWS::EC2::FlowLog",
    renamed: { iam_role_arn: "DeliverLogsPermissionArn", vpc_id: "ResourceId" },
    shape: (values) => ({ ...values, resource_type: "VPC" }),
  },
  aws_internet_gateway: {
    as: "AWS::EC2::InternetGateway",
    absent: { vpc_id: "an attachment, which is an object of its own" },
  },
  aws_nat_gateway: { as: "AWS::EC2::NatGateway" },
  aws_network_interface: {
    as: "AWS::EC2::NetworkInterface",
    renamed: { security_groups: "GroupSet" },
  },
  aws_route: { as: "AWS::EC2::Route" },
  aws_route_table: { as: "AWS::EC2::RouteTable" },
  aws_route_table_association: { as: "AWS::EC2::SubnetRouteTableAssociation" },
  aws_security_group: {
    as: "AWS::EC2::SecurityGroup",
    renamed: { name: "GroupName", description: "GroupDescription" },
    always: ["description"],
  },
  aws_subnet: { as: "AWS::EC2::Subnet" },
  aws_vpc: { as: "AWS::EC2::VPC" },
  aws_vpc_endpoint: { as: "AWS::EC2::VPCEndpoint" },
  aws_vpc_security_group_egress_rule: {
    as: "AWS::EC2::SecurityGroupEgress",
    renamed: {
      security_group_id: "GroupId",
      referenced_security_group_id: "DestinationSecurityGroupId",
      cidr_ipv4: "CidrIp",
      prefix_list_id: "DestinationPrefixListId",
    },
  },
  aws_vpc_security_group_ingress_rule: {
    as: "AWS::EC2::SecurityGroupIngress",
    renamed: {
      security_group_id: "GroupId",
      referenced_security_group_id: "SourceSecurityGroupId",
      cidr_ipv4: "CidrIp",
      prefix_list_id: "SourcePrefixListId",
    },
  },
};
