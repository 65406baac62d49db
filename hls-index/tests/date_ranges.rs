//! Date ranges and interstitials (RFC 8216bis §4.4.5.1, appendices D and F).

use hls_index::{
    Asset, Cue, DateTime, MediaPlaylist, Ticks, TimelineOccupies, TimelineStyle, seconds,
};

fn parse(text: &str) -> MediaPlaylist<'_> {
    MediaPlaylist::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn with(tags: &str) -> String {
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{tags}\n#EXTINF:5,\na\n")
}

fn date(text: &str) -> DateTime {
    text.parse().unwrap()
}

#[test]
fn every_attribute_is_read() {
    let text = with(
        "#EXT-X-DATERANGE:ID=\"splice\",CLASS=\"ad\",START-DATE=\"2014-03-05T11:15:00Z\",END-DATE=\"2014-03-05T11:16:00Z\",DURATION=60,PLANNED-DURATION=59.993,CUE=\"PRE,ONCE,LATER\",SCTE35-CMD=0xFC30,SCTE35-OUT=0XFc302,SCTE35-IN=0x00,X-COM-EXAMPLE-AD-ID=\"XYZ123\",X-NUMBER=-1.5",
    );
    let playlist = parse(&text);
    let range = playlist.date_ranges().next().unwrap();
    assert_eq!((range.id, range.class), ("splice", Some("ad")));
    assert_eq!(range.start_date, Some(date("2014-03-05T11:15:00Z")));
    assert_eq!(range.end_date, Some(date("2014-03-05T11:16:00Z")));
    assert_eq!(range.duration, Some(Ticks::from_seconds(60)));
    assert_eq!(range.planned_duration, Some(seconds(59.993)));
    assert_eq!(range.cue, Cue { pre: true, post: false, once: true });
    assert!(!range.is_end_on_next);
    assert_eq!(range.scte35_cmd.unwrap().bytes().collect::<Vec<_>>(), [0xFC, 0x30]);
    assert_eq!(range.scte35_out.unwrap().bytes().collect::<Vec<_>>(), [0x0F, 0xC3, 0x02]);
    assert_eq!(range.scte35_in.unwrap().to_string(), "0x00");
    assert_eq!(range.attribute("X-COM-EXAMPLE-AD-ID"), Some("XYZ123"));
    assert_eq!(range.attribute("X-NUMBER"), Some("-1.5"));
    assert_eq!(range.attributes().iter().count(), 12);
    assert!(range.interstitial().is_none() && range.preload().is_none());
}

#[test]
fn tags_of_one_id_are_one_range() {
    let text = with(
        "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2020-01-01T00:00:00Z\",SCTE35-OUT=0x01
#EXT-X-DATERANGE:ID=\"b\",START-DATE=\"2020-01-02T00:00:00Z\"
#EXT-X-DATERANGE:ID=\"a\",DURATION=10,SCTE35-IN=0x02",
    );
    let playlist = parse(&text);
    assert_eq!(playlist.date_ranges().count(), 3);
    let range = playlist.date_range("a").unwrap();
    assert_eq!(range.end(), Some(date("2020-01-01T00:00:10Z")));
    assert!(range.scte35_out.is_some() && range.scte35_in.is_some());
    assert!(playlist.date_range("c").is_none());
    assert_eq!(playlist.date_range("b").unwrap().end(), None);
}

#[test]
fn a_range_may_end_with_the_next_of_its_class() {
    let text = with(
        "#EXT-X-DATERANGE:ID=\"a\",CLASS=\"c\",START-DATE=\"2020-01-01T00:00:00Z\",END-ON-NEXT=YES
#EXT-X-DATERANGE:ID=\"b\",CLASS=\"d\",START-DATE=\"2020-01-01T01:00:00Z\"
#EXT-X-DATERANGE:ID=\"d\",CLASS=\"c\",START-DATE=\"2020-01-01T03:00:00Z\",END-ON-NEXT=YES
#EXT-X-DATERANGE:ID=\"c\",CLASS=\"c\",START-DATE=\"2020-01-01T02:00:00Z\",DURATION=5",
    );
    let playlist = parse(&text);
    let end = |id| playlist.date_range_end(&playlist.date_range(id).unwrap());
    assert_eq!(end("a"), Some(date("2020-01-01T02:00:00Z")));
    assert_eq!(end("b"), None);
    assert_eq!(end("c"), Some(date("2020-01-01T02:00:05Z")));
    assert_eq!(end("d"), None, "nothing follows yet");
}

