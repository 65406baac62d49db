#!/bin/sh
# Makes the stream that the tour shares: 13 s of ffmpeg's test picture and a beeping tone, cut into
# fragmented MP4 files of 5 s, 5 s and 3 s, and their playlist. Needs ffmpeg with libx264.
#
# Each file begins with its own initialization section (the `moov` box), to which EXT-X-MAP points
# by a byte range: so each one plays on its own, and playing it takes no other file.
set -eu
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A key frame every 5 s (125 frames), so that the cuts are exact. The tone is one AAC frame late:
# otherwise the encoder's lead-in would put everything 21 ms later.
ffmpeg -hide_banner -loglevel error \
  -f lavfi -i "testsrc2=size=320x180:rate=25:duration=13" \
  -f lavfi -i "sine=frequency=440:beep_factor=4:sample_rate=48000:duration=12.9" \
  -af "asetpts=PTS+1024" \
  -c:v libx264 -profile:v main -preset veryslow -crf 32 -pix_fmt yuv420p -bf 0 \
  -g 125 -keyint_min 125 -sc_threshold 0 -threads 1 \
  -c:a aac -b:a 32k -ac 1 \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact+cgop -flags:a +bitexact \
  -f hls -hls_time 5 -hls_playlist_type vod -hls_segment_type fmp4 \
  -hls_fmp4_init_filename init.mp4 -start_number 1 \
  -hls_segment_filename "$work/media_%d.mp4" "$work/ffmpeg.m3u8"

init=$(($(wc -c <"$work/init.mp4")))
{
  printf '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXT-X-PLAYLIST-TYPE:VOD\n'
  printf '#EXT-X-INDEPENDENT-SEGMENTS\n'
  for entry in 1:5 2:5 3:3; do
    name="Segment_${entry%:*}.mp4"
    media="$work/media_${entry%:*}.mp4"
    cat "$work/init.mp4" "$media" >"$name"
    printf '#EXT-X-MAP:URI="%s",BYTERANGE="%d@0"\n' "$name" "$init"
    printf '#EXTINF:%d,\n' "${entry#*:}"
    printf '#EXT-X-BYTERANGE:%d@%d\n%s\n' "$(($(wc -c <"$media")))" "$init" "$name"
  done
  printf '#EXT-X-ENDLIST\n'
} >stream.m3u8
