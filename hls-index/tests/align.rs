//! The same moment in another variant.

use hls_index::{AlignError, AlignedBy, MediaPlaylist, MediaSequence, SeekError, Ticks, seconds};

type Answer = Result<(String, Ticks, AlignedBy), AlignError>;

fn align(here: &str, moment: f64, there: &str) -> Answer {
    let here = MediaPlaylist::parse(here).unwrap();
    let there = MediaPlaylist::parse(there).unwrap();
    let aligned = here.index().align(seconds(moment), &there.index())?;
    Ok((aligned.segment.uri().to_owned(), aligned.moment, aligned.by))
}

fn found(uri: &str, moment: f64, by: AlignedBy) -> Answer {
    Ok((uri.to_owned(), seconds(moment), by))
}

#[test]
fn by_date_whatever_the_windows() {
    let here = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:6,\na\n#EXTINF:6,\nb\n";
    let there = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:4,\nx\n#EXTINF:4,\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06Z\ny\n";
    assert_eq!(align(here, 3.0, there), found("x", 1.0, AlignedBy::Date));
    assert_eq!(align(here, 6.0, there), found("y", 4.0, AlignedBy::Date));
    assert_eq!(align(there, 7.9, here), found("b", 9.9, AlignedBy::Date));
    assert_eq!(align(here, 1.5, there), Err(AlignError::NotThere), "evicted");
    assert_eq!(align(here, 10.0, there), Err(AlignError::NotThere), "to come");
    let past_end = SeekError::PastEnd { end: seconds(12.0) };
    assert_eq!(align(here, 12.0, there), Err(AlignError::Seek(past_end)));
}

#[test]
fn by_date_within_the_same_discontinuity() {
    // The dates of the second discontinuity repeat those of the first.
    let dates = |first: &str| {
        format!(
            "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n{first}\
             #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:8,\nz\n"
        )
    };
    let here = dates("#EXTINF:8,\na\n");
    let there = dates("#EXTINF:4,\nx\n#EXTINF:4,\ny\n");
    assert_eq!(align(&here, 5.0, &there), found("y", 5.0, AlignedBy::Date));
    assert_eq!(align(&here, 13.0, &there), found("z", 13.0, AlignedBy::Date));
}

#[test]
fn dates_that_are_off_by_a_little_do_no_harm() {
    let here = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:30,\na\n";
    let there = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:6,\nx\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.010Z\n#EXTINF:6,\ny\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:12.000Z\n#EXTINF:6,\nz\n";
    assert_eq!(align(here, 6.005, there), found("y", 6.0, AlignedBy::Date));
    assert_eq!(align(here, 11.999, there), found("y", 11.989, AlignedBy::Date));
    assert_eq!(align(here, 12.005, there), found("z", 12.005, AlignedBy::Date));
}

#[test]
fn by_the_start_of_the_discontinuity_without_dates() {
    let here = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXTINF:5,\na\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nb\n";
    let there = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXTINF:5,\nw\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nx\n#EXT-X-DISCONTINUITY\n#EXTINF:3,\ny\n#EXTINF:3,\nz\n";
    assert_eq!(align(here, 9.0, there), found("z", 14.0, AlignedBy::Discontinuity));
    assert_eq!(align(here, 1.0, there), Err(AlignError::NothingInCommon), "a began before");
    let later =
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:9\n#EXTINF:5,\nw\n";
    assert_eq!(align(here, 9.0, later), Err(AlignError::NotThere));
}

#[test]
fn by_the_start_of_the_stream() {
    let here = "#EXTM3U\n#EXTINF:6,\na\n#EXTINF:6,\nb\n";
    let there = "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:4,\nx\n#EXTINF:4,\ny\n#EXTINF:3,\nz\n";
    assert_eq!(align(here, 8.5, there), found("z", 8.5, AlignedBy::Start));
    assert_eq!(align(here, 11.5, there), Err(AlignError::NotThere));
    let live = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:4,\nx\n#EXTINF:4,\ny\n";
    assert_eq!(align(here, 1.0, live), Err(AlignError::NothingInCommon));
    assert_eq!(align(here, 1.0, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"), Err(AlignError::NotThere));
}

#[test]
fn measured_times_count_on_both_sides() {
    let here = MediaPlaylist::parse("#EXTM3U\n#EXTINF:6,\na\n#EXTINF:6,\nb\n").unwrap();
    let there =
        MediaPlaylist::parse("#EXTM3U\n#EXTINF:4,\nx\n#EXTINF:4,\ny\n#EXTINF:4,\nz\n").unwrap();
    let (mut from, mut to) = (here.index(), there.index());
    from.set_measured(MediaSequence(1), seconds(6.5), seconds(12.5)).unwrap();
    to.set_measured(MediaSequence(1), seconds(4.25), seconds(8.25)).unwrap();
    // 0.5 s into b is 6.5 s by the durations, 2.5 s into y.
    let aligned = from.align(seconds(7.0), &to).unwrap();
    assert_eq!((aligned.segment.uri(), aligned.moment), ("y", seconds(6.75)));
}

#[test]
fn moments_before_the_first_date_and_at_the_ends_of_a_discontinuity() {
    // The first date stands 4 s into the playlist.
    let here =
        "#EXTM3U\n#EXTINF:4,\na\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10Z\n#EXTINF:4,\nb\n";
    let there =
        "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:10,\nx\n#EXTINF:10,\ny\n";
    assert_eq!(align(here, 0.0, there), found("x", 6.0, AlignedBy::Date));
    assert_eq!(align(here, 3.5, there), found("x", 9.5, AlignedBy::Date));
    assert_eq!(align(here, 4.0, there), found("y", 10.0, AlignedBy::Date));
    assert_eq!(align(there, 7.0, here), found("a", 1.0, AlignedBy::Date));
    assert_eq!(align(there, 5.5, here), Err(AlignError::NotThere), "before its start");
    // The end of the discontinuity belongs to the next one, whose dates are others.
    let two = "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:5,\nm\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2027-01-01T00:00:00Z\n#EXTINF:5,\nn\n";
    assert_eq!(align(there, 4.999, two), found("m", 4.999, AlignedBy::Date));
    assert_eq!(align(there, 5.0, two), Err(AlignError::NotThere));
    let later = "#EXTM3U\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-PROGRAM-DATE-TIME:2026-12-31T23:59:50Z\n#EXTINF:30,\nk\n";
    assert_eq!(align(later, 9.0, two), Err(AlignError::NotThere), "it is in the one before");
    assert_eq!(align(later, 10.0, two), found("n", 5.0, AlignedBy::Date));
}