#[test]
fn h18_broken_date_ranges_are_ignored() {
    for list in [
        "",
        "START-DATE=\"2020-01-01T00:00:00Z\"",
        "ID=\"a\",START-DATE=\"yesterday\"",
        "ID=\"a\",DURATION=-2.2",
        "ID=\"a\",DURATION=1e9",
        "ID=\"a\",START-DATE=\"2020-01-02T00:00:00Z\",END-DATE=\"2020-01-01T00:00:00Z\"",
        "ID=\"a\",SCTE35-OUT=FC30",
        "ID=\"a\",SCTE35-OUT=0xFG",
        "ID=\"a\",ID=\"b\"",
        "ID=\"a",
    ] {
        let text = with(&format!("#EXT-X-DATERANGE:{list}"));
        assert_eq!(parse(&text).date_ranges().count(), 0, "{list}");
    }
    let many: String = (0..100_000).map(|n| format!(",X-{n}=1")).collect();
    let text = with(&format!("#EXT-X-DATERANGE:ID=\"a\"{many}"));
    assert_eq!(parse(&text).date_ranges().count(), 0, "more attributes than the limit");
}

#[test]
fn interstitials_are_read_whole() {
    let start = "ID=\"i\",CLASS=\"com.apple.hls.interstitial\",START-DATE=\"2020-01-01T00:00:00Z\"";
    let text = with(&format!(
        "#EXT-X-DATERANGE:{start},X-ASSET-LIST=\"list.json\",X-RESUME-OFFSET=-1.5,X-PLAYOUT-LIMIT=15,X-SNAP=\"OUT,IN\",X-RESTRICT=\"JUMP\",X-CONTENT-MAY-VARY=\"NO\",X-TIMELINE-OCCUPIES=\"RANGE\",X-TIMELINE-STYLE=\"PRIMARY\",X-SKIP-CONTROL-OFFSET=2,X-SKIP-CONTROL-DURATION=5,X-SKIP-CONTROL-LABEL-ID=\"exit\""
    ));
    let playlist = parse(&text);
    let read = playlist.date_range("i").unwrap().interstitial().unwrap();
    assert_eq!(read.asset, Asset::List("list.json"));
    assert_eq!(read.resume_offset, Some("-1.5".parse().unwrap()));
    assert_eq!(read.playout_limit, Some(Ticks::from_seconds(15)));
    assert!(read.snaps_out && read.snaps_in && read.restricts_jump && !read.restricts_skip);
    assert!(!read.content_may_vary);
    assert_eq!(read.timeline_occupies, TimelineOccupies::Range);
    assert_eq!(read.timeline_style, TimelineStyle::Primary);
    assert_eq!(read.skip_control_offset, Some(Ticks::from_seconds(2)));
    assert_eq!(read.skip_control_duration, Some(Ticks::from_seconds(5)));
    assert_eq!(read.skip_control_label_id, Some("exit"));

    // Without them, and with values that nobody knows, the defaults.
    let text = with(&format!(
        "#EXT-X-DATERANGE:{start},X-ASSET-URI=\"a.m3u8\",X-TIMELINE-STYLE=\"LOUD\",X-RESUME-OFFSET=x"
    ));
    let playlist = parse(&text);
    let read = playlist.date_range("i").unwrap().interstitial().unwrap();
    assert_eq!(read.asset, Asset::Uri("a.m3u8"));
    assert_eq!((read.resume_offset, read.playout_limit), (None, None));
    assert!(read.content_may_vary);
    assert_eq!(read.timeline_occupies, TimelineOccupies::Point);
    assert_eq!(read.timeline_style, TimelineStyle::Highlight);
    let text = with(&format!("#EXT-X-DATERANGE:{start}"));
    assert!(parse(&text).date_range("i").unwrap().interstitial().is_none(), "no asset");
}

#[test]
fn preloads_name_what_they_are_for() {
    let text = with(
        "#EXT-X-DATERANGE:ID=\"p\",CLASS=\"com.apple.hls.preload\",START-DATE=\"2020-01-01T00:00:00Z\",DURATION=5,X-URI=\"u\",X-TARGET-ID=\"i\",X-TARGET-CLASS=\"com.apple.hls.interstitial\"",
    );
    let playlist = parse(&text);
    let preload = playlist.date_range("p").unwrap().preload().unwrap();
    assert_eq!((preload.uri, preload.target_id), ("u", "i"));
    assert_eq!(preload.target_class, "com.apple.hls.interstitial");
}
