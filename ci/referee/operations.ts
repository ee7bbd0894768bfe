/**
 * For a CloudFormation type the call that makes it, as botocore names service and call. Types whose call
 * nests its values in another way, or has no rules for them in the model, are left out.
 */
export const operations: Readonly<Record<string, readonly [service: string, operation: string]>> = {
  "AWS::AutoScaling::AutoScalingGroup": ["autoscaling", "CreateAutoScalingGroup"],
  "AWS::AutoScaling::LifecycleHook": ["autoscaling", "PutLifecycleHook"],
  "AWS::AutoScaling::ScalingPolicy": ["autoscaling", "PutScalingPolicy"],
  "AWS::AutoScaling::ScheduledAction": ["autoscaling", "PutScheduledUpdateGroupAction"],
  "AWS::Budgets::Budget": ["budgets", "CreateBudget"],
  "AWS::CertificateManager::Certificate": ["acm", "RequestCertificate"],
  "AWS::CloudWatch::Alarm": ["cloudwatch", "PutMetricAlarm"],
  "AWS::EC2::FlowLog": ["ec2", "CreateFlowLogs"],
  "AWS::EC2::LaunchTemplate": ["ec2", "CreateLaunchTemplate"],
  "AWS::EC2::NatGateway": ["ec2", "CreateNatGateway"],
  "AWS::EC2::NetworkInterface": ["ec2", "CreateNetworkInterface"],
  "AWS::EC2::VPC": ["ec2", "CreateVpc"],
  "AWS::EC2::VPCEndpoint": ["ec2", "CreateVpcEndpoint"],
  "AWS::ElasticLoadBalancingV2::Listener": ["elbv2", "CreateListener"],
  "AWS::ElasticLoadBalancingV2::ListenerRule": ["elbv2", "CreateRule"],
  "AWS::ElasticLoadBalancingV2::LoadBalancer": ["elbv2", "CreateLoadBalancer"],
  "AWS::ElasticLoadBalancingV2::TargetGroup": ["elbv2", "CreateTargetGroup"],
  "AWS::IAM::InstanceProfile": ["iam", "CreateInstanceProfile"],
  "AWS::IAM::ManagedPolicy": ["iam", "CreatePolicy"],
  "AWS::IAM::OIDCProvider": ["iam", "CreateOpenIDConnectProvider"],
  "AWS::IAM::Role": ["iam", "CreateRole"],
  "AWS::IAM::RolePolicy": ["iam", "PutRolePolicy"],
  "AWS::Lambda::EventSourceMapping": ["lambda", "CreateEventSourceMapping"],
  "AWS::Lambda::Function": ["lambda", "CreateFunction"],
  "AWS::Logs::LogGroup": ["logs", "CreateLogGroup"],
  "AWS::RDS::DBInstance": ["rds", "CreateDBInstance"],
  "AWS::Route53::HostedZone": ["route53", "CreateHostedZone"],
  "AWS::SNS::Topic": ["sns", "CreateTopic"],
};
