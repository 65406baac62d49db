#!/usr/bin/env bash
# Counts the instructions of operations on STUN messages and on playlists (of 20 segments; reloads and
# seeks: of 10,000) with valgrind's callgrind, and holds them against instructions.txt: more than 5 %
# off, in either direction, fails. `--update` writes the file anew. The counts are the same on every run
# with the same compiler; wall time on shared cores is not.
set -euo pipefail
cd "$(dirname "$0")"

operations=(decode decode-and-verify decode-response encode encode-and-sign is-stun
    parse-simple parse-rich write-rich reload seek seek-uniform seek-date seek-1000)
runs=1000 # as in src/bin/instructions.rs
tolerance=5

command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 2; }
cargo build --locked --quiet --profile bench --package benches --bin instructions
target=$(cargo metadata --locked --no-deps --format-version=1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

count() { # OPERATION -> instructions a run, without those inside the hash functions
    valgrind --tool=callgrind --callgrind-out-file="$work/$1" --collect-atstart=no \
        --toggle-collect='*counted*' --toggle-collect='*block_api::compress*' \
        "$target/release/instructions" "$1" 2>"$work/$1.log" || { cat "$work/$1.log" >&2; return 1; }
    local total
    total=$(awk '/^(totals|summary):/ { print $2; exit }' "$work/$1")
    echo $((total / runs))
}

for operation in "${operations[@]}"; do
    printf '%-18s %6d\n' "$operation" "$(count "$operation")"
done >"$work/counts"

if [ "${1:-}" = --update ]; then
    cp "$work/counts" instructions.txt
    cat instructions.txt
    exit
fi

# A count below is a gain, to be kept: update the file.
awk -v tolerance=$tolerance '
    NR == FNR { committed[$1] = $2; next }
    {
        change = $1 in committed ? 100 * ($2 - committed[$1]) / committed[$1] : 100
        off = change > tolerance || -change > tolerance
        failed += off
        printf "%-18s %6d  was %6d  %+6.1f %%%s\n", $1, $2, committed[$1], change, off ? "  <-- more than " tolerance " % off" : ""
    }
    END {
        if (failed) print "when this is meant: benches/instructions.sh --update"
        exit failed > 0
    }' instructions.txt "$work/counts"
