//! Where a segment is cut into parts: after fragments (a `moof` and its `mdat`), once they are long
//! enough together. It depends on the bytes of the segment and on nothing else, so that parts are the
//! same for whoever looks, and whenever.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use hls_index::Ticks;

use super::boxes::{Fragment, Head, Tracks};

/// A `moof` of more is not read: ten thousand samples have some 160 kB.
const MAX_MOOF: u64 = 4 << 20;
/// Boxes that are looked at in a segment.
const MAX_BOXES: u32 = 100_000;

/// A part of a segment: some whole fragments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SegmentPart {
    pub(super) bytes: Range<u64>,
    pub(super) duration: Ticks,
    pub(super) is_independent: bool,
}

/// The parts of one segment as far as it has been written.
#[derive(Clone, Debug, Default)]
pub(super) struct PartCutter {
    parts: Vec<SegmentPart>,
    /// Where the next box begins.
    offset: u64,
    boxes: u32,
    /// The `moof` whose `mdat` is to come.
    moof: Option<Fragment>,
    /// Fragments that are no part yet.
    open: Option<SegmentPart>,
}

impl PartCutter {
    pub(super) fn parts(&self) -> &[SegmentPart] {
        &self.parts
    }

    /// Looks at what has been added to the segment: whole boxes only. Gives whether there is a new part.
    pub(super) fn advance(
        &mut self,
        file: &mut File,
        tracks: &Tracks,
        target: Ticks,
    ) -> io::Result<bool> {
        let length = file.metadata()?.len();
        let before = self.parts.len();
        while self.offset < length && self.boxes < MAX_BOXES {
            file.seek(SeekFrom::Start(self.offset))?;
            let mut head = Vec::new();
            file.by_ref().take(Head::MAX as u64).read_to_end(&mut head)?;
            let Some(head) = Head::read(&head) else { break };
            let Some(end) = self.offset.checked_add(head.size).filter(|&end| end <= length) else {
                break;
            };
            match &head.kind {
                b"moof" => self.moof = read_moof(file, self.offset, head, tracks)?,
                b"mdat" => {
                    if let Some(fragment) = self.moof.take() {
                        self.add(fragment, end, target);
                    }
                }
                _ => {}
            }
            self.offset = end;
            self.boxes += 1;
        }
        Ok(self.parts.len() > before)
    }

    /// The segment is whole: what is left of it is the last part.
    pub(super) fn finish(&mut self) -> bool {
        match self.open.take() {
            Some(part) => {
                self.parts.push(part);
                true
            }
            None => false,
        }
    }

    fn add(&mut self, fragment: Fragment, end: u64, target: Ticks) {
        let start = self.parts.last().map_or(0, |part| part.bytes.end);
        let part = self.open.get_or_insert(SegmentPart {
            bytes: start..end,
            duration: Ticks::ZERO,
            is_independent: false,
        });
        part.bytes.end = end;
        part.duration = part.duration.checked_add(fragment.duration).unwrap_or(part.duration);
        part.is_independent |= fragment.is_independent;
        // Parts have 85 % of the target at least (RFC 8216bis §4.4.4.9).
        if u128::from(part.duration.count()) * 100 >= u128::from(target.count()) * 85 {
            self.finish();
        }
    }
}

fn read_moof(
    file: &mut File,
    offset: u64,
    head: Head,
    tracks: &Tracks,
) -> io::Result<Option<Fragment>> {
    if head.size > MAX_MOOF {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(offset + head.length as u64))?;
    let mut content = Vec::new();
    file.by_ref().take(head.size - head.length as u64).read_to_end(&mut content)?;
    Ok(tracks.fragment(&content))
}

#[cfg(test)]
mod tests {
    use super::super::boxes::tests::{boxed, fragment, init};
    use super::*;
    use std::io::Write as _;

    /// The parts after each of `pieces` has been written.
    fn cut(name: &str, pieces: &[Vec<u8>], target: Ticks) -> Vec<usize> {
        let path = std::env::temp_dir().join(format!("hls-parts-{name}-{}", std::process::id()));
        let tracks = Tracks::read(&init()).unwrap();
        let mut whole = File::create(&path).unwrap();
        let mut cutter = PartCutter::default();
        let mut counts = Vec::new();
        for piece in pieces {
            whole.write_all(piece).unwrap();
            cutter.advance(&mut File::open(&path).unwrap(), &tracks, target).unwrap();
            counts.push(cutter.parts().len());
        }
        cutter.finish();
        counts.push(cutter.parts().len());
        // Whoever looks only now finds the same.
        let mut late = PartCutter::default();
        late.advance(&mut File::open(&path).unwrap(), &tracks, target).unwrap();
        late.finish();
        assert_eq!(late.parts(), cutter.parts());
        // They follow on one another.
        let mut end = 0;
        for part in cutter.parts() {
            assert_eq!(part.bytes.start, end);
            end = part.bytes.end;
        }
        std::fs::remove_file(&path).unwrap();
        counts
    }

    #[test]
    fn a_part_is_there_with_the_last_byte_of_its_fragment() {
        let (first, second) = (fragment(13, true, 3000), fragment(12, false, 2000));
        let styp = boxed(b"styp", b"msdh");
        let half = Ticks::from_millis(500);
        let pieces = [
            styp,
            first[..100].to_vec(),
            first[100..3000].to_vec(),
            first[3000..].to_vec(),
            second,
        ];
        assert_eq!(cut("bytes", &pieces, half), [0, 0, 0, 1, 2, 2]);
    }

    #[test]
    fn short_fragments_are_parts_together() {
        let frames: Vec<Vec<u8>> = (0..25).map(|frame| fragment(1, frame == 0, 50)).collect();
        // 11 of 40 ms are 85 % of half a second; the last 3 are what is left.
        let counts = cut("frames", &frames, Ticks::from_millis(500));
        assert_eq!(counts[9..=10], [0, 1]);
        assert_eq!(counts[20..=21], [1, 2]);
        assert_eq!(counts.last(), Some(&3));
    }

    #[test]
    fn what_has_no_fragments_has_no_parts() {
        assert_eq!(cut("ts", &[vec![0x47; 188], vec![0; 188]], Ticks::from_seconds(1)), [0, 0, 0]);
    }
}
