#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod align;
mod attributes;
mod byte_range;
mod date;
mod date_range;
mod define;
mod digits;
mod error;
mod growth;
mod hexadecimal;
mod hint;
mod index;
mod integer;
mod interstitial;
mod key;
mod kind;
mod limits;
pub mod live;
mod measured;
mod media;
mod multivariant;
mod number;
mod offset;
mod part;
pub mod placement;
mod playlist;
mod reader;
pub mod record;
mod report;
mod runs;
mod scan;
mod segment;
#[cfg(feature = "serde")]
mod serialized;
mod server_control;
mod skip;
mod start;
mod tag;
mod text;
mod time;
pub mod tracker;
pub mod uri;
mod validate;
mod value;
mod window;
pub mod write;

pub use align::{AlignError, Aligned, AlignedBy};
pub use attributes::{
    Attribute, AttributeError, AttributeErrorKind, AttributeList, AttributeValue, Attributes,
};
pub use byte_range::ByteRange;
pub use date::{DateTime, ParseDateTimeError};
pub use date_range::{Cue, DateRange};
pub use define::{Source, Variables};
pub use error::{ParseError, ParseErrorKind};
pub use hexadecimal::Hexadecimal;
pub use hint::{HintType, PreloadHint};
pub use index::{AtMany, DateIndex, DateSeekError, SeekError, SegmentIndex};
pub use interstitial::{Asset, Interstitial, Preload, TimelineOccupies, TimelineStyle};
pub use key::{Key, Keys, KeysIter, Method};
pub use limits::Limits;
pub use live::{LivePlaylist, LiveSeekError, ReloadError, Update};
pub use measured::MeasureError;
pub use media::{Buffers, Map, MediaPlaylist, MediaSequence, PlaylistType};
pub use multivariant::{
    ClosedCaptions, ContentSteering, HdcpLevel, MultivariantPlaylist, Rendition, RenditionType,
    Resolution, SessionData, SessionDataFormat, Variant, VideoRange,
};
pub use number::Number;
pub use offset::TimeOffset;
pub use part::{Part, Parts};
pub use placement::{
    Candidate, Placement, PlacementError, Replacement, Server, ServerNumber, UriTemplate,
};
pub use playlist::Playlist;
pub use report::RenditionReport;
pub use scan::{Line, Lines};
pub use segment::{Segment, Segments};
pub use server_control::ServerControl;
pub use skip::Skip;
pub use start::Start;
pub use tag::Tag;
pub use time::{ParseTicksError, Ticks, seconds};
pub use tracker::Tracker;
pub use validate::{Finding, Problem, Report, Severity, validate, validate_from};
pub use window::{Ahead, Fetch, PartFetch, PartWindow, Window};
