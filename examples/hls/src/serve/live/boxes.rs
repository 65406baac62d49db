//! Boxes of ISO media files (ISO/IEC 14496-12): what has to be read of them to know how long a
//! fragment is, and whether a decoder can begin with it.

use std::collections::BTreeMap;

use hls_index::Ticks;

/// A box's type and what is in it.
type Found<'b> = ([u8; 4], &'b [u8]);

/// What an initialization section says of its tracks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Tracks {
    tracks: BTreeMap<u32, Track>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Track {
    timescale: u32,
    is_video: bool,
    default_duration: u32,
    default_flags: u32,
}

/// What a fragment says of itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Fragment {
    pub(super) duration: Ticks,
    /// Whether there is a frame in it that decodes without any other.
    pub(super) is_independent: bool,
}

impl Tracks {
    /// Reads an initialization section; `None` when it has no track whose time is known.
    pub(super) fn read(init: &[u8]) -> Option<Self> {
        let moov = find(init, b"moov")?;
        let mut tracks = BTreeMap::new();
        for trak in all(moov, b"trak") {
            let (Some(id), Some(track)) = (track_id(trak), Track::read(trak)) else { continue };
            tracks.insert(id, track);
        }
        let mvex = find(moov, b"mvex").unwrap_or_default();
        for trex in all(mvex, b"trex") {
            if let Some(track) = number(trex, 4).and_then(|id| tracks.get_mut(&id)) {
                track.default_duration = number(trex, 12).unwrap_or_default();
                track.default_flags = number(trex, 20).unwrap_or_default();
            }
        }
        (!tracks.is_empty()).then_some(Self { tracks })
    }

    /// Reads what is in a `moof`. The picture leads; without one, the first track does.
    pub(super) fn fragment(&self, moof: &[u8]) -> Option<Fragment> {
        let fragments = all(moof, b"traf").filter_map(|traf| self.track_fragment(traf));
        let mut chosen: Option<(bool, Fragment)> = None;
        for (is_video, fragment) in fragments {
            if chosen.is_none_or(|(was_video, _)| is_video && !was_video) {
                chosen = Some((is_video, fragment));
            }
        }
        chosen.map(|(_, fragment)| fragment)
    }

    fn track_fragment(&self, traf: &[u8]) -> Option<(bool, Fragment)> {
        let tfhd = find(traf, b"tfhd")?;
        let track = self.tracks.get(&number(tfhd, 4)?)?;
        let flags = number(tfhd, 0)?;
        let mut fields = Fields { bytes: tfhd.get(8..)?, flags };
        // Base data offset, sample description index, then what is asked for.
        fields.skip(0x01, 8)?;
        fields.skip(0x02, 4)?;
        let default_duration = fields.take(0x08)?.unwrap_or(track.default_duration);
        fields.skip(0x10, 4)?;
        let default_flags = fields.take(0x20)?.unwrap_or(track.default_flags);
        let mut units = 0_u64;
        // Without video, every sample is a good one to begin with.
        let mut is_independent = !track.is_video;
        for trun in all(traf, b"trun") {
            let run = run(trun, default_duration, default_flags)?;
            units = units.checked_add(run.0)?;
            is_independent |= run.1;
        }
        let nanos = u128::from(units) * 1_000_000_000 / u128::from(track.timescale.max(1));
        let duration = Ticks::new(u64::try_from(nanos).ok()?);
        Some((track.is_video, Fragment { duration, is_independent }))
    }
}

impl Track {
    fn read(trak: &[u8]) -> Option<Self> {
        let mdia = find(trak, b"mdia")?;
        let mdhd = find(mdia, b"mdhd")?;
        // Version 1 has dates of 64 bits.
        let timescale = number(mdhd, if *mdhd.first()? == 1 { 20 } else { 12 })?;
        let is_video = find(mdia, b"hdlr")?.get(8..12)? == b"vide";
        (timescale > 0).then_some(Self { timescale, is_video, ..Self::default() })
    }
}

fn track_id(trak: &[u8]) -> Option<u32> {
    let tkhd = find(trak, b"tkhd")?;
    number(tkhd, if *tkhd.first()? == 1 { 20 } else { 12 })
}

