//! The bytes are a record, or a playlist that becomes one: whatever they are, what is said of it is in
//! order, and any piece of it can be opened.

use hls_index::record::{Entry, Record, Recorder};
use hls_index::{Limits, MediaPlaylist, Placement, Ticks};

pub(crate) fn run(data: &[u8]) {
    look_at(data);
    let limits = Limits { segments: 300, ..Limits::default() };
    if let Ok(playlist) = MediaPlaylist::parse_bytes_with(data, &limits) {
        let mut recorder = Recorder::with_page_bits(1, 9);
        if recorder.append(&playlist.index(), &Placement::new()).is_err() {
            return;
        }
        let mut record = Vec::new();
        recorder.write_to(&mut record);
        let opened = Record::open(&record).map(|record| record.len());
        assert!(playlist.is_empty() || opened == Ok(playlist.len() as u64), "{opened:?}");
        // A piece that the text chooses.
        let sum = data.iter().fold(0_usize, |sum, &byte| sum.wrapping_mul(31) + usize::from(byte));
        look_at(&record[..sum % (record.len() + 1)]);
        if let Some(byte) = record.get_mut(sum % 4099) {
            *byte ^= 1 << (sum % 8);
            look_at(&record);
        }
    }
}

fn look_at(bytes: &[u8]) {
    let end = &bytes[bytes.len() / 2..];
    let end = Record::open_end(end, bytes.len() as u64);
    for record in [Record::open(bytes), Record::recover(bytes), end].into_iter().flatten() {
        let _ = (record.verify(), record.is_whole(), record.is_ended(), record.stream());
        let mut end = Ticks::ZERO;
        for entry in record.entries(0..record.len().min(2000)).map_while(Result::ok) {
            look_at_entry(&entry);
            end = entry.end();
        }
        for moment in [Ticks::ZERO, end, record.end(), Ticks::MAX] {
            if let Ok(entry) = record.at(moment) {
                assert!(entry.start() <= moment && moment < entry.end());
            }
            let Ok(range) = record.bytes_at(moment) else { continue };
            let piece = bytes.get(range.start as usize..).unwrap_or_default();
            let piece = &piece[..piece.len().min((range.end - range.start) as usize)];
            if let Ok(entry) = record.with_bytes(range.start, piece).at(moment) {
                assert!(entry.start() <= moment && moment < entry.end());
            }
        }
        assert!(record.entry(record.len()).is_err());
    }
}

fn look_at_entry(entry: &Entry<'_>) {
    let _ = (entry.uri(), entry.byte_range(), entry.bytes(), entry.date(), entry.is_gap());
    let _ = (entry.map().map(|map| map.uri.len()), entry.candidates().count(), entry.sequence());
}
