#!/bin/bash
# SPDX-License-Identifier: MIT
# Mail servers conflict with each other as Debian packages. This unpacks some packages, with those
# of their dependencies that the machine lacks, into build/servers/NAME, and installs nothing.
# Prints that folder; what is there already is taken as it is.
#
# usage: unpack.sh NAME PACKAGE...
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD/build/servers/$1
shift
mkdir -p build/servers
exec 9>"$root.lock"
flock 9

# The packages, and what apt would install with them. (It would also remove the machine's mail
# server; we don't.)
list_packages() {
    printf '%s\n' "$@"
    apt-get -s install --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

download() {
    (cd "$root/packages" && list_packages "$@" | sort -u | xargs apt-get -q download)
}

if [ ! -e "$root/whole" ]; then
    rm -rf "$root"
    mkdir -p "$root/packages"
    download "$@" >&2 || { apt-get -q update >&2 && download "$@" >&2; }
    for package in "$root"/packages/*.deb; do
        dpkg -x "$package" "$root"
    done
    rm -r "$root/packages"
    touch "$root/whole"
fi
echo "$root"