/// The length of a run of samples, and whether one of them is a sync sample.
fn run(trun: &[u8], default_duration: u32, default_flags: u32) -> Option<(u64, bool)> {
    let flags = number(trun, 0)?;
    let count = number(trun, 4)?;
    let mut fields = Fields { bytes: trun.get(8..)?, flags };
    fields.skip(0x01, 4)?;
    let first_flags = fields.take(0x04)?;
    let size: usize = [0x100, 0x200, 0x400, 0x800].iter().filter(|&&bit| flags & bit != 0).count();
    if size == 0 {
        let has_sync = count > 0
            && (is_sync(first_flags.unwrap_or(default_flags))
                || count > 1 && is_sync(default_flags));
        return Some((u64::from(count) * u64::from(default_duration), has_sync));
    }
    // The count is somebody's word: there are no more samples than bytes.
    let (mut units, mut has_sync) = (0_u64, false);
    for (number, sample) in (0..count).zip(fields.bytes.chunks_exact(size * 4)) {
        let mut fields = Fields { bytes: sample, flags };
        let duration = fields.take(0x100)?.unwrap_or(default_duration);
        fields.skip(0x200, 4)?;
        let own_flags = fields.take(0x400)?;
        let first_flags = first_flags.filter(|_| number == 0);
        has_sync |= is_sync(first_flags.or(own_flags).unwrap_or(default_flags));
        units += u64::from(duration);
    }
    Some((units, has_sync))
}

/// `sample_is_non_sync_sample` is not set.
const fn is_sync(flags: u32) -> bool {
    flags & 0x1_0000 == 0
}

/// Fields that are there when their flag is set, one after the other.
struct Fields<'b> {
    bytes: &'b [u8],
    flags: u32,
}

impl Fields<'_> {
    fn skip(&mut self, flag: u32, size: usize) -> Option<()> {
        if self.flags & flag != 0 {
            self.bytes = self.bytes.get(size..)?;
        }
        Some(())
    }

    fn take(&mut self, flag: u32) -> Option<Option<u32>> {
        if self.flags & flag == 0 {
            return Some(None);
        }
        let value = number(self.bytes, 0)?;
        self.skip(flag, 4)?;
        Some(Some(value))
    }
}

/// The number of 32 bits at an offset; of a full box at offset 0, version and flags.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn find<'b>(bytes: &'b [u8], wanted: &[u8; 4]) -> Option<&'b [u8]> {
    all(bytes, wanted).next()
}

fn all<'b>(bytes: &'b [u8], wanted: &[u8; 4]) -> impl Iterator<Item = &'b [u8]> {
    boxes(bytes).filter(move |(kind, _)| kind == wanted).map(|(_, content)| content)
}

/// The boxes that are whole, in order.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = Found<'_>> {
    std::iter::from_fn(move || {
        let head = Head::read(bytes)?;
        let size = usize::try_from(head.size).ok()?;
        let content = bytes.get(head.length..size)?;
        bytes = bytes.get(size..)?;
        Some((head.kind, content))
    })
}

/// The head of a box.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) kind: [u8; 4],
    /// Of the head itself.
    pub(super) length: usize,
    /// Of the whole box.
    pub(super) size: u64,
}

impl Head {
    /// The longest head that there is.
    pub(super) const MAX: usize = 16;

