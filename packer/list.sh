#!/bin/sh
# Lists what is installed, a line of JSON each, for the bill of materials (ci/images/sbom.ts). Runs as root.
set -eu
umask 022
{
  dpkg-query --show --showformat='{"kind":"deb","name":"${Package}","version":"${Version}","architecture":"${Architecture}"}\n'
  python3 - <<'PYTHON'
import importlib.metadata
import json

# What Debian's own packages bring is in dpkg's list already.
for it in importlib.metadata.distributions():
    if not str(it.locate_file("")).startswith("/usr/lib/python3/"):
        print(json.dumps({"kind": "pypi", "name": it.metadata["Name"], "version": it.version}))
PYTHON
  find /usr/local/lib /opt -path '*/node_modules/*' -name package.json -exec node -e '
    for (const path of process.argv.slice(1)) {
      const { name, version } = require(path);
      if (name && version) console.log(JSON.stringify({ kind: "npm", name, version }));
    }' {} +
  printf '{"kind":"program","name":"node","version":"%s"}\n' "$(node --version | sed s/^v//)"
  printf '{"kind":"program","name":"consul","version":"%s"}\n' "$(consul version | sed -n '1s/^Consul v//p')"
} >/run/shoestring-contents
