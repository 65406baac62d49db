#!/usr/bin/env bash
# Our TURN server with coturn's clients, and our TURN client and ICE agent with coturn's server.
. "$(dirname "$0")/checks.bash"
need turnserver coturn
need turnutils_uclient coturn
need turnutils_peer coturn
need turnutils_stunclient coturn
need python3 python3
build

# --- coturn's clients, our server

start "$work/ours" "$programs/turn_server" 127.0.0.1:0 example.org alice wonderland
await "$work/ours" '^listening' || exit 1
port=$(sed -n 's/^listening 127.0.0.1://p' "$work/ours")
peer=$(free_port)
start "$work/peer" turnutils_peer -L 127.0.0.1 -p "$peer"
# uclient asks the peer's port, and the one after it for RTCP, which -c leaves out.
uclient() { # MESSAGES PASSWORD FLAGS...: succeeds when as many messages came back
    local messages=$1 password=$2
    shift 2
    timeout 60 turnutils_uclient "$@" -u alice -w "$password" -e 127.0.0.1 -r "$peer" -p "$port" \
        127.0.0.1 >"$work/uclient" 2>&1
    cat "$work/uclient"
    grep -q "tot_send_msgs=$messages, tot_recv_msgs=$messages\$" "$work/uclient"
}
# uclient draws channel numbers from 0x4000 to 0x7fff, as RFC 5766 had it. RFC 8656 ends at
# 0x4fff, and a server refuses the rest: so try until both numbers of a run are in range.
on_channels() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        if uclient 5 wonderland -v -c -n 5; then
            grep -q 'success: 0x4' "$work/uclient"
            return
        fi
        grep -q 'channel bind: error 400' "$work/uclient" || return 1
    done
    return 1
}
refused_with_401() {
    ! uclient 5 not-wonderland -v -c -s -n 5 && grep -q 'Cannot complete Allocation' "$work/uclient"
}
released() { grep -q 'AllocationEnded .* reason: Released' "$work/ours"; }

check "stunclient learns its address from our server" \
    grep -q 'UDP reflexive addr: 127.0.0.1:' <(timeout 10 turnutils_stunclient -p "$port" 127.0.0.1)
check "uclient, Send indications" uclient 5 wonderland -c -s -n 5
check "uclient, five clients with long messages" uclient 50 wonderland -c -s -m 5 -n 10 -l 1200
check "uclient, relay to relay" uclient 10 wonderland -c -s -y -n 5
check "uclient, IPv4 asked for by name" uclient 5 wonderland -c -s -X -n 5
check "uclient, channels" on_channels
check "uclient gives allocations back" released
check "uclient with a wrong password is refused" refused_with_401

# --- coturn's server, our client and agent

coturn() { # LOG ADDRESS PORT: alice may use it; nonces are good for 5 s
    start "$1" turnserver -n --no-cli --no-tls --no-dtls --no-tcp --lt-cred-mech \
        -u alice:wonderland -r example.org -L "$2" -p "$3" -E "$2" --allow-loopback-peers \
        --stale-nonce=5 --log-file stdout --simple-log --pidfile "$1.pid" --db "$1.db"
    await "$1" 'DB connection success'
}
port=$(free_port)
coturn "$work/coturn" 127.0.0.1 "$port" || exit 1
checks "$programs/turn_client" "127.0.0.1:$port" alice wonderland 5
# An address that counts as the internet for those behind our NATs.
port=$(free_port)
coturn "$work/coturn-outside" 127.129.0.1 "$port" || exit 1
checks "$programs/ice_through_turn" "127.129.0.1:$port" alice wonderland
finish
