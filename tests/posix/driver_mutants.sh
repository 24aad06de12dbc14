#!/bin/bash
# SPDX-License-Identifier: MIT
# The proof that the driver's tests can fail: each line breaks one place (file, test, name, what sed
# does to it), and the test must notice. A test that hangs has noticed.
set -uo pipefail
cd "$(dirname "$0")/../.."
out=build/driver-mutants
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0
. <(sed -n 's/^\([A-Z]*_SOURCES\) := \(.*\)/\1="\2"/p' sources.mk)
read -ra library <<<"$ENGINE_SOURCES $EXTENSIONS_SOURCES $NAMES_SOURCES $SASL_SOURCES $DRIVER_SOURCES $SEND_SOURCES"

compile() { # source, where it was, object
    "${CC:-gcc}" -std=c11 -g -O1 -pthread -Iinclude -Isrc -I"$(dirname "$2")" -c -o "$3" "$1"
}

object() { echo "$out/${1//\//-}.o"; }

link() { # test, file to leave out, the object in its place
    local objects=()
    for file in "${library[@]}"; do
        [ "$file" = "$2" ] || objects+=("$(object "$file")")
    done
    "${CC:-gcc}" -pthread -o "$out/test" "$(object "tests/posix/$1.c")" \
        "$(object tests/posix/model_server.c)" "${objects[@]}" "${@:3}"
}

say() { # good, text
    if [ "$1" = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "mutants: $2"; fi
}

mutate() { # file test name sed
    sed -e "$4" "$1" >"$out/mutant.c"
    if cmp -s "$1" "$out/mutant.c"; then
        say 0 "$3: the place to break is gone, look for it"
    elif ! { compile "$out/mutant.c" "$1" "$out/mutant.o" && link "$2" "$1" "$out/mutant.o"; } \
        2>"$out/log"; then
        say 0 "$3: does not compile"
    elif CHECK_STOP=1 timeout 20 "$out/test" >"$out/log" 2>&1; then
        say 0 "$3: nobody noticed"
    else
        say 1
    fi
}

for file in "${library[@]}" tests/posix/{model_server,queue_test,source_test,many_test}.c; do
    compile "$file" "$file" "$(object "$file")" || exit
done
for test in queue_test source_test many_test; do
    link "$test" none && "$out/test" >"$out/log" 2>&1 && say 1 || say 0 "$test: fails without a fault"
done

queue() { mutate src/driver/queue.c queue_test "$@"; }
deliver() { mutate src/driver/deliver.c source_test "$@"; }
driver() { mutate src/driver/driver.c "$@"; }
send() { mutate src/driver/send.c source_test "$@"; }
engine() { mutate "src/engine/$1.c" "${@:2}"; }

queue 'nothing is taken ahead' 's/if (state == SMTPLITE_SOURCE_END)/if (false)/'
queue 'a session that is over takes mails' 's/is_over(run) || //'
queue 'MAILMAX is not looked at' 's/ || smtplite_mails_left(run->d->session) == 0//'
queue 'a mail that is not begun is driven' 's/if (run->present.error == SMTPLITE_E_OK)/if (true)/'
queue 'a mail is not told' '/run->queue->done(/d'
queue 'all are burnt behind QUIT' 's/if (run.present.error != SMTPLITE_E_STATE).*/if (true)/'
queue 'an ended session is no error' 's/^    return error != SMTPLITE_E_OK.*/    return SMTPLITE_E_OK;/'
queue 'the session is not awaited' '/smtplite_drive(d, NULL, SMTPLITE_EV_READY)/d'
queue 'no rewind' 's/return source->rewind != NULL.*/return false;/'
queue 'what begin has set stays' '/smtplite_asked_put(/d'
queue 'the text is of another mail' 's/text = smtplite_text(.*/text = "";/'
deliver 'begin is not called' 's/if (source->begin != NULL)$/if (false)/'
deliver 'begin before the offer is known' 's/    if (source != NULL && source->begin != NULL &&/    if (false \&\&/'
engine session source_test 'an old success stays' 's/else if ((s->event & EVENT(DONE)) == 0)/else if (false)/'
deliver 'old fates stay' '/smtplite_mail_forget(mail);/d'
deliver 'what begin has set stays' '/smtplite_asked_put(mail, asked);/d'
deliver 'no QUIT' 's/if (last)/if (false)/'
driver source_test 'nothing is rewound' 's/return source != NULL .*/return false;/'
driver source_test 'what cannot be rewound is said to be' 's/return source != NULL .*/return true;/'
driver queue_test 'nothing is heard first (D9)' 's/if (!smtplite_out_hears(d->session))/if (true)/'
driver queue_test 'a source that has nothing ends' 's/state == SMTPLITE_SOURCE_NOT_YET ?/false ?/'
driver queue_test 'a source that fails ends' 's/if (state == SMTPLITE_SOURCE_END)/if (state == SMTPLITE_SOURCE_END || state == SMTPLITE_SOURCE_FAILED)/'
send 'bad input is not looked for' 's/source->begin(source->context, all, mail)/SMTPLITE_E_OK/'
send 'what was looked for is kept' '/smtplite_asked_put(mail, asked);/d'
send 'no goodbye' '/smtplite_finish(driver);/d'
mutate src/driver/memory.c source_test 'a second try is empty' '/memory->given = false;/d'
engine output queue_test 'a group is not heard before (D9)' 's/return s->at_end || .*/return !smtplite_out_more(s);/'
engine several queue_test 'nothing rides' 's/    if (!s->grouped || s->chunked/    if (true || s->chunked/'
engine several many_test 'nothing rides, counted' 's/    if (!s->grouped || s->chunked/    if (true || s->chunked/'
engine several source_test 'too many is a refusal' 's/if ((s->code != 452 .*/if (true)/'
engine transaction queue_test 'the one behind is blamed' 's/if (is_of_content(&s->result))/if (false)/'
engine transaction queue_test 'chunks that left are forgotten' 's/if (s->marked \&\& unanswered \&\& !s->refused)/if (false)/'

echo "driver_mutants: $passed passed, $failed failed"
[ $failed = 0 ]
