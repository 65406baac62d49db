//! The value types in JSON, which people read, and in CBOR, which they do not.

use std::fmt::Debug;

use hls_index::{
    Ahead, AlignedBy, ByteRange, Cue, DateTime, HdcpLevel, HintType, Limits, MediaSequence, Method,
    Number, PlaylistType, RenditionType, Replacement, Resolution, ServerControl, SessionDataFormat,
    Severity, Start, Ticks, TimeOffset, UriTemplate, VideoRange,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

fn cbor<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// In JSON `value` is `json`, and both formats give it back.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    assert_eq!(ciborium::from_reader::<T, _>(&cbor(&value)[..]).unwrap(), value);
}

#[test]
fn times_are_exact_decimals() {
    for (ticks, json) in [
        (0, r#""0""#),
        (1, r#""0.000000001""#),
        (6_006_000_000, r#""6.006""#),
        (9_007_199_254_740_993, r#""9007199.254740993""#),
        (u64::MAX, r#""18446744073.709551615""#),
    ] {
        holds(Ticks::new(ticks), json);
    }
    holds("-7.5".parse::<TimeOffset>().unwrap(), r#""-7.5""#);
    holds("29.97".parse::<Number>().unwrap(), r#""29.97""#);
    let date = |text: &str| text.parse::<DateTime>().unwrap();
    holds(date("2010-02-19T14:54:23.031+0800"), r#""2010-02-19T06:54:23.031Z""#);
    holds(date("1969-12-31T23:59:59.999999999Z"), r#""1969-12-31T23:59:59.999999999Z""#);
}

#[test]
fn values_in_json_and_back() {
    holds(MediaSequence(41), "41");
    holds(ByteRange::new(1000, 500).unwrap(), r#"{"offset":1000,"length":500}"#);
    holds(PlaylistType::Vod, r#""vod""#);
    holds(HintType::Part, r#""part""#);
    holds(AlignedBy::Date, r#""date""#);
    holds(RenditionType::ClosedCaptions, r#""closed_captions""#);
    holds(SessionDataFormat::Json, r#""json""#);
    holds(Severity::MustFix, r#""must_fix""#);
    holds(Resolution { width: 1920, height: 1080 }, r#"{"width":1920,"height":1080}"#);
    holds(Cue { pre: true, ..Cue::default() }, r#"{"pre":true,"post":false,"once":false}"#);
    holds(UriTemplate::new("s_", 5, ".ts"), r#"{"prefix":"s_","suffix":".ts","digits":5}"#);
    holds(
        Replacement::new().host("b.example.com").parameter("t", "1"),
        r#"{"host":"b.example.com","parameters":{"t":"1"}}"#,
    );
    holds(Ahead::seconds(10), r#"{"time":"10"}"#);
    holds(Ahead::segments(3), r#"{"segments":3}"#);
    holds(Ahead::bytes(1 << 20), r#"{"bytes":1048576}"#);
    holds(
        Start { time_offset: "-12".parse().unwrap(), is_precise: true },
        r#"{"time_offset":"-12","is_precise":true}"#,
    );
    holds(
        ServerControl { hold_back: Some(Ticks::from_millis(12_500)), ..ServerControl::default() },
        r#"{"can_skip_until":null,"can_skip_date_ranges":false,"hold_back":"12.5","part_hold_back":null,"can_block_reload":false}"#,
    );
    holds(Limits::default(), &serde_json::to_string(&Limits::default()).unwrap());
}

#[test]
fn what_is_left_out_of_limits_and_the_like_is_as_usual() {
    let limits: Limits = serde_json::from_str(r#"{"segments":10}"#).unwrap();
    assert_eq!(limits, Limits { segments: 10, ..Limits::default() });
    assert_eq!(serde_json::from_str::<ServerControl>("{}").unwrap(), ServerControl::default());
    assert_eq!(serde_json::from_str::<Replacement>("{}").unwrap(), Replacement::new());
}

#[test]
fn names_are_borrowed() {
    fn borrows<'de, T: Serialize + Deserialize<'de> + PartialEq + Debug>(value: T, json: &'de str) {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }
    borrows(Method::SAMPLE_AES, r#""SAMPLE-AES""#);
    borrows(HdcpLevel::TYPE_0, r#""TYPE-0""#);
    borrows(VideoRange::PQ, r#""PQ""#);
}

#[test]
fn machines_get_integers() {
    assert_eq!(cbor(&Ticks::new(1000)), [0x19, 0x03, 0xE8]);
    assert_eq!(cbor(&"-1".parse::<DateTime>().ok()), [0xF6], "no date");
    assert_eq!(cbor(&DateTime::from_unix_nanos(-1)), cbor(&(-1_i64, 999_999_999_u32)));
    assert_eq!(cbor(&"-0.000000002".parse::<TimeOffset>().unwrap()), [0x82, 0xF5, 0x02]);
}

#[test]
fn what_is_no_value_is_an_error() {
    fn refused<T: DeserializeOwned>(texts: &[&str]) {
        for text in texts {
            assert!(serde_json::from_str::<T>(text).is_err(), "{text}");
        }
    }
    // A number is refused, as it may have been rounded on the way.
    refused::<Ticks>(&[
        "6.006",
        "6",
        r#""-1""#,
        r#""1e3""#,
        r#""NaN""#,
        r#""""#,
        r#""18446744074""#,
    ]);
    refused::<TimeOffset>(&["-1", r#""--1""#]);
    refused::<DateTime>(&["0", r#""yesterday""#, r#""2026-02-30T00:00:00Z""#]);
    refused::<ByteRange>(&[
        r#""5@0""#,
        r#"{"offset":18446744073709551615,"length":1}"#,
        r#"{"offset":1}"#,
    ]);
    refused::<PlaylistType>(&[r#""VOD""#, r#""live""#]);
    refused::<MediaSequence>(&["-1", r#""1""#, "18446744073709551616"]);
    assert!(ciborium::from_reader::<DateTime, _>(&cbor(&(0, 1_000_000_000))[..]).is_err());
}
