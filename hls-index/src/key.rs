use alloc::string::String;
use core::fmt;

use crate::attributes::AttributeList;
use crate::error::Fault;
use crate::media::MediaSequence;
use crate::text::{Text, TextSpan};
use crate::value::{Named, Value};

/// What one EXT-X-KEY or EXT-X-SESSION-KEY tag says (RFC 8216bis §4.4.4.4): how to decrypt the
/// segments and initialization sections after it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Key<'p> {
    /// How they are encrypted; never [`Method::NONE`].
    pub method: Method<'p>,
    /// Where the key is.
    pub uri: &'p str,
    /// IV, when the tag has one; see [`Key::initialization_vector`].
    pub iv: Option<[u8; 16]>,
    /// KEYFORMAT; `identity` when the tag has none.
    pub key_format: &'p str,
    /// KEYFORMATVERSIONS, as `1/2/5`; `1` when the tag has none.
    pub key_format_versions: &'p str,
    /// All attributes as they are written, those that the crate does not know among them.
    pub attributes: AttributeList<'p>,
}

impl<'p> Key<'p> {
    /// Reads the tag's value; `None` with METHOD=NONE.
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Option<Self>, Fault> {
        let (mut method, mut uri, mut iv) = (None, None, None);
        let (mut key_format, mut key_format_versions) = (IDENTITY, "1");
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "METHOD" => method = Some(Method(value.text)),
                "URI" => uri = Some(value.text),
                "IV" => iv = Some(value.initialization_vector()?),
                "KEYFORMAT" => key_format = value.text,
                "KEYFORMATVERSIONS" => key_format_versions = value.text,
                _ => {}
            }
        }
        let method = method.ok_or_else(|| value.missing("METHOD"))?;
        if method == Method::NONE {
            return Ok(None);
        }
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        let attributes = value.list();
        Ok(Some(Self { method, uri, iv, key_format, key_format_versions, attributes }))
    }

    /// The initialization vector for the segment with this number: the IV of the tag, else, for
    /// AES-128 and SAMPLE-AES with KEYFORMAT `identity`, the number itself as 16 bytes in big-endian
    /// order (RFC 8216 §5.2). `None` where the vector does not come from the playlist.
    #[must_use]
    pub fn initialization_vector(&self, sequence: MediaSequence) -> Option<[u8; 16]> {
        let is_counted = self.key_format == IDENTITY
            && (self.method == Method::AES_128 || self.method == Method::SAMPLE_AES);
        self.iv.or_else(|| is_counted.then(|| u128::from(sequence.0).to_be_bytes()))
    }
}

/// KEYFORMAT when a tag has none.
pub(crate) const IDENTITY: &str = "identity";

/// An encryption method: any name, those of the draft as constants.
///
/// ```
/// use hls_index::Method;
///
/// assert_eq!(Method("AES-128"), Method::AES_128);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent, bound(deserialize = "'de: 'a")))]
pub struct Method<'a>(pub &'a str);

impl Method<'static> {
    /// Not encrypted.
    pub const NONE: Self = Self("NONE");
    /// Whole segments, AES-128 in CBC mode with PKCS7 padding.
    pub const AES_128: Self = Self("AES-128");
    /// Samples within the segments; `cbcs` in fMP4.
    pub const SAMPLE_AES: Self = Self("SAMPLE-AES");
    /// Samples within fMP4 segments, `cenc` (RFC 8216bis).
    pub const SAMPLE_AES_CTR: Self = Self("SAMPLE-AES-CTR");
    /// Whole segments, AES-256 in GCM mode (RFC 8216bis).
    pub const AES_256_GCM: Self = Self("AES-256-GCM");
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The keys in force for a segment: none when it is not encrypted; several, each with another
/// KEYFORMAT, when there is more than one way to come by its key.
///
/// ```
/// use hls_index::MediaPlaylist;
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXTINF:5,\na.ts\n",
/// )?;
/// for segment in playlist.segments() {
///     for key in segment.keys() {
///         assert_eq!(key.uri, "k1");
///     }
/// }
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Keys<'p> {
    text: Option<&'p Text<'p>>,
    all: &'p [TextSpan],
    in_force: &'p [u32],
}

impl<'p> Keys<'p> {
    pub(crate) const fn new(text: &'p Text<'p>, all: &'p [TextSpan], in_force: &'p [u32]) -> Self {
        Self { text: Some(text), all, in_force }
    }

    /// The keys in the order of their tags.
    #[must_use]
    pub fn iter(&self) -> KeysIter<'p> {
        KeysIter { text: self.text, all: self.all, in_force: self.in_force.iter() }
    }

    /// The attribute list of each, with what its references to variables stand for.
    pub(crate) fn expanded_lists(self) -> impl Iterator<Item = String> + use<'p> {
        let text = self.text;
        self.iter().filter_map(move |key| Some(text?.expanded_list(key.attributes.as_str())))
    }

    /// Whether both are the same entries of the same playlist, which takes less than to compare them.
    pub(crate) fn is_same_list(&self, other: &Self) -> bool {
        core::ptr::eq(self.all, other.all) && core::ptr::eq(self.in_force, other.in_force)
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<Key<'p>> {
        self.iter().next()
    }

    /// How many they are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.in_force.len()
    }

    /// Whether there are none: nothing is encrypted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.in_force.is_empty()
    }
}

impl<'p> IntoIterator for Keys<'p> {
    type IntoIter = KeysIter<'p>;
    type Item = Key<'p>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The walk over [`Keys`].
#[derive(Clone)]
pub struct KeysIter<'p> {
    text: Option<&'p Text<'p>>,
    all: &'p [TextSpan],
    in_force: core::slice::Iter<'p, u32>,
}

impl<'p> Iterator for KeysIter<'p> {
    type Item = Key<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let &number = self.in_force.next()?;
        let value = self.text?.value("EXT-X-KEY", *self.all.get(number as usize)?);
        // The parser has read it before.
        Key::read(value, usize::MAX).ok()?
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.in_force.size_hint()
    }
}

impl ExactSizeIterator for KeysIter<'_> {}

impl fmt::Debug for KeysIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl PartialEq for Keys<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Keys<'_> {}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
