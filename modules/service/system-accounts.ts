/**
 * Users and groups of the image (Debian's own, and those of its packages). The agent asks the
 * instance itself (agent/linux/user.ts); this list lets most mistakes fail before an apply.
 */
const systemAccounts = new Set(
  [
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt nobody",
    "adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp",
    "video sasl plugdev staff users nogroup input sgx render kvm lxd crontab ssl-cert wheel",
    "systemd-journal systemd-network systemd-timesync systemd-resolve systemd-coredump systemd-oom",
    "messagebus dhcpcd polkitd sshd _ssh _chrony syslog tcpdump tss landscape uuidd admin debian",
    "ubuntu ec2-user consul nginx shoestring",
  ].flatMap((line) => line.split(" ")),
);

/** Whether the image has a user or a group of this name. */
export const isSystemAccount = (name: string) => systemAccounts.has(name);
