#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs the server of NAME/package.json (npm: smtp-server; maildev), as its lock file names it if
# there is one, into build/servers/NAME, unless it is there. None of the packages' scripts is run.
# Prints that folder.
#
# usage: npm.sh [NAME]      NAME is npm if it is not given
set -euo pipefail
cd "$(dirname "$0")/../.."
name=${1:-npm}
root=$PWD/build/servers/$name
mkdir -p "$root"
exec 9>"$root.lock"
flock 9

from=scripts/servers/$name
how=install
wanted=$from/package.json
[ ! -e "$from/package-lock.json" ] || { how=ci wanted=$from/package-lock.json; }
if ! cmp -s "$wanted" "$root/installed.json"; then
    cp "$from"/*.json "$root"
    (cd "$root" && npm $how --ignore-scripts --no-audit --no-fund) >&2
    cp "$wanted" "$root/installed.json"
fi
echo "$root"
