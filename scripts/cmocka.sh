#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a cmocka program and closes with the line that scripts/test.sh reads: what was not run to
# its end well, a skipped test too, counts as failed.
#   scripts/cmocka.sh NAME PROGRAM...
name=$1
shift
output=$("$@" 2>&1)
status=$?
printf '%s\n' "$output"
all=$(sed -n 's/^\[==========\].* Running \([0-9]*\) test(s).*/\1/p' <<<"$output" | tail -n 1)
good=$(grep -c '^\[       OK \]' <<<"$output")
failed=$((${all:-1} - good))
[ $failed = 0 ] && [ $status != 0 ] && failed=1
echo "$name: $good passed, $failed failed"
[ $failed = 0 ]
