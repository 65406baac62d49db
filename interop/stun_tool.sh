#!/usr/bin/env bash
# The `stun` program with coturn's clients and server, and its messages in Wireshark's dissectors.
. "$(dirname "$0")/checks.bash"
need turnserver coturn
need turnutils_natdiscovery coturn
need turnutils_stunclient coturn
need tshark tshark
need text2pcap tshark
need python3 python3
cargo build --locked -q -p stun-tool || exit 1
stun="$CARGO_TARGET_DIR/debug/stun"

field() { # NAME: of the JSON object in $work/json
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/json" "$1"
}
is() { # NAME VALUE
    local value
    value=$(field "$1") && printf '%s: %s\n' "$1" "$value" && [ "$value" = "$2" ]
}
matches() { # NAME PATTERN
    field "$1" | grep -E "$2"
}

# --- coturn's clients, our server

start "$work/plain" "$stun" serve --listen udp://127.0.0.1:0
await "$work/plain" '^udp://' || exit 1
plain=$(sed -n 's/^udp:\/\/127.0.0.1://p' "$work/plain")
start "$work/two" "$stun" serve --listen udp://127.0.0.1:0 --listen udp://127.0.0.2:0
await "$work/two" '^udp://127.0.0.2' || exit 1
# All four are printed at once, the first one first.
two=$(sed -n '1s/^udp:\/\/127.0.0.1://p' "$work/two")

natdiscovery() { # FLAGS...: what it says
    timeout 30 turnutils_natdiscovery "$@" -p "$two" 127.0.0.1
}
says() { # PATTERN COMMAND...
    local pattern=$1
    shift
    "$@" >"$work/said" 2>&1
    cat "$work/said"
    grep -qE "$pattern" "$work/said"
}

check "stunclient learns its address from a plain server" \
    says 'UDP reflexive addr: 127.0.0.1:' timeout 10 turnutils_stunclient -p "$plain" 127.0.0.1
check "stunclient learns its address from one with two addresses" \
    says 'UDP reflexive addr: 127.0.0.1:' timeout 10 turnutils_stunclient -p "$two" 127.0.0.1
check "natdiscovery sees the mapping" says 'NAT with Endpoint Independent Mapping|No NAT' natdiscovery -m
check "natdiscovery sees the filtering" says 'NAT with Endpoint Independent Filtering' natdiscovery -f

# --- coturn's server, our client

port=$(free_port)
start "$work/coturn" turnserver -n --no-cli --no-tls --no-dtls --no-auth -L 127.0.0.1 -L 127.0.0.2 \
    -p "$port" --alt-listening-port=$((port + 1)) --allow-loopback-peers --log-file stdout --simple-log \
    --pidfile "$work/coturn.pid" --db "$work/coturn.db"
await "$work/coturn" 'DB connection success' || exit 1
query() { "$stun" query --json "$@" >"$work/json"; }
check "query asks coturn over UDP" query "127.0.0.1:$port"
check "it is told its address" matches mapped '^127\.0\.0\.1:[0-9]+$'
check "it knows whom it asked" is server "127.0.0.1:$port"
check "it is told coturn's name" matches software '^Coturn-'
check "query asks coturn over TCP" query --tcp "127.0.0.1:$port"
check "it is told its address over TCP" matches mapped '^127\.0\.0\.1:[0-9]+$'
check "nat asks coturn" "$stun" nat "127.0.0.1:$port"
"$stun" nat --json "127.0.0.1:$port" >"$work/json" 2>"$work/errors"
check "the mapping is known" is mapping endpoint-independent
check "the filtering is known" is filtering endpoint-independent
check "there is no NAT" is behind_nat False
check "bench measures coturn" "$stun" bench --duration 1 "127.0.0.1:$port"

# --- our messages and our dissector, beside Wireshark's

# What a client and a server have sent to each other, as they sent it.
python3 - "$stun" >"$work/messages.hex" <<'PYTHON' || exit 1
import socket, subprocess, sys
stun = sys.argv[1]
server = subprocess.Popen([stun, "serve", "--listen", "udp://127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
address = ("127.0.0.1", int(server.stdout.readline().rsplit(":", 1)[1]))
between = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
between.bind(("127.0.0.1", 0))
between.settimeout(10)
client = subprocess.Popen([stun, "query", "127.0.0.1:%d" % between.getsockname()[1]], stdout=subprocess.DEVNULL)
request, source = between.recvfrom(2048)
between.sendto(request, address)
answer, _ = between.recvfrom(2048)
between.sendto(answer, source)
assert client.wait() == 0
# An attribute that must be understood, and is not.
between.sendto(bytes.fromhex("000100082112a442") + b"ABCDEFGHIJKL" + bytes.fromhex("7001000400000000"), address)
refusal, _ = between.recvfrom(2048)
server.terminate()
assert server.wait() == 0
for message in (request, answer, refusal):
    print(message.hex())
PYTHON
sed 's/../& /g; s/^/0000 /' "$work/messages.hex" >"$work/dump"
text2pcap -q -u 40000,3478 "$work/dump" "$work/messages.pcap" 2>"$work/text2pcap" || exit 1
read_with() { tshark -n -r "$work/messages.pcap" "$@" 2>"$work/tshark"; }
none() { read_with -Y "$1" >"$work/matching" && ! grep . "$work/matching"; }
no_expert_warning() { read_with -q -z expert,warn >"$work/expert" && ! grep . "$work/expert"; }
same_ids() {
    "$stun" decode --json "$work/messages.hex" | python3 -c \
        'import json, sys; [print(json.loads(line)["transaction_id"]) for line in sys.stdin]' >"$work/ours"
    read_with -T fields -e stun.id | diff "$work/ours" -
}
a_dump() { # the packets as tshark prints them, through our decoder
    read_with -x | "$stun" decode --json >"$work/decoded" && [ "$(wc -l <"$work/decoded")" -eq 3 ] &&
        "$stun" decode --json "$work/messages.hex" | diff - "$work/decoded"
}
check "tshark reads all our messages as STUN" none 'not stun'
check "none is malformed" none _ws.malformed
check "no expert has a warning" no_expert_warning
check "the FINGERPRINT is good" grep -q . <(read_with -Y 'stun.att.crc32.status == "Good"')
check "our decoder and tshark agree on the transactions" same_ids
check "our decoder reads tshark's dumps" a_dump
finish
