"""Where our index sees the segments of a playlist, and where ffprobe sees their pictures:
hls_boundaries.py HLS_SEEK NAME PLAYLIST.

Each segment is cut out of its file as the index says (map first, then the byte range), and ffprobe
tells the times of its pictures.
"""

import os
import subprocess
import sys
import tempfile

# EXTINF has six decimals, and so has ffprobe: each may be off by half a microsecond.
TOLERANCE = 2e-6
failed = 0


def check(holds, name, seen):
    global failed
    if holds:
        print(f"ok     {name}")
    else:
        failed += 1
        print(f"FAILED {name}: {seen!r:.500}")
    return holds


def seek(program, playlist, moments):
    """What our index answers, one line a moment."""
    text = "".join(f"{moment}\n" for moment in moments)
    run = subprocess.run([program, playlist], input=text, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def segments_of(program, playlist):
    """All segments, each found at the end of the one before it."""
    segments, moment = [], "0"
    while len(segments) < 1000:
        (found,) = seek(program, playlist, [moment])
        if len(found) == 1:
            return segments, found[0]
        segments.append(found)
        moment = found[2]
    raise SystemExit("the playlist does not end")


def bytes_of(folder, uri, offset, length):
    with open(os.path.join(folder, uri), "rb") as file:
        if offset == "-":
            return file.read()
        file.seek(int(offset))
        return file.read(int(length))


def pictures_of(folder, segment):
    """The times of the segment's pictures, and how long the last one stands."""
    _, _, _, uri, offset, length, map_uri, map_offset, map_length, _ = segment
    with tempfile.NamedTemporaryFile() as file:
        if map_uri != "-":
            file.write(bytes_of(folder, map_uri, map_offset, map_length))
        file.write(bytes_of(folder, uri, offset, length))
        file.flush()
        run = subprocess.run(
            ["ffprobe", "-v", "fatal", "-select_streams", "v", "-of", "csv=p=0",
             "-show_entries", "packet=pts_time,duration_time", file.name],
            capture_output=True, text=True, check=True,
        )
    packets = sorted(tuple(map(float, line.split(",")[:2])) for line in run.stdout.split())
    return [time for time, _ in packets], packets[-1][1] if packets else 0


def main(program, name, playlist):
    folder = os.path.dirname(playlist)
    segments, reason = segments_of(program, playlist)
    pictures = [pictures_of(folder, segment) for segment in segments]
    empty = [number for number, (times, _) in enumerate(pictures) if not times]
    several = len(segments) > 2
    if not check(several and not empty, f"{name}: pictures in each of {len(segments)} segments", empty):
        return 1

    first = pictures[0][0][0]
    starts = [times[0] - first for times, _ in pictures]
    ends = starts[1:] + [pictures[-1][0][-1] + pictures[-1][1] - first]
    ours = [(float(segment[1]), float(segment[2])) for segment in segments]
    apart = [
        (our, (start, end))
        for number, (our, start, end) in enumerate(zip(ours, starts, ends), 1)
        if abs(our[0] - start) > TOLERANCE * number or abs(our[1] - end) > TOLERANCE * number
    ]
    check(not apart, f"{name}: starts and ends are those of the pictures", apart)

    # In the middle of each picture's time, which no rounding takes elsewhere.
    moments = [
        (f"{time - first + 0.005:.6f}", str(number))
        for number, (times, _) in enumerate(pictures)
        for time in times
    ]
    answers = seek(program, playlist, [moment for moment, _ in moments])
    wrong = [
        (moment, answer) for (moment, number), answer in zip(moments, answers) if answer[0] != number
    ]
    check(not wrong, f"{name}: each of {len(moments)} pictures is in its segment", wrong[:3])
    check(reason.startswith("the playlist ends at"), f"{name}: after the last one there is none", reason)
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
