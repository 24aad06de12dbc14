#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs the server of npm/package.json, as its lock file names it, into build/servers/npm, unless
# it is there. None of the packages' scripts is run. Prints that folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD/build/servers/npm
mkdir -p "$root"
exec 9>"$root.lock"
flock 9

wanted=scripts/servers/npm/package-lock.json
if ! cmp -s "$wanted" "$root/installed.json"; then
    cp scripts/servers/npm/package.json "$wanted" "$root"
    (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund) >&2
    cp "$wanted" "$root/installed.json"
fi
echo "$root"
