# shellcheck shell=bash disable=SC2034
# What every script of tests/run.d begins with: . "$(dirname "$0")/../lib/script.sh"
#
# A script starts real programs and ends them; it passes if it exits with 0. It says `skip why` if
# it cannot run here. In its first lines it may say `# timeout: SECONDS` (240) and
# `# build: debug|asan|release` (asan). Here it gets:
#   $root   the source tree                  $build  the build folder, with the programs in it
#   $work   a private folder, removed at its end, and what was started with `start` killed
# Alone it runs with build/debug, or with DBHAUL_BUILD=... of your own.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${DBHAUL_BUILD:-$root/build/debug}
work=$(mktemp -d /tmp/dbhaul-test.XXXXXX)
started=()
at_end=()

# finish COMMAND...: to be run at the end, the last one first.
finish() {
    at_end=("$*" "${at_end[@]}")
}

end_script() {
    local status=$? pid command
    set +e
    for pid in "${started[@]}"; do
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    for command in "${at_end[@]}"; do
        eval "$command"
    done
    [ "$status" = 0 ] || [ "$status" = 77 ] || [ -z "${DBHAUL_KEEP:-}" ] || { echo "kept $work"; exit "$status"; }
    rm -rf "$work"
    exit "$status"
}
trap end_script EXIT
trap 'exit 130' INT TERM

skip() {
    echo "not run: $*"
    exit 77
}

fail() {
    echo "FAILED at line ${BASH_LINENO[0]}: $*"
    exit 1
}

# must_fail COMMAND...: ends the script if it does not. (A `!` does so only as a function's last word.)
must_fail() {
    if "$@"; then fail "it did not fail: $*"; fi
}

# start LOG COMMAND...: runs it in the background; its pid is then in $pid.
start() {
    local log=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
}

# stop PID [SIGNAL]: ends what `start` started; returns its exit status.
stop() {
    local status=0
    kill "-${2:-TERM}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || status=$?
    return "$status"
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails the script after that time.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || fail "waited too long for: $*"
        sleep .1
    done
}

# A TCP port of loopback that nobody listens on now.
free_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail "no free port"
}
