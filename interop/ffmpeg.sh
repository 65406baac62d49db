#!/usr/bin/env bash
# The tour's stream in ffmpeg, and ffmpeg's own playlists in our index.
. "$(dirname "$0")/checks.bash"
need ffmpeg ffmpeg
need ffprobe ffmpeg
need python3 python3
build

# --- our stream

stream=examples/tour/stream/stream.m3u8
lasts() { # FILE SECONDS: within 0.05 s, as the sound does not end with the picture
    local length
    length=$(ffprobe -v error -of csv=p=0 -show_entries format=duration "$1") || return 1
    printf '%s lasts %s\n' "$1" "$length"
    awk -v length_="$length" -v wanted="$2" 'BEGIN { d = length_ - wanted; exit !(d < 0.05 && d > -0.05) }'
}
# ffmpeg hands each EXT-X-MAP of a playlist to one demuxer, which warns that it has one already:
# warnings are not looked at.
plays() { # FILE PICTURES: all of it is decoded, and no error is found
    timeout 60 ffmpeg -hide_banner -nostdin -v error -xerror -i "$1" -f null - >"$work/said" 2>&1 ||
        { cat "$work/said"; return 1; }
    ! grep . "$work/said" || return 1
    [ "$(ffprobe -v error -count_frames -select_streams v -of csv=p=0 \
        -show_entries stream=nb_read_frames "$1" | head -n 1)" = "$2" ]
}
check "the tour's stream lasts 13 s" lasts "$stream" 13
check "and plays from start to end" plays "$stream" 325
for entry in 1:5 2:5 3:3; do
    file="examples/tour/stream/Segment_${entry%:*}.mp4"
    check "$(basename "$file") plays alone" plays "$file" $((${entry#*:} * 25))
done
checks python3 interop/hls_boundaries.py "$programs/hls_seek" "the tour's stream" "$stream"

# --- their playlists

# Pictures of 1001/30000 s, which no decimal fraction holds.
make() { # NAME OPTIONS...
    local name=$1
    shift
    mkdir -p "$work/$name"
    timeout 60 ffmpeg -hide_banner -nostdin -v error \
        -f lavfi -i testsrc2=size=160x90:rate=30000/1001:duration=14 \
        -f lavfi -i sine=frequency=440:duration=14 \
        -c:v libx264 -preset ultrafast -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 -c:a aac -b:a 32k \
        -f hls -hls_time 3 -hls_playlist_type vod "$@" "$work/$name/index.m3u8" || exit 1
    checks python3 interop/hls_boundaries.py "$programs/hls_seek" "$name" "$work/$name/index.m3u8"
}
make "TS"
make "fMP4" -hls_segment_type fmp4
make "TS in one file" -hls_flags single_file
make "fMP4 in one file" -hls_segment_type fmp4 -hls_flags single_file
# Pictures of these cannot be decoded without the segment before.
make "TS cut at any picture" -hls_flags split_by_time
finish
