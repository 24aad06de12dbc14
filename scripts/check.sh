#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes one test of a command: scripts/check.sh NAME COMMAND...
# Its output is passed on; it has passed if its exit status is 0.
name=$1
shift
if "$@"; then
    echo "$name: 1 passed, 0 failed"
else
    echo "$name: 0 passed, 1 failed"
    exit 1
fi
