"""What FFmpeg fetches first after a seek, and which segment our index finds:
hls_ffmpeg_seek.py HLS_SEEK NAME PLAYLIST URL LOG, where LOG is that of `hls serve`.
"""

import json
import re
import subprocess
import sys
import time

# FFmpeg counts microseconds: 3 * 1,000,000 / 23, rounded down.
PREROLL = 130_434
REQUEST = re.compile(r'^([0-9.]+) \S+ GET "([^"]*)" (?:\[bytes=(\d+)-\d*\] )?(\d+) ', re.M)
failed = 0


def check(holds, name, seen):
    global failed
    if holds:
        print(f"ok     {name}")
    else:
        failed += 1
        print(f"FAILED {name}: {seen!r:.500}")


def micros(text):
    return round(float(text) * 1_000_000)


def seconds(micros):
    return f"{micros // 1_000_000}.{micros % 1_000_000:06}"


def at(program, playlist, moments):
    """The segments that hold moments in microseconds; None where there is none."""
    text = "".join(f"{seconds(moment)}\n" for moment in moments)
    run = subprocess.run([program, playlist], input=text, capture_output=True, text=True, check=True)
    found = (line.split("\t") for line in run.stdout.splitlines())
    return [segment if len(segment) > 1 else None for segment in found]


def segments_of(program, playlist):
    segments, moment = [], 0
    while len(segments) < 1000:
        (found,) = at(program, playlist, [moment])
        if found is None:
            return segments
        segments.append(found)
        moment = micros(found[2])
    raise SystemExit("the playlist does not end")


def decoding_of(playlist):
    """How far FFmpeg goes back for a seek, and the delay between decoding and showing."""
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_entries",
         "stream=has_b_frames,start_time:packet=dts_time", "-read_intervals", "%+#1", playlist],
        capture_output=True, text=True, check=True,
    )
    told = json.loads(run.stdout)
    (stream,), packet = told["streams"], told["packets"][0]
    delay = micros(stream["start_time"]) - micros(packet["dts_time"])
    return (PREROLL if stream["has_b_frames"] else 0), delay


def fetched(url, log, moment):
    """Media that FFmpeg has asked for, in order: name and first byte."""
    log.read()
    subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostdin", "-v", "fatal", "-ss", seconds(moment), "-i", url,
         "-frames:v", "1", "-f", "null", "-"],
        check=False, timeout=30, capture_output=True,
    )
    lines, waits = "", 0
    # A line is written when the request is over, just after FFmpeg is.
    while waits < 2:
        more = log.read()
        lines, waits = lines + more, 0 if more else waits + 1
        time.sleep(0.05)
    found = sorted(REQUEST.findall(lines), key=lambda request: float(request[0]))
    media = [(path, start) for _, path, start, _ in found if not path.endswith(".m3u8")]
    return [(path.rsplit("/", 1)[1], int(start or 0)) for path, start in media]


def main(program, name, playlist, url, log_name):
    segments = segments_of(program, playlist)
    starts = [micros(segment[1]) for segment in segments]
    check(len(segments) > 5 and any(start % 10_000 for start in starts),
          f"{name}: {len(segments)} segments with starts that are not round", starts)
    end = micros(segments[-1][2])
    preroll, delay = decoding_of(playlist)
    moments = []
    for start, after in zip(starts, starts[1:] + [end]):
        # In the middle, about the start, and about where the preroll begins to reach the segment before.
        moments += [(start + after) // 2]
        moments += [edge + aside for edge in (start, start + preroll) for aside in (-2000, 2000)]
    # Before its preroll FFmpeg does not seek at all.
    moments = sorted({moment for moment in moments if max(delay, preroll) < moment < end})
    expected = at(program, playlist, [moment - preroll for moment in moments])
    wrong = []
    with open(log_name, encoding="utf-8") as log:
        for moment, segment in zip(moments, expected):
            wanted = (segment[3], int(segment[4]) if segment[4] != "-" else 0)
            media = fetched(url, log, moment - delay)
            # The first two are the probe.
            if media[2:3] != [wanted]:
                wrong.append((seconds(moment), wanted, media))
    where = "at_with_preroll(t, 3/23 s)" if preroll else "at(t)"
    check(not wrong, f"{name}: -ss fetches {where} for each of {len(moments)} moments", wrong)
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
