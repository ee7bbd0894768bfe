import { batchBoundSeconds } from "../../protocol/process-settings.ts";
import { serviceDefaults } from "../../protocol/service-defaults.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { ServiceSpec } from "../spec/cluster.ts";

/** Fields of a service's file that follow from `shutdownTimeoutSeconds`. */
const following = ["drainTimeoutSeconds", "stopTimeoutSeconds"] as const;

/** Room for the steps of a roll that have no timeout of their own. */
const marginSeconds = 60;

type Written = Pick<ServiceSpec, "shutdownTimeoutSeconds">;
type Times = Pick<ServiceFile, (typeof following)[number]>;

/** The drain and the stop that a service with `shutdownTimeoutSeconds` gets; both may last so long. */
export const shutdownTimes = ({ shutdownTimeoutSeconds: seconds }: Written): Partial<Times> =>
  seconds === undefined ? {} : { drainTimeoutSeconds: seconds, stopTimeoutSeconds: seconds };

/** The field that a person wrote, for one of the service's file. */
export const writtenAs = (spec: Written, field: string): string =>
  spec.shutdownTimeoutSeconds !== undefined && following.some((it) => it === field)
    ? "shutdownTimeoutSeconds"
    : field;

/** Fields that `shutdownTimeoutSeconds` stands for and that are written beside it. */
export const writtenTwice = (spec: Partial<Times> & Written): readonly string[] =>
  spec.shutdownTimeoutSeconds === undefined
    ? []
    : following.filter((field) => spec[field] !== undefined);

/** The longest that a rollout may wait, only as configured. */
export const longestPauseSeconds = (
  file: Times & Pick<ServiceFile, "kinds" | "before" | "bakeSeconds" | "startTimeoutSeconds">,
) => Math.max(file.bakeSeconds + batchBoundSeconds(file), longestBeforeSeconds(file));

/** A step before a release may wait until an earlier one must have ended, and then runs itself. */
export const longestBeforeSeconds = ({
  before,
  stopTimeoutSeconds,
}: Pick<ServiceFile, "before" | "stopTimeoutSeconds">) =>
  before === undefined ? 0 : 2 * before.timeoutSeconds + stopTimeoutSeconds + marginSeconds;

/** Whether a field was written that may need a longer deadline than the default. */
const isLong = (spec: ServiceSpec) => spec.before !== undefined || hasShutdownTime(spec);

const hasShutdownTime = ({ shutdownTimeoutSeconds, processes }: ServiceSpec) =>
  shutdownTimeoutSeconds !== undefined ||
  (typeof processes === "object" &&
    Object.values(processes).some((kind) => kind.shutdownTimeoutSeconds !== undefined));

/** A deadline that a rollout with these times does not reach as long as it goes on. */
export const deadlineFor = (
  spec: ServiceSpec,
  file: Parameters<typeof longestPauseSeconds>[0],
): Partial<Pick<ServiceFile, "progressDeadlineSeconds">> =>
  !isLong(spec) || spec.progressDeadlineSeconds !== undefined
    ? {}
    : {
        progressDeadlineSeconds: Math.max(
          serviceDefaults.progressDeadlineSeconds,
          longestPauseSeconds(file) + marginSeconds,
        ),
      };
