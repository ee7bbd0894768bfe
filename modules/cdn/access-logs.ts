import { CloudwatchLogDelivery } from "@cdktf/provider-aws/lib/cloudwatch-log-delivery/index.js";
import { CloudwatchLogDeliveryDestination } from "@cdktf/provider-aws/lib/cloudwatch-log-delivery-destination/index.js";
import { CloudwatchLogDeliverySource } from "@cdktf/provider-aws/lib/cloudwatch-log-delivery-source/index.js";
import { Construct } from "constructs";

// CloudFront's logs are configured in this region, wherever their bucket is.
const region = "us-east-1";

export interface AccessLogsProps {
  /** Name of the delivery. */
  readonly name: string;
  readonly distributionArn: string;
  readonly bucketArn: string;
}

/** A distribution's access logs in a bucket. Unlike CloudFront's older logs, they need no ACLs. */
export class AccessLogs extends Construct {
  constructor(scope: Construct, id: string, props: AccessLogsProps) {
    super(scope, id);
    const source = new CloudwatchLogDeliverySource(this, "source", {
      name: props.name,
      logType: "ACCESS_LOGS",
      resourceArn: props.distributionArn,
      region,
    });
    const destination = new CloudwatchLogDeliveryDestination(this, "destination", {
      name: props.name,
      outputFormat: "json",
      deliveryDestinationConfiguration: [{ destinationResourceArn: props.bucketArn }],
      region,
    });
    new CloudwatchLogDelivery(this, "resource", {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.arn,
      region,
    });
  }
}
