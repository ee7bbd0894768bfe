#!/bin/sh
# The last word on an image: what it must have, and what it must not have kept. Runs as root.
set -eu
for checks in image clean; do
  goss --gossfile "/usr/local/share/shoestring/checks/$checks.yaml" validate --format documentation --no-color
done
