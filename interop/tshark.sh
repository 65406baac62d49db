#!/usr/bin/env bash
# What our machines send, read by Wireshark's dissectors.
. "$(dirname "$0")/checks.bash"
need tshark tshark
build

"$programs/messages_pcap" "$work/messages.pcap" >"$work/expected" || exit 1
read_with() { tshark -n -r "$work/messages.pcap" "$@" 2>"$work/tshark"; }

# The fields that messages_pcap prints, in its order. Wireshark judges the FINGERPRINT (1 is "good");
# MESSAGE-INTEGRITY it can only show.
fields=()
for field in stun.type stun.id stun.att.username stun.att.realm stun.att.nonce stun.att.lifetime \
    stun.att.channelnum stun.att.error.class stun.att.error stun.att.ipv4 stun.att.port \
    stun.att.crc32.status stun.channel; do
    fields+=(-e "$field")
done
read_with -T fields "${fields[@]}" >"$work/seen"
same() { diff "$work/expected" "$work/seen"; }
none() { # FILTER: no packet matches
    read_with -Y "$1" >"$work/matching" && ! grep . "$work/matching"
}
some() { read_with -Y "$1" | grep .; }
no_expert_warning() { read_with -q -z expert,warn >"$work/expert" && ! grep . "$work/expert"; }

check "every packet is read as we meant it" same
check "no packet is malformed" none _ws.malformed
check "no packet is anything but STUN" none 'not stun'
check "no expert has a warning" no_expert_warning
check "no FINGERPRINT is bad" none 'stun.att.crc32.status == "Bad"'
for form in 'Binding request:stun.type == 0x0001' 'Binding success:stun.type == 0x0101' \
    'role conflict:stun.att.error.class == 4 && stun.att.error == 87' \
    'good FINGERPRINT:stun.att.crc32.status == "Good"' \
    'MESSAGE-INTEGRITY:stun.att.hmac' 'Allocate:stun.type == 0x0003' \
    'Allocate success:stun.type == 0x0103' 'Allocate refused:stun.type == 0x0113' \
    'Refresh:stun.type == 0x0004' 'CreatePermission:stun.type == 0x0008' \
    'ChannelBind:stun.type == 0x0009' 'stale nonce:stun.att.error == 38' \
    'Send:stun.type == 0x0016' 'Data:stun.type == 0x0017' 'ChannelData:stun.channel'; do
    check "among them: ${form%%:*}" some "${form#*:}"
done
finish
