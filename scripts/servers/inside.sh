#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a server of unpack.sh where it believes to be installed: in a mount namespace of its own,
# with ROOT/usr laid over /usr, and with the users it wants added to a copy of /etc/passwd. For the
# rest of the machine nothing changes. Needs root.
#
# usage: inside.sh ROOT DIR 'USER...' COMMAND...      DIR: a folder for the copy
set -eu
if [ "${INSIDE-}" != "$$" ]; then
    INSIDE=$$ exec unshare --mount "$0" "$@"
fi
unset INSIDE
root=$1 etc=$2/etc users=$3
shift 3

mkdir -p "$etc"
cp /etc/passwd /etc/group "$etc"
id=60000
for user in $users; do
    id=$((id + 1))
    getent passwd "$user" >/dev/null || echo "$user:x:$id:$id::/:/bin/false" >>"$etc/passwd"
    getent group "$user" >/dev/null || echo "$user:x:$id:" >>"$etc/group"
done
mount -t overlay -o "lowerdir=$root/usr:/usr" overlay /usr
for file in passwd group; do
    mount --bind "$etc/$file" "/etc/$file"
done
exec "$@"
