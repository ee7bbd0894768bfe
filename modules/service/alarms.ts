import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { Construct } from "constructs";
import type { AllProps } from "./props.ts";

export interface Watched {
  /** Part of the alarms' names. */
  readonly id: string;
  /** Part of the alarms' state addresses. */
  readonly scopeId: string;
  /** The service that is behind the load balancer. */
  readonly service: string;
  /** Dimensions of the metrics, as CloudWatch calls them. */
  readonly loadBalancer: string;
  readonly targetGroup: string;
}

/** Alarms for an unhealthy service behind a load balancer, by what each is about. */
export function alarms(scope: Construct, props: AllProps, watched: Watched) {
  const { service, alarmTopicArn, errorPercent, slowSeconds } = props;
  const { id, scopeId, loadBalancer, targetGroup } = watched;
  const dimensions = { LoadBalancer: loadBalancer, TargetGroup: targetGroup };
  const namespace = "AWS/ApplicationELB";
  const look = `shoestring status ${watched.service} --cluster ${service.cluster}`;
  const alarmName = (what: string) => `${service.cluster}-${id}-${what}`;
  const common = {
    comparisonOperator: "GreaterThanThreshold",
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
    // Without requests no request failed.
    treatMissingData: "notBreaching",
    alarmActions: [alarmTopicArn],
    okActions: [alarmTopicArn],
  } satisfies Partial<CloudwatchMetricAlarmConfig>;

  const unhealthy = new CloudwatchMetricAlarm(scope, `${scopeId}-unhealthy`, {
    ...common,
    alarmName: alarmName("unhealthy"),
    alarmDescription: `An instance does not answer its health check: ${look}`,
    namespace,
    metricName: "UnHealthyHostCount",
    dimensions,
    statistic: "Maximum",
    period: 60,
    threshold: 0,
  });
  const errors = new CloudwatchMetricAlarm(scope, `${scopeId}-errors`, {
    ...common,
    alarmName: alarmName("errors"),
    alarmDescription: `More than ${errorPercent} % of the answers are 5xx: ${look}`,
    threshold: errorPercent,
    metricQuery: [
      {
        id: "percent",
        // Below a hundred requests a minute, one error is not a meaningful rate.
        expression: "IF(requests > 100, 100 * FILL(errors, 0) / requests, 0)",
        label: "5xx in percent",
        returnData: true,
      },
      ...[
        ["errors", "HTTPCode_Target_5XX_Count"],
        ["requests", "RequestCount"],
      ].map(([metricId, metricName]) => ({
        id: metricId as string,
        metric: {
          namespace,
          metricName: metricName as string,
          dimensions,
          stat: "Sum",
          period: 60,
        },
      })),
    ],
  });
  const slow = new CloudwatchMetricAlarm(scope, `${scopeId}-slow`, {
    ...common,
    alarmName: alarmName("slow"),
    alarmDescription: `The slowest percent of the answers takes more than ${slowSeconds} s: ${look}`,
    namespace,
    metricName: "TargetResponseTime",
    dimensions,
    extendedStatistic: "p99",
    // A percentile of a few requests is not meaningful.
    evaluateLowSampleCountPercentiles: "ignore",
    period: 60,
    threshold: slowSeconds,
  });
  return { unhealthy, errors, slow };
}
