import type { RolloutWrites, ScaleResult } from "./scale.ts";

/** The measurements from which the figures of docs/ten-thousand-instances.md follow. */
export interface Plan {
  readonly scale: ScaleResult;
  readonly rollout: RolloutWrites;
  /** The time of one instance's roll, until its old processes are gone. */
  readonly rollSeconds: number;
}

/** Sizes on the wire, headers included, of a deploy and of an instance's report in a list. */
const [deployBytes, reportBytes] = [1000, 913];
/** The size of 50 variables. */
const configBytes = 6000;
/** The plan's fleet size, and its number of slots. */
const [fleet, manySlots] = [10_000, 100];
/** An agent that waits for a slot renews its session at least this often. */
const renewalSeconds = 5;

/** A figure, its measured value, what it grows with, and the value for 10,000. */
type Row = [figure: string, measured: string, growsWith: string, at10000: string];

/** The rows: letter, figure, measured value, what it grows with, and the value for 10,000. */
export function planRows(plan: Plan): string[][] {
  return [...restRows(plan), ...changeRows(plan), ...writeRows(plan), ...timeRows(plan)].map(
    (row, i) => [String.fromCharCode(65 + i), ...row],
  );
}

/** Agents at rest. */
function restRows({ scale }: Plan): Row[] {
  const { agents, idle } = scale;
  const byAgents = fleet / agents;
  const heldMegabytes = scale.serverMegabytes - scale.serverMegabytesBefore;
  return [
    [
      "requests of agents at rest",
      `${about(idle.requestsPerSecond)} /s`,
      "n",
      `${about(idle.requestsPerSecond * byAgents)} /s`,
    ],
    [
      "server's processor for A",
      `${about(idle.serverCpuPercent)} % of one`,
      "n",
      `${about(idle.serverCpuPercent * byAgents)} % of one`,
    ],
    [
      "server's memory for their long polls",
      `${about(heldMegabytes)} MB, ${about((heldMegabytes * 1000) / agents)} KB each agent`,
      "n",
      bytes(heldMegabytes * 1e6 * byAgents),
    ],
  ];
}

/** One deploy changes. */
function changeRows({ scale }: Plan): Row[] {
  const { agents } = scale;
  const byAgents = fleet / agents;
  const cpuSeconds = scale.serverCpuMsPerWrite / 1000;
  const [last, worst] = [scale.lastDeliveryMs / 1000, scale.worstLastDeliveryMs / 1000];
  return [
    [
      "server's processor for one changed deploy",
      time(cpuSeconds),
      "n",
      time(cpuSeconds * byAgents),
    ],
    [
      "last agent told of it",
      `${time(last)}, worst ${time(worst)}`,
      "n ÷ processors",
      `${time(last * byAgents)}, worst ${time(worst * byAgents)}`,
    ],
    [
      "answers for it, 1 KB each with headers",
      bytes(agents * deployBytes),
      "n",
      bytes(fleet * deployBytes),
    ],
    [
      "config read at each deploy, 50 variables, 6 KB",
      bytes(agents * configBytes),
      "n",
      bytes(fleet * configBytes),
    ],
  ];
}

/** Writes and reads of a rollout. */
function writeRows({ scale, rollout }: Plan): Row[] {
  const { writesPerSecond } = scale;
  const { instances, requests } = rollout;
  const byInstances = fleet / instances;
  const of = `of ${instances}`;
  const writes = requests.writes * byInstances;
  const refused = requests.refused * byInstances;
  const sessions = requests.sessions * byInstances;
  return [
    [
      "writes that a rollout makes",
      `${about(requests.writes)} ${of}, ${about(requests.writes / instances)} each`,
      "n",
      about(writes),
    ],
    [
      "transactions that one server carries out",
      `${about(writesPerSecond)} /s`,
      "–",
      `${about(writesPerSecond)} /s`,
    ],
    [
      "H ÷ I: the least time of a rollout",
      `${time(requests.writes / writesPerSecond)} ${of}`,
      "n",
      time(writes / writesPerSecond),
    ],
    [
      "refused transactions, one slot; ÷ I",
      `${requests.refused} ${of}`,
      "n",
      `${about(refused)}; ${time(refused / writesPerSecond)}`,
    ],
    [
      "sessions opened at a deploy; ÷ I",
      `${requests.sessions} ${of}`,
      "n",
      `${about(sessions)}; ${time(sessions / writesPerSecond)}`,
    ],
    [
      "renewals while instances wait, at least one in 5 s each",
      `${about(instances / renewalSeconds)} /s ${of}`,
      "n",
      `${about(fleet / renewalSeconds)} /s`,
    ],
    [
      "instances' reports read, 913 B each",
      `${bytes(requests.reports * reportBytes)} ${of}`,
      "n²",
      bytes(requests.reports * byInstances ** 2 * reportBytes),
    ],
  ];
}

/** The time of a rollout. */
function timeRows({ rollout, rollSeconds }: Plan): Row[] {
  const { instances, requests } = rollout;
  const lasts = instances * rollSeconds;
  const [withOneSlot, withMany] = [fleet * rollSeconds, (fleet * rollSeconds) / manySlots];
  const writes = requests.writes * (fleet / instances);
  return [
    [
      "one instance's roll, 4 processes, until the old ones are gone",
      time(rollSeconds),
      "–",
      time(rollSeconds),
    ],
    [
      "n × O ÷ slots: a rollout's time",
      `${time(lasts)} of ${instances}, one slot`,
      "n ÷ slots",
      `${time(withOneSlot)} with one, ${time(withMany)} with ${manySlots}`,
    ],
    [
      "H ÷ P: writes during it",
      `${about(requests.writes / lasts)} /s with one slot`,
      "slots",
      `${about(writes / withMany)} /s with ${manySlots}`,
    ],
  ];
}

/** Rounds to two significant digits. */
const about = (value: number) => Number(value.toPrecision(2)).toLocaleString("en-US");

function bytes(value: number): string {
  if (value < 1e9) return `${about(value / 1e6)} MB`;
  return value < 1e12 ? `${about(value / 1e9)} GB` : `${about(value / 1e12)} TB`;
}

function time(seconds: number): string {
  if (seconds < 120) return `${about(seconds)} s`;
  return seconds < 7200 ? `${about(seconds / 60)} min` : `${about(seconds / 3600)} h`;
}
