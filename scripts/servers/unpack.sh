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

# What apt would install (it would also remove the machine's mail server, which we don't).
download() {
    local plan missing
    plan=$(apt-get -s install --no-install-recommends "$@") || return
    mapfile -t missing < <(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$plan")
    (cd "$root/packages" && apt-get -q download "$@" "${missing[@]}")
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
