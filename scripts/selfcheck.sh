#!/bin/bash
# SPDX-License-Identifier: MIT
# Shows that the test machinery can fail: each kind of bad test makes the total fail.
set -uo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # what condition-status
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "selfcheck: $1"
        sed 's/^/  | /' "$work/out"
    fi
}

# expect WHAT STATUS CLOSING-LINE < list
expect() {
    local status closing
    scripts/test.sh -j 2 -l "$work/logs" >"$work/out" 2>&1
    status=$?
    closing=$(tail -n 1 "$work/out")
    [ $status = "$2" ] && [ "$closing" = "$3" ]
    check "$1: status $status, closing line: $closing" $?
}

good='good 5 echo "good: 3 passed, 0 failed"'
expect 'a good test passes' 0 '3 passed, 0 failed' <<<"$good"
expect 'a failing test' 1 '4 passed, 2 failed' <<END
$good
bad 5 echo "bad: 1 passed, 2 failed"; exit 1
END
expect 'failures with status 0' 1 '4 passed, 1 failed' <<END
$good
bad 5 echo "bad: 1 passed, 1 failed"
END
expect 'status 1 without failures' 1 '4 passed, 1 failed' <<END
$good
bad 5 echo "bad: 1 passed, 0 failed"; exit 1
END
expect 'a part that failed' 1 '4 passed, 1 failed' <<END
$good
bad 5 echo "a: 0 passed, 1 failed"; echo "all: 1 passed, 0 failed"
END
expect 'a crash after the count' 1 '4 passed, 1 failed' <<END
$good
bad 5 echo "bad: 1 passed, 0 failed"; kill -SEGV \$\$
END
expect 'a crash before it' 1 '3 passed, 1 failed' <<END
$good
bad 5 kill -ABRT \$\$
END
expect 'a silent test' 1 '3 passed, 1 failed' <<END
$good
bad 5 true
END
expect 'a test that goes on after its count' 1 '3 passed, 1 failed' <<END
$good
bad 5 echo "bad: 1 passed, 0 failed"; echo oops
END
expect 'a test of nothing' 1 '3 passed, 1 failed' <<END
$good
bad 5 echo "bad: 0 passed, 0 failed"
END
expect 'a missing program' 1 '3 passed, 1 failed' <<END
$good
bad 5 ./no-such-program
END
expect 'a hanging test' 1 '3 passed, 1 failed' <<END
$good
bad 1 sleep 60
END
expect 'a hanging test that reported' 1 '4 passed, 1 failed' <<END
$good
bad 1 echo "bad: 1 passed, 0 failed"; trap '' TERM; sleep 20 & wait
END
expect 'a test that runs alone fails too' 1 '3 passed, 2 failed' <<END
bad 5! echo "bad: 0 passed, 2 failed"
$good
END
expect 'a test that runs alone, does' 0 '4 passed, 0 failed' <<END
alone 5! [ ! -e $work/busy ] && echo "alone: 1 passed, 0 failed"
beside 5 touch $work/busy; sleep 0.5; rm $work/busy; echo "beside: 3 passed, 0 failed"
END
expect 'no test at all' 1 '0 passed, 0 failed' </dev/null

scripts/check.sh x true >"$work/out" && [ "$(cat "$work/out")" = 'x: 1 passed, 0 failed' ]
check 'check.sh of true' $?
! scripts/check.sh x false >"$work/out" && [ "$(cat "$work/out")" = 'x: 0 passed, 1 failed' ]
check 'check.sh of false' $?

echo "selfcheck: $passed passed, $failed failed"
[ $failed = 0 ]
