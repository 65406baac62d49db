# What the scripts share: programs that must be there, what is started and stopped, and the tally.
# shellcheck shell=bash

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"

passed=0 failed=0 started=()
work=$(mktemp -d)

leave() {
    local pid
    for pid in "${started[@]+"${started[@]}"}"; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap leave EXIT

# need PROGRAM PACKAGE: a test that cannot run must not look as if it had passed.
need() {
    command -v "$1" >/dev/null && return
    printf '%s is not installed: apt-get install %s\n' "$1" "$2" >&2
    exit 1
}

# build: our programs, with the path to them in $programs.
build() {
    cargo build --locked -q -p interop || exit 1
    programs="$CARGO_TARGET_DIR/debug"
}

# start LOG COMMAND...: in the background, until this script ends.
start() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null &
    started+=($!)
}

# await LOG PATTERN: until a line of the log matches, 10 s at the most.
await() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        grep -qE "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    printf 'no line with "%s" within 10 s:\n' "$2" >&2
    cat "$1" >&2
    return 1
}

# free_port: a UDP port that nobody has.
free_port() {
    python3 -c 'import socket as s; u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); print(u.getsockname()[1])'
}

# check NAME COMMAND...: the command's success is the check; its output is shown when it fails.
check() {
    local name=$1
    shift
    if "$@" >"$work/check" 2>&1; then
        passed=$((passed + 1))
        printf 'ok     %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$name"
        tail -n 40 "$work/check"
    fi
}

# checks COMMAND...: a program that prints such lines itself. One that ends badly without a FAILED
# line, or prints no line at all, is a failure too.
checks() {
    local code=0 good bad
    timeout 90 "$@" >"$work/checks" 2>"$work/errors" || code=$?
    cat "$work/checks"
    good=$(grep -c '^ok ' "$work/checks")
    bad=$(grep -c '^FAILED ' "$work/checks")
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$good" -eq 0 ]; }; then
        printf 'FAILED %s ended with %s after %s checks\n' "$(basename "$1")" "$code" "$good"
        bad=1
    fi
    [ "$bad" -eq 0 ] || tail -n 40 "$work/errors"
    passed=$((passed + good)) failed=$((failed + bad))
}

finish() {
    printf '%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
