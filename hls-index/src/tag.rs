use crate::attributes::AttributeList;

/// A line that begins with `#EXT`, known to this crate or not: `#EXT-X-CUE-OUT:30` has the name
/// `EXT-X-CUE-OUT` and the value `30`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tag<'a> {
    /// The name: what stands between `#` and the first colon or the end of the line.
    pub name: &'a str,
    /// What stands after the colon, without blanks around it; `None` where there is no colon.
    pub value: Option<&'a str>,
}

impl<'a> Tag<'a> {
    /// The value read as an attribute list; empty where there is no value.
    ///
    /// ```
    /// use hls_index::{Line, Lines};
    ///
    /// let mut lines = Lines::new("#EXT-X-CUE-OUT:DURATION=30,ID=\"ad\"\n");
    /// let Some(Line::Tag(tag)) = lines.next() else { unreachable!() };
    /// assert_eq!(tag.attributes().find("ID")?.map(|value| value.text()), Some("ad"));
    /// # Ok::<(), hls_index::AttributeError>(())
    /// ```
    #[must_use]
    pub fn attributes(&self) -> AttributeList<'a> {
        AttributeList::new(self.value.unwrap_or_default())
    }

    /// The tag on a line that has no blanks around it, when it is one.
    pub(crate) fn on_line(line: &'a str) -> Option<Self> {
        let line = line.strip_prefix('#').filter(|name| name.starts_with("EXT"))?;
        Some(match memchr::memchr(b':', line.as_bytes()) {
            Some(colon) => {
                Self { name: &line[..colon], value: Some(line[colon + 1..].trim_matches(BLANK)) }
            }
            None => Self { name: line, value: None },
        })
    }
}

/// What may stand around a line, a value or an attribute without harm.
pub(crate) const BLANK: [char; 2] = [' ', '\t'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_first_colon() {
        assert_eq!(
            Tag::on_line("#EXT-X-MAP:URI=\"a:b\""),
            Some(Tag { name: "EXT-X-MAP", value: Some("URI=\"a:b\"") })
        );
        assert_eq!(Tag::on_line("#EXT-X-GAP"), Some(Tag { name: "EXT-X-GAP", value: None }));
        assert_eq!(Tag::on_line("#EXT:"), Some(Tag { name: "EXT", value: Some("") }));
        assert_eq!(Tag::on_line("# EXTINF:5,"), None);
        assert_eq!(Tag::on_line("#ext-x-gap"), None, "tags are case-sensitive");
    }
}
