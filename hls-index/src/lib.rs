#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod attributes;
mod byte_range;
mod date;
mod error;
mod index;
mod integer;
mod key;
mod limits;
mod media;
mod runs;
mod scan;
mod segment;
mod tag;
mod time;
pub mod uri;
mod window;

pub use attributes::{
    Attribute, AttributeError, AttributeErrorKind, AttributeList, AttributeValue, Attributes,
};
pub use byte_range::ByteRange;
pub use date::{DateTime, ParseDateTimeError};
pub use error::{ParseError, ParseErrorKind};
pub use index::{SeekError, SegmentIndex};
pub use key::{Key, Keys, KeysIter, Method};
pub use limits::Limits;
pub use media::{Map, MediaPlaylist, MediaSequence, PlaylistType};
pub use scan::{Line, Lines};
pub use segment::{Segment, Segments};
pub use tag::Tag;
pub use time::{ParseTicksError, Ticks, seconds};
pub use window::{Ahead, Fetch, Window};
