#!/usr/bin/env bash
# hls.js in a real browser, on streams from our origin: what it fetches first when it starts at t is what
# our index finds, and a live stream is played with low latency from a folder that grows.
. "$(dirname "$0")/checks.bash"
need ffmpeg ffmpeg
need node nodejs
need npm npm
need chromium chromium
build
cargo build --locked -q -p hls || exit 1

# Installed once, of these versions and no others.
modules="${XDG_CACHE_HOME:-$HOME/.cache}/thalweg/hls_js"
wanted="hls.js@1.7.4 playwright-core@1.65.1"
if [ "$(cat "$modules/installed" 2>/dev/null)" != "$wanted" ]; then
    mkdir -p "$modules"
    # shellcheck disable=SC2086 # two words
    npm install --prefix "$modules" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
        $wanted || exit 1
    printf '%s\n' "$wanted" >"$modules/installed"
fi

make() { # NAME OPTIONS...: pictures of 1001/30000 s, 47 a group
    mkdir -p "$work/films/$1"
    timeout 60 ffmpeg -hide_banner -nostdin -v error \
        -f lavfi -i testsrc2=size=320x180:rate=30000/1001:duration=20 \
        -f lavfi -i sine=frequency=440:duration=20 \
        -c:v libx264 -preset ultrafast -bf 0 -g 47 -keyint_min 47 -sc_threshold 0 \
        -pix_fmt yuv420p -c:a aac -b:a 64k \
        -f hls -hls_time 3 -hls_playlist_type vod "${@:2}" "$work/films/$1/index.m3u8" || exit 1
}
make ts
make fmp4 -hls_segment_type fmp4
make byte-ranges -hls_segment_type fmp4 -hls_flags single_file

serve() { # LOG FOLDER OPTIONS...: the origin's address in $origin
    local log=$1
    start "$log" "$programs/hls" serve "$2" --listen 127.0.0.1:0 \
        --hls-js "$modules/node_modules/hls.js/dist/hls.min.js" "${@:3}"
    await "$log" '^serving ' || exit 1
    origin=$(sed -n 's/^serving .* on \(http[^ ]*\)\/$/\1/p' "$log")
}
browse() { NODE_PATH="$modules/node_modules" checks node interop/hls_js.cjs "$@"; }

serve "$work/films.log" "$work/films"
for name in ts fmp4 byte-ranges; do
    browse starts "$origin" "$name" "$work/films/$name/index.m3u8" "$programs/hls_seek"
done

# Fragments of half a second, written as they are encoded.
mkdir "$work/news"
start "$work/ffmpeg.log" timeout 60 ffmpeg -hide_banner -nostdin -v error -re \
    -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440 \
    -c:v libx264 -preset ultrafast -bf 0 -g 25 -keyint_min 25 -sc_threshold 0 \
    -pix_fmt yuv420p -c:a aac -b:a 64k -f dash -streaming 1 -hls_playlist 1 -seg_duration 2 \
    -frag_type duration -frag_duration 0.5 -window_size 8 "$work/news/live.mpd"
serve "$work/news.log" "$work/news" --low-latency
for _ in $(seq 100); do
    [ "$(grep -c '^chunk' "$work/news/media_1.m3u8" 2>/dev/null)" = 3 ] && break
    sleep 0.2
done
browse live "$origin"
finish
