#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs tests and adds up what they report.
#   scripts/test.sh [-j JOBS] [-l LOGS] < list
# Each line of the list is `name timeout command...`, run by a shell from where we are. A `!` behind
# the timeout: it measures time, so it runs when the others have ended, and alone. A test's last line on stdout must be `something: N passed, N failed`. One that prints none, counts
# nothing, ends with an error but reports no failure, crashes, or runs into its time limit is
# counted as one failure. The closing line is `N passed, N failed`, the exit status says the same.
set -uo pipefail

jobs=1
logs=build/logs
while getopts j:l: option; do
    case $option in
    j) jobs=$OPTARG ;;
    l) logs=$OPTARG ;;
    *) exit 2 ;;
    esac
done
mkdir -p "$logs"
pattern='^[A-Za-z0-9_./+ -]+: ([0-9]+) passed, ([0-9]+) failed$'

# Says in $why what is wrong with a finished test, nothing if all is well.
judge() { # status log
    local line part
    passed=0 failed=0 why=
    line=$(grep -v '^[[:space:]]*$' "$2" | tail -n 1)
    if [[ $line =~ $pattern ]]; then
        passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
        [ "$failed" = 0 ] || why="$failed failed"
    else
        why='its last line is no count'
    fi
    [ $((passed + failed)) != 0 ] || why=${why:-'it tested nothing'}
    part=$(grep -aE "$pattern" "$2" | grep -avE ' 0 failed$' | head -n 1)
    [ -z "$part" ] || why=${why:-"a part failed: $part"}
    case $1 in
    0) ;;
    124 | 137) why="time limit, or killed (status $1)" ;;
    *) why=${why:-"exit status $1"} ;;
    esac
    if [ -n "$why" ] && [ "$failed" = 0 ]; then
        failed=1
    fi
}

run_one() { # name timeout command
    local log=$logs/${1//\//-} start=$EPOCHREALTIME status seconds
    timeout -k 5 "$2" bash -c "$3" >"$log.out" 2>"$log.err" </dev/null
    status=$?
    seconds=$(((${EPOCHREALTIME/./} - ${start/./}) / 100000))
    judge $status "$log.out"
    echo "$passed $failed" >"$log.count"
    if [ -z "$why" ]; then
        printf 'ok    %-44s %6d passed  %3d.%d s\n' "$1" "$passed" $((seconds / 10)) $((seconds % 10))
        return
    fi
    printf 'FAIL  %s: %s\n' "$1" "$why"
    tail -n 30 "$log.out" | sed 's/^/      | /'
    tail -n 30 "$log.err" | sed 's/^/      ! /'
}

names=() alone=()
start() { # jobs-beside name timeout command
    names+=("$2")
    rm -f "$logs/${2//\//-}".count
    while [ "$(jobs -rp | wc -l)" -gt "$1" ]; do
        wait -n
    done
    run_one "${@:2}" &
}
while read -r name limit command; do
    case $name,$limit in
    ,* | '#'*) ;;
    *!) alone+=("$name ${limit%!} $command") ;;
    *) start $((jobs - 1)) "$name" "$limit" "$command" ;;
    esac
done
wait
for line in ${alone[@]+"${alone[@]}"}; do
    read -r name limit command <<<"$line"
    start 0 "$name" "$limit" "$command"
done
wait

passed=0 failed=0
for name in ${names[@]+"${names[@]}"}; do
    read -r p f 2>/dev/null <"$logs/${name//\//-}".count || { p=0 f=1; }
    passed=$((passed + p)) failed=$((failed + f))
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
