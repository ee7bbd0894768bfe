import { grpcHealthPath } from "../../protocol/grpc-health.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Fault } from "../shared/fault.ts";
import type { ServiceSpec } from "../spec/cluster.ts";

/** Contradictions between what a service says about requests and the processes that answer them. */
export const httpFaults = (file: ServiceFile, spec: ServiceSpec): Fault[] => [
  ...pingFaults(file, spec),
  ...(file.http === "none" ? silentFaults(file, spec) : answeringFaults(file, spec)),
];

/** Who answers requests is said in the kinds, where there are any. */
function pingFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  const faults: Fault[] = [];
  if (file.kinds !== undefined && spec.ping !== undefined) {
    const good = "in the kind that answers requests, like processes.web.ping";
    faults.push({ field: "ping", value: spec.ping, good });
  }
  const names = Object.keys(file.kinds ?? {});
  if (names.length > 0 && pingsOf(file).length === 0 && spec.http !== "none") {
    const good = `"none", as no kind of ${file.service} has a ping; or a ping in the kind that answers requests, like processes.${names[0]}.ping`;
    faults.push({ field: "http", value: spec.http, good });
  }
  return [...faults, ...grpcFaults(file)];
}

/** A call names a service and a method of it. */
function grpcFaults(file: ServiceFile): Fault[] {
  if (file.protocol !== "grpc") return [];
  const asked = file.kinds === undefined ? [["ping", file.ping] as const] : pingsOf(file);
  return asked
    .filter(([, ping]) => !/^\/[\w.]+\/\w+$/.test(ping))
    .map(([field, value]) => ({ field, value, good: `"${grpcHealthPath}"` }));
}

/** The pings of the kinds, by their fields. */
const pingsOf = ({ kinds = {} }: ServiceFile) =>
  Object.entries(kinds).flatMap(([name, { ping }]) =>
    ping === undefined ? [] : [[`processes.${name}.ping`, ping] as const],
  );

/** The strategy of the processes that answer requests. */
const answeringStrategy = ({ kinds = {}, strategy }: ServiceFile) =>
  Object.values(kinds).find(({ ping }) => ping !== undefined)?.strategy ?? strategy;

function answeringFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  const { hosts, http, kinds, ready } = file;
  const faults: Fault[] = [];
  if (hosts.length === 0)
    faults.push({ field: "hosts", value: hosts, good: '["web.example.org"]' });
  if (ready !== undefined && kinds === undefined) {
    faults.push({ field: "ready", value: ready, good: 'left out, as ping asks; or http: "none"' });
  }
  if (ready !== undefined && kinds && pingsOf(file).length === Object.keys(kinds).length) {
    faults.push({ field: "ready", value: ready, good: "left out: each kind has a ping" });
  }
  if (spec.bootAhead === true && answeringStrategy(file) === "in-place") {
    const good = 'left out, or false: only with strategy "overlap" processes boot ahead';
    faults.push({ field: "bootAhead", value: true, good });
  }
  if (http === "internal" && spec.hosts !== undefined) {
    const good = "left out: it answers at one name, in the cluster's private zone";
    faults.push({ field: "hosts", value: spec.hosts, good });
  }
  return faults;
}

/** Fields that say how requests are answered; without HTTP they would be ignored. */
export const ofRequests = [
  ...(["hosts", "paths", "priority", "ping", "protocol", "static", "basePort"] as const),
  ...(["stickySeconds", "maxBodyMib", "requestTimeoutSeconds", "drainTimeoutSeconds"] as const),
  ...(["healthyCount", "bootAhead", "maxErrorShare"] as const),
] as const;

function silentFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  const written = ofRequests.filter((field) => spec[field] !== undefined);
  return [
    ...written.map((field) => ({
      ...{ field, value: spec[field] },
      good: "left out: no process of the service speaks HTTP",
    })),
    ...pingsOf(file).map(([field, value]) => ({
      ...{ field, value },
      good: 'left out where http is "none"',
    })),
  ];
}
