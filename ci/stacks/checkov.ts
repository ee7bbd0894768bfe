import { execFile } from "node:child_process";

/** One check of Checkov that a resource fails. */
export interface Finding {
  readonly check: string;
  readonly name: string;
  readonly stack: string;
  readonly resource: string;
}

/** An accepted finding, with the reason. */
interface Accepted {
  readonly check: string;
  /** Matches the stacks and resources, as `<stack>/<resource>`. */
  readonly where: RegExp;
  readonly why: string;
}

const everywhere = /./;

/** For Checkov 3.3. Any other finding is an error, and so is an accepted one that is not found. */
const accepted: readonly Accepted[] = [
  {
    check: "CKV_AWS_158",
    where: everywhere,
    why: "CloudWatch encrypts logs with its own key; a key of ours costs, and guards against nobody more",
  },
  {
    check: "CKV_AWS_338",
    where: everywhere,
    why: "a year of logs is a bill; who must keep them for so long sets the days of the group",
  },
  {
    check: "CKV_AWS_260",
    where: /load-balancer_from-internet-ipv4-80|_from-load-balancer_/,
    why: "port 80 of the public load balancer redirects; the others are open to its security group alone, which Checkov does not read",
  },
  {
    check: "CKV_AWS_378",
    where: /target-group/,
    why: "TLS ends at the load balancer; behind it is nginx on the instance, inside the network",
  },
  {
    check: "CKV_AWS_2",
    where: /local\//,
    why: "the local region has no domain, so no certificate",
  },
  { check: "CKV_AWS_103", where: /local\//, why: "as above: no certificate, no TLS" },
  { check: "CKV2_AWS_20", where: /local\//, why: "as above: nothing to redirect to" },
  {
    check: "CKV_AWS_91",
    where: /load-balancer/,
    why: "access logs are an option of the module: storing each request's line is for who reads them",
  },
  {
    check: "CKV2_AWS_28",
    where: /load-balancer/,
    why: "a firewall is an option of the module, billed by rule and request",
  },
  {
    check: "CKV_AWS_150",
    where: /(dev|local)\/.*load-balancer/,
    why: "clusters for trying things can be destroyed",
  },
  {
    check: "CKV_AWS_157",
    where: /staging\//,
    why: "staging may wait for a database that comes back",
  },
  {
    check: "CKV_AWS_88",
    where: /(dev|local)\/.*launch-template/,
    why: "no NAT: instances are in public subnets, and nothing may come in but from the load balancer",
  },
  {
    check: "CKV2_AWS_19",
    where: /(dev|local)\/.*consul_server-/,
    why: "as above; the address belongs to the server's network interface, not to an instance",
  },
  {
    check: "CKV2_AWS_11",
    where: /(staging|dev|local)\//,
    why: "flow logs are an option of the module, on in production",
  },
  {
    check: "CKV2_AWS_23",
    where: /consul_record/,
    why: "the name of Consul's servers: fixed addresses inside the network",
  },
  {
    check: "CKV2_AWS_71",
    where: /certificate/,
    why: "one name for each service of a cluster, so that a new service needs no new certificate",
  },
  {
    check: "CKV_AWS_111",
    where: /artifacts_role-policy|account_(apply-shared|boundary)/,
    why: "network interfaces have no name to bind to; the boundary bounds what other policies grant",
  },
  {
    check: "CKV_AWS_356",
    where: /account_(apply|plan|boundary)/,
    why: "describing has no resource at AWS; the boundary bounds what other policies grant",
  },
  {
    check: "CKV_AWS_107",
    where: /account_boundary/,
    why: "a boundary grants nothing; it says what other policies can grant at most",
  },
  { check: "CKV_AWS_108", where: /account_boundary/, why: "as above" },
  { check: "CKV_AWS_109", where: /account_(boundary|apply-shared)/, why: "as above" },
  {
    check: "CKV_AWS_18",
    where: /artifacts|state|logs|cdn/,
    why: "who reads a release or the state is in CloudTrail, once, for all buckets",
  },
  {
    check: "CKV_AWS_144",
    where: /artifacts|state|logs|cdn/,
    why: "a release can be built again; versions guard the state against mistakes",
  },
  {
    check: "CKV_AWS_145",
    where: /artifacts|state|logs|cdn/,
    why: "encrypted by S3; a key of ours costs with each request",
  },
  {
    check: "CKV2_AWS_62",
    where: /account_state/,
    why: "nobody waits for changes of the state",
  },
  {
    check: "CKV_AWS_26",
    where: /alarms/,
    why: "CloudWatch cannot publish to a topic under SNS's own key; alarms carry no secrets",
  },
  {
    check: "CKV_AWS_115",
    where: /artifacts_/,
    why: "the queue limits the runs; a new account refuses a reservation",
  },
  {
    check: "CKV_AWS_116",
    where: /artifacts_/,
    why: "the queue in front of the function has the dead letters",
  },
  {
    check: "CKV_AWS_272",
    where: /artifacts_/,
    why: "the archive is part of the reviewed plan, by its hash",
  },
  {
    check: "CKV_AWS_173",
    where: /artifacts_/,
    why: "the environment has addresses and names of parameters, no secret",
  },
  {
    check: "CKV_AWS_50",
    where: /artifacts_/,
    why: "the deploy's own trace goes through the function",
  },
  {
    check: "CKV_AWS_118",
    where: /database/,
    why: "a metric each minute is enough here, and free",
  },
  {
    check: "CKV_AWS_354",
    where: /database/,
    why: "encrypted by RDS; a key of ours costs",
  },
  {
    check: "CKV_AWS_161",
    where: /database/,
    why: "services read a password from Secrets Manager, which rotates it",
  },
];

/** Runs Checkov offline on a folder of synthesised stacks. @param checkov path of the program */
export async function findings(checkov: string, stacks: string): Promise<Finding[]> {
  const found = JSON.parse(await output(checkov, stacks)) as Output;
  return found.results.failed_checks.map((it) => ({
    check: it.check_id,
    name: it.check_name,
    stack: it.file_path.split("/")[1] ?? "",
    resource: it.resource,
  }));
}

interface Output {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
  };
}

/** Checkov's answer; exit code 1 means that there are findings. */
function output(checkov: string, folder: string): Promise<string> {
  const options = ["--framework", "terraform_json", "--quiet", "--skip-download", "-o", "json"];
  return new Promise((resolve, reject) => {
    execFile(
      checkov,
      ["-d", ".", ...options],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        error && error.code !== 1 ? reject(new Error(stderr, { cause: error })) : resolve(stdout),
    );
  });
}

const isAccepted = ({ check, stack, resource }: Finding) =>
  accepted.filter((it) => it.check === check && it.where.test(`${stack}/${resource}`));

/** Findings that are not accepted, as lines for people. */
export const unknown = (all: readonly Finding[]) =>
  all
    .filter((it) => isAccepted(it).length === 0)
    .map(({ check, name, stack, resource }) => `${check} ${name}: ${resource} of ${stack}`);

/** Accepted findings that are no longer found. */
export function outdated(all: readonly Finding[]): string[] {
  const used = new Set(all.flatMap(isAccepted));
  return accepted.filter((it) => !used.has(it)).map(({ check }) => check);
}
