#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages that a job needs, and of them only those that are missing.
#   scripts/deps.sh [--list] build|run|test|screenshot ...
set -euo pipefail

build=(gcc libc6-dev make libssl-dev)
run=("${build[@]}" python3 python3-aiosmtpd)
test=("${run[@]}" g++ cmake pkg-config
    clang clang-format-14 clang-tidy-14 cppcheck llvm-14 libclang-rt-14-dev
    gcc-multilib qemu-user valgrind libcmocka-dev
    frama-c-base gcc-arm-none-eabi libnewlib-arm-none-eabi
    libgsasl-dev libsasl2-dev libsasl2-modules libssl-dev libmbedtls-dev openssl
    curl python3-cryptography xxd mblaze
    postfix sasl2-bin libsasl2-modules libsasl2-modules-db strace iproute2 procps git)
# npm's smtp-server wants these: Debian's, unless the machine has others.
screenshot=("${run[@]}" openssl chromium fonts-dejavu-core)
command -v node >/dev/null && command -v npm >/dev/null || test+=(nodejs npm) screenshot+=(nodejs npm)

say() { printf 'deps: %s\n' "$*"; }

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Postfix is used as a program that tests start on ports of their own: no configuration is asked
# for, and no server of the system's is started while packages are set up.
forbid_services() {
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] && return 0
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    trap '$sudo rm -f "$policy"' EXIT
}

# --no-remove: on a machine that has another mail server, that one stays and we fail instead.
install_packages() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
        say "please install as root: $*"
        return 1
    fi
    forbid_services
    say "installing: $*"
    echo 'postfix postfix/main_mailer_type select No configuration' >"$answers"
    $sudo apt-get update -q
    case " $* " in *' postfix '*) $sudo debconf-set-selections "$answers" ;; esac
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        --no-remove "$@" </dev/null
}

command -v dpkg-query >/dev/null || { say 'no Debian here: please install the tools by hand'; exit 0; }

list=0
[ "${1:-}" = --list ] && { list=1; shift; }
wanted=()
for group in "${@:-test}"; do
    case "$group" in
    build) wanted+=("${build[@]}") ;;
    run) wanted+=("${run[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    screenshot) wanted+=("${screenshot[@]}") ;;
    *) say "no such group: $group"; exit 2 ;;
    esac
done
[ $list = 1 ] && { printf '%s\n' "${wanted[@]}" | sort -u; exit 0; }

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} = 0 ] && exit 0
answers=$(mktemp)
install_packages "${missing[@]}"
rm -f "$answers"
