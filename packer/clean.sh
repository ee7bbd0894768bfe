#!/bin/sh
# Takes out of an image what belongs to the one machine that it was made on. Runs last, as root; the
# checks in clean.yaml (ansible/roles/checks) look afterwards. A second run changes nothing.
set -eu

# Registers itself anew on each instance.
systemctl stop amazon-ssm-agent.service 2>/dev/null || true
rm -rf /var/lib/amazon/ssm /var/log/amazon

cloud-init clean --logs --seed
# Empty, and not cloud-init's "uninitialized": with that one systemd would call the next boot the first
# one and enable every unit that Debian ships, nginx too.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
rm -f /etc/ssh/ssh_host_*

# Keys, histories and Ansible's folders of the user that built it.
for home in /root /home/*; do
  rm -rf "$home/.ssh" "$home/.ansible" "$home/.bash_history" "$home/.cache"
done
rm -rf /tmp/* /tmp/.[!.]* /var/tmp/* /var/tmp/.[!.]*

apt-get clean
rm -rf /var/lib/apt/lists/* /var/lib/apt/periodic/*
rm -rf /var/log/journal/*
# Emptied, not deleted: programs expect their files with their modes.
find /var/log -type f -exec truncate --size=0 {} +
sync
