//! Playlists to read, made up so that every run has the same.

use std::fmt::Write as _;

/// Segments of 64 bytes: a duration and a URI. The durations lie between 3 and 6 seconds.
pub fn simple(segments: usize) -> String {
    let mut random = Random::new(1);
    let mut text = String::with_capacity(64 + 64 * segments);
    text += "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:6\n";
    for n in 0..segments {
        let (seconds, millis) = (3 + random.below(3), random.below(1000));
        let start = text.len();
        _ = write!(
            text,
            "#EXTINF:{seconds}.{millis:03},\nhttps://cdn.example.com/v/seg-{n:015}.ts\n"
        );
        assert_eq!(text.len() - start, 64);
    }
    text + "#EXT-X-ENDLIST\n"
}

/// Segments with a date, two parts and a byte range each, a key every tenth, a map every hundredth.
pub fn rich(segments: usize) -> String {
    let mut random = Random::new(2);
    let mut text = String::with_capacity(512 + 320 * segments);
    text += "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:6\n#EXT-X-PART-INF:PART-TARGET=3.0\n";
    text += "#EXT-X-MEDIA-SEQUENCE:1\n";
    let mut offset = 0;
    for n in 0..segments {
        if n % 100 == 0 {
            _ = writeln!(text, "#EXT-X-MAP:URI=\"init-{}.mp4\",BYTERANGE=\"720@0\"", n / 100);
        }
        if n % 10 == 0 {
            let key = n / 10;
            _ = writeln!(
                text,
                "#EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example.com/{key}\",IV=0x{key:032x}"
            );
        }
        let seconds = n * 4;
        let (day, hour) = (1 + seconds / 86400 % 28, seconds / 3600 % 24);
        let (minute, second) = (seconds / 60 % 60, seconds % 60);
        _ = writeln!(
            text,
            "#EXT-X-PROGRAM-DATE-TIME:2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z"
        );
        for part in 0..2 {
            let independent = if part == 0 { ",INDEPENDENT=YES" } else { "" };
            _ = writeln!(
                text,
                "#EXT-X-PART:DURATION=2.000,URI=\"part-{n:07}.{part}.mp4\"{independent}"
            );
        }
        let length = 500_000 + random.below(500_000);
        _ = writeln!(
            text,
            "#EXTINF:4.000,\n#EXT-X-BYTERANGE:{length}@{offset}\nsegment-{n:07}.mp4"
        );
        offset += length;
    }
    text + "#EXT-X-ENDLIST\n"
}

/// Short lines for as many segments as a seek wants; lengths as in [`simple`].
pub fn of_random_lengths(segments: usize) -> String {
    let mut random = Random::new(3);
    of_lengths(segments, || 3000 + random.below(3000))
}

/// Short lines, all segments of one length.
pub fn of_one_length(segments: usize) -> String {
    of_lengths(segments, || 4000)
}

/// As [`of_random_lengths`], with a date at every tenth segment: the clock is up to 10 ms off, now this
/// way and now that.
pub fn dated(segments: usize) -> String {
    let mut random = Random::new(6);
    let (mut millis, mut text) = (0, String::with_capacity(64 + 24 * segments));
    text += "#EXTM3U\n#EXT-X-TARGETDURATION:6\n";
    for n in 0..segments {
        if n % 10 == 0 {
            let clock = millis + random.below(20);
            let (day, second) = (clock / 86_400_000, clock / 1000 % 86_400);
            let (hour, minute) = (second / 3600, second / 60 % 60);
            // January and February, which are long enough.
            assert!(day < 31 + 28);
            let (month, day) = if day < 31 { (1, day + 1) } else { (2, day - 30) };
            _ = writeln!(
                text,
                "#EXT-X-PROGRAM-DATE-TIME:2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z",
                second % 60,
                clock % 1000
            );
        }
        let length = 3000 + random.below(3000);
        _ = write!(text, "#EXTINF:{}.{:03},\na\n", length / 1000, length % 1000);
        millis += length;
    }
    text + "#EXT-X-ENDLIST\n"
}

fn of_lengths(segments: usize, mut millis: impl FnMut() -> u64) -> String {
    let mut text = String::with_capacity(64 + 18 * segments);
    text += "#EXTM3U\n#EXT-X-TARGETDURATION:6\n";
    for _ in 0..segments {
        let millis = millis();
        _ = write!(text, "#EXTINF:{}.{:03},\na\n", millis / 1000, millis % 1000);
    }
    text + "#EXT-X-ENDLIST\n"
}

/// Numbers that look random and are the same in every run.
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, mixed with `influence`: it cannot be known before that is.
    #[inline]
    pub const fn below_after(&mut self, limit: u64, influence: u64) -> u64 {
        let increment = 0x1405_7B7E_F767_814F ^ influence;
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(increment);
        ((self.0 as u128 * limit as u128) >> 64) as u64
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.below_after(limit, 0)
    }
}
