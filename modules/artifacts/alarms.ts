import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { Construct } from "constructs";

export interface AlarmsProps {
  readonly cluster: string;
  readonly topicArn: string;
  readonly queueName: string;
  readonly deadLettersName: string;
  readonly functionName: string;
}

/** Alarms for uploads that do not become deploys. */
export function alarms(scope: Construct, props: AlarmsProps): void {
  const { cluster, topicArn, queueName, deadLettersName, functionName } = props;
  const common = {
    period: 60,
    evaluationPeriods: 1,
    comparisonOperator: "GreaterThanThreshold",
    // An idle queue or function sends no data, which is healthy.
    treatMissingData: "notBreaching",
    alarmActions: [topicArn],
    okActions: [topicArn],
  } satisfies Partial<CloudwatchMetricAlarmConfig>;
  new CloudwatchMetricAlarm(scope, "alarm-oldest-message", {
    ...common,
    alarmName: `${cluster}-announce-oldest-message`,
    alarmDescription: `Uploads wait for minutes to be announced: is Consul reachable? See the log of ${functionName}`,
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    dimensions: { QueueName: queueName },
    statistic: "Maximum",
    // A second try comes after three minutes; a third should not be needed.
    threshold: 300,
  });
  new CloudwatchMetricAlarm(scope, "alarm-dead-letters", {
    ...common,
    alarmName: `${cluster}-announce-dead-letters`,
    alarmDescription: `Uploads were given up: see the log of ${functionName}, then start the redrive of ${cluster}-announce-dead`,
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: deadLettersName },
    statistic: "Maximum",
    threshold: 0,
  });
  new CloudwatchMetricAlarm(scope, "alarm-errors", {
    ...common,
    alarmName: `${cluster}-announce-errors`,
    alarmDescription: `The function itself fails, not a single upload: see the log of ${functionName}`,
    namespace: "AWS/Lambda",
    metricName: "Errors",
    dimensions: { FunctionName: functionName },
    statistic: "Sum",
    threshold: 0,
  });
}
