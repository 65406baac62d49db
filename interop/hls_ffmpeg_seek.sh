#!/usr/bin/env bash
# FFmpeg's seek on streams from our origin: what `-ss t` fetches, and what our index says.
#
# FFmpeg probes the first two segments. When pictures are not in the order of their decoding, it then goes
# to the one that holds t - 3/23 s, as some media may have to be decoded before t; else to that of t. It
# counts t from the first picture that is shown, and segments from the first one that is decoded, which is
# earlier by the delay of decoding: so t + delay is the moment that our index is asked for. (FFmpeg 5.1 cannot seek in fMP4 over HLS: its output is empty, and
# everything to the end is read. So fMP4 is left out.)
. "$(dirname "$0")/checks.bash"
need ffmpeg ffmpeg
need python3 python3
build
cargo build --locked -q -p hls || exit 1

# Pictures of 1001/30000 s and 47 of them a group: no segment starts at a round number.
# Without sound, which would begin at yet another time.
make() { # NAME OPTIONS...
    mkdir -p "$work/streams/$1"
    timeout 60 ffmpeg -hide_banner -nostdin -v error \
        -f lavfi -i testsrc2=size=160x90:rate=30000/1001:duration=24 \
        -c:v libx264 -preset ultrafast -g 47 -keyint_min 47 -sc_threshold 0 \
        -f hls -hls_time 3 -hls_playlist_type vod "${@:2}" "$work/streams/$1/index.m3u8" || exit 1
}
make ts -bf 2
make byte-ranges -bf 2 -hls_flags single_file
make ts-in-order -bf 0

start "$work/log" "$programs/hls" serve "$work/streams" --listen 127.0.0.1:0
await "$work/log" '^serving ' || exit 1
origin=$(sed -n 's/^serving .* on \(http[^ ]*\)\/$/\1/p' "$work/log")
for name in ts byte-ranges ts-in-order; do
    checks python3 interop/hls_ffmpeg_seek.py "$programs/hls_seek" "$name" \
        "$work/streams/$name/index.m3u8" "$origin/$name/index.m3u8" "$work/log"
done
finish
