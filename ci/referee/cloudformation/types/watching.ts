import type { Values } from "../configured.ts";
import type { Mapping } from "../mapping.ts";
import { first, given, list, pairs } from "../shapes.ts";

function metricStat({ metric, ...query }: Values): Values {
  if (metric === undefined) return query;
  const { period, stat, dimensions, ...rest } = first(metric);
  const of = { ...rest, dimensions: pairs(dimensions, "name", "value") };
  return { ...query, metric_stat: given({ period, stat, metric: of }) };
}

/** What watches: logs, alarms, budgets. */
export const watching: Readonly<Record<string, Mapping>> = {
  aws_budgets_budget: {
    as: "AWS::Budgets::Budget",
    shape: ({ name, limit_amount, limit_unit, notification, ...rest }) => ({
      budget: {
        ...rest,
        budget_name: name,
        budget_limit: { amount: Number(limit_amount), unit: limit_unit },
      },
      notifications_with_subscribers: list(notification).map(
        ({ subscriber_email_addresses, ...it }) => ({
          notification: it,
          subscribers: ((subscriber_email_addresses ?? []) as string[]).map((address) => ({
            subscription_type: "EMAIL",
            address,
          })),
        }),
      ),
    }),
  },
  aws_cloudwatch_log_group: { as: "AWS::Logs::LogGroup", renamed: { name: "LogGroupName" } },
  aws_cloudwatch_metric_alarm: {
    as: "AWS::CloudWatch::Alarm",
    renamed: {
      evaluate_low_sample_count_percentiles: "EvaluateLowSampleCountPercentile",
      metric_query: "Metrics",
    },
    shape: ({ dimensions, metric_query, ...values }) => ({
      ...values,
      ...(dimensions === undefined ? {} : { dimensions: pairs(dimensions, "name", "value") }),
      ...(metric_query === undefined ? {} : { metric_query: list(metric_query).map(metricStat) }),
    }),
  },
};