    /// Reads the head that `bytes` begin with; `None` when they are too few, or the box is said to be
    /// shorter than its head, or to last until the end of the file.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let kind = *bytes.get(4..)?.first_chunk()?;
        let (length, size) = match number(bytes, 0)? {
            1 => (16, u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)),
            size => (8, u64::from(size)),
        };
        (size >= length as u64).then_some(Self { kind, length, size })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::serve::live) fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), &kind[..], content].concat()
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    /// An initialization section of one video track, id 1, 90,000 a second; samples of 3,600 units that
    /// are no sync samples unless they say so.
    pub(in crate::serve::live) fn init() -> Vec<u8> {
        let tkhd = boxed(b"tkhd", &numbers(&[0, 0, 0, 1]));
        let mdhd = boxed(b"mdhd", &numbers(&[0, 0, 0, 90_000, 0]));
        let hdlr = boxed(b"hdlr", &[&[0; 8], &b"vide"[..], &[0; 4]].concat());
        let mdia = boxed(b"mdia", &[mdhd, hdlr].concat());
        let trak = boxed(b"trak", &[tkhd, mdia].concat());
        let trex = boxed(b"trex", &numbers(&[0, 1, 1, 3_600, 0, 0x1_0000]));
        let moov = boxed(b"moov", &[trak, boxed(b"mvex", &trex)].concat());
        [boxed(b"ftyp", b"iso5"), moov].concat()
    }

    /// A fragment of so many samples of 40 ms.
    pub(in crate::serve::live) fn fragment(
        samples: u32,
        is_independent: bool,
        bytes: usize,
    ) -> Vec<u8> {
        let tfhd = boxed(b"tfhd", &numbers(&[0, 1]));
        let trun = match is_independent {
            true => numbers(&[0x04, samples, 0x0200_0000]),
            false => numbers(&[0, samples]),
        };
        let traf = boxed(b"traf", &[tfhd, boxed(b"trun", &trun)].concat());
        [boxed(b"moof", &traf), boxed(b"mdat", &vec![7; bytes])].concat()
    }

    fn moof(fragment: &[u8]) -> &[u8] {
        find(fragment, b"moof").unwrap()
    }

    #[test]
    fn a_fragment_tells_its_length_and_whether_one_can_begin_there() {
        let tracks = Tracks::read(&init()).unwrap();
        let found = |samples, is_independent| {
            tracks.fragment(moof(&fragment(samples, is_independent, 9))).unwrap()
        };
        let expected = |millis, is_independent| Fragment {
            duration: Ticks::from_millis(millis),
            is_independent,
        };
        assert_eq!(found(13, true), expected(520, true));
        assert_eq!(found(12, false), expected(480, false));
        assert_eq!(found(0, false), expected(0, false));
    }

    #[test]
    fn samples_may_have_lengths_and_flags_of_their_own() {
        let tracks = Tracks::read(&init()).unwrap();
        let tfhd = boxed(b"tfhd", &numbers(&[0x02_0008, 1, 900]));
        // Duration, size and flags of each; the count lies.
        let trun = numbers(&[0x701, 4_000_000_000, 0, 90_000, 5, 0x1_0000, 45_000, 5, 0]);
        let traf = boxed(b"traf", &[tfhd.clone(), boxed(b"trun", &trun)].concat());
        let expected = Fragment { duration: Ticks::from_millis(1500), is_independent: true };
        assert_eq!(tracks.fragment(&traf), Some(expected));
        let trun = numbers(&[0, 10]);
        let traf = boxed(b"traf", &[tfhd, boxed(b"trun", &trun)].concat());
        let expected = Fragment { duration: Ticks::from_millis(100), is_independent: false };
        assert_eq!(tracks.fragment(&traf), Some(expected));
    }

    #[test]
    fn broken_boxes_are_nothing_and_never_a_panic() {
        let (init, fragment) = (init(), fragment(3, true, 20));
        let tracks = Tracks::read(&init).unwrap();
        for length in 0..init.len() {
            let _ = Tracks::read(&init[..length]);
            for value in [0, 1, 7, 8, 255] {
                let mut broken = init.clone();
                broken[length] = value;
                let _ = Tracks::read(&broken);
            }
        }
        let moof = moof(&fragment);
        for at in 0..moof.len() {
            let _ = tracks.fragment(&moof[..at]);
            for value in [0, 1, 7, 8, 255] {
                let mut broken = moof.to_vec();
                broken[at] = value;
                let _ = tracks.fragment(&broken);
            }
        }
        assert_eq!(Head::read(&[0, 0, 0, 0, b'm', b'd', b'a', b't']), None);
        assert_eq!(Head::read(&[0, 0, 0, 7, b'm', b'd', b'a', b't']), None);
        assert_eq!(Tracks::read(b""), None);
    }
}
