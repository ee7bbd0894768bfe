/** Files of a new instance, in place of EC2's metadata service and network. */
export interface Seed {
  readonly instance: string;
  /** A new one makes cloud-init run everything that belongs to an instance's first boot. */
  readonly instanceId: string;
  /** In CIDR notation with the network's prefix length. */
  readonly address: string;
  /** The launch template's user data. */
  readonly userData: string;
  /** Names that the VPC's DNS server would resolve, with their addresses. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Environment variables that lead the agent to the simulated AWS. */
  readonly awsEnvironment: Readonly<Record<string, string>>;
}

/** @returns contents keyed by their path in the instance. */
export function seedFiles(seed: Seed) {
  const { instance, instanceId, address, userData, hosts, awsEnvironment } = seed;
  return {
    "etc/hostname": `${instance}\n`,
    "etc/hosts": `127.0.0.1 localhost\n127.0.1.1 ${instance}\n::1 localhost\n${Object.entries(hosts)
      .flatMap(([name, addresses]) => addresses.map((at) => `${at} ${name}\n`))
      .join("")}`,
    "etc/systemd/system/shoestring-agent.service.d/local-region.conf": dropIn(awsEnvironment),
    // The load balancer needs two failed checks, half a second apart, to stop sending requests.
    "etc/systemd/system/shoestring-leave.service.d/local-region.conf": dropIn({
      SHOESTRING_DEREGISTER_SECONDS: "2",
    }),
    // The image's may name the DNS server of the machine that built it.
    "etc/resolv.conf": "# no DNS: an instance reaches its region and nothing else\n",
    "etc/machine-id": "", // each makes its own
    "var/lib/cloud/seed/nocloud/meta-data": `instance-id: ${instanceId}\nlocal-hostname: ${instance}\n`,
    "var/lib/cloud/seed/nocloud/user-data": userData,
    "etc/cloud/cloud.cfg.d/99-local-region.cfg":
      "datasource_list: [NoCloud]\nnetwork: {config: disabled}\n",
    // No gateway: see resolv.conf.
    "etc/systemd/network/10-host0.network": `[Match]
Name=host0

[Network]
Address=${address}
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
`,
  } as const;
}

const dropIn = (environment: Readonly<Record<string, string>>) =>
  `[Service]\n${Object.entries(environment)
    .map(([name, value]) => `Environment=${name}=${value}\n`)
    .join("")}`;
