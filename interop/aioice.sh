#!/usr/bin/env bash
# Our ICE agent and our TURN server with aioice, an ICE agent in Python.
. "$(dirname "$0")/checks.bash"
need python3 python3
venv="${XDG_CACHE_HOME:-$HOME/.cache}/thalweg/venv"
if ! "$venv/bin/python" -c 'import aioice' 2>/dev/null; then
    mkdir -p "$(dirname "$venv")"
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'aioice>=0.10'; }; then
        printf 'aioice is not installed: apt-get install python3-venv; pip install aioice\n' >&2
        exit 1
    fi
fi
build

start "$work/ours" "$programs/turn_server" 127.0.0.1:0 example.org alice wonderland
await "$work/ours" '^listening' || exit 1
server=$(sed -n 's/^listening //p' "$work/ours")
checks "$venv/bin/python" interop/aioice_peer.py "$programs/ice_peer" "$server" alice wonderland
check "aioice had allocations of ours" grep -q '^AllocationCreated' "$work/ours"
check "and gave them back" grep -q 'AllocationEnded .* reason: Released' "$work/ours"
finish
