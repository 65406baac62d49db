use alloc::string::{String, ToString as _};
use core::fmt;

/// Names that count: `seg_00001.ts`, `seg_00002.ts`, … are one template and a number.
///
/// ```
/// use hls_index::UriTemplate;
///
/// let (template, number) = UriTemplate::of("video/seg_00099.ts?v=2").unwrap();
/// assert_eq!((template.to_string().as_str(), number), ("video/seg_{:05}.ts?v=2", 99));
/// assert_eq!(template.name(100), "video/seg_00100.ts?v=2");
/// assert_eq!(template.number("video/seg_00100.ts?v=2"), Some(100));
/// assert_eq!(template.number("video/seg_100.ts?v=2"), None, "it would be written otherwise");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UriTemplate {
    prefix: String,
    suffix: String,
    digits: u8,
}

impl UriTemplate {
    /// The names of `prefix`, a number with at least `digits` digits (zeros before it make up for
    /// missing ones), and `suffix`.
    #[must_use]
    pub fn new(prefix: &str, digits: u8, suffix: &str) -> Self {
        Self { prefix: prefix.to_string(), suffix: suffix.to_string(), digits }
    }

    /// The template and the number of `name`. Of several numbers in it, this is the last in the
    /// last segment of its path before the extension. `None` when there is no number below 2⁶⁴ there.
    #[must_use]
    pub fn of(name: &str) -> Option<(Self, u64)> {
        let (Names { prefix, digits, suffix }, number) = Names::of(name)?;
        Some((Self::new(prefix, digits, suffix), number))
    }

    /// The name with this number.
    #[must_use]
    pub fn name(&self, number: u64) -> String {
        let Self { prefix, suffix, digits } = self;
        alloc::format!("{prefix}{number:0digits$}{suffix}", digits = usize::from(*digits))
    }

    /// The number of `name`; `None` when it is not a name of this template.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        Names { prefix: &self.prefix, digits: self.digits, suffix: &self.suffix }.number(name)
    }

    /// What stands before the number, its fewest digits, and what stands after it.
    #[must_use]
    pub fn parts(&self) -> (&str, u8, &str) {
        (&self.prefix, self.digits, &self.suffix)
    }
}

impl fmt::Display for UriTemplate {
    /// With `{}` for the number, or `{:05}` for one of five digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits {
            0 => write!(f, "{}{{}}{}", self.prefix, self.suffix),
            digits => write!(f, "{}{{:0{digits}}}{}", self.prefix, self.suffix),
        }
    }
}

/// A [`UriTemplate`] whose texts are pieces of a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Names<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) digits: u8,
    pub(crate) suffix: &'a str,
}

impl<'a> Names<'a> {
    /// As [`UriTemplate::of`].
    pub(crate) fn of(name: &'a str) -> Option<(Self, u64)> {
        let path = name.find(['?', '#']).unwrap_or(name.len());
        let file = name[..path].rfind('/').map_or(0, |slash| slash + 1);
        let stem = name[file..path].rfind('.').map_or(path, |dot| file + dot);
        let end = file + name[file..stem].rfind(|c: char| c.is_ascii_digit())? + 1;
        Self::with_number_at(name, end)
    }

    /// The template that `name` and the name before it, `last`, have in common: its number is
    /// where they differ.
    pub(crate) fn between(last: &str, name: &'a str) -> Option<(Self, u64)> {
        let differs = last.bytes().zip(name.bytes()).position(|(a, b)| a != b)?;
        // ASCII digits are characters of their own, wherever the difference is.
        let digits = name.as_bytes()[differs..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        Self::with_number_at(name, differs + digits)
    }

    /// The template whose number ends before `end`, which stands after a digit. `name` is the name with
    /// this number.
    fn with_number_at(name: &'a str, end: usize) -> Option<(Self, u64)> {
        let start = name[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let written = &name[start..end];
        let number = written.parse().ok()?;
        // Without zeros before it, nothing tells how many digits it has at least.
        let digits = if written.starts_with('0') { u8::try_from(written.len()).ok()? } else { 0 };
        Some((Self { prefix: &name[..start], digits, suffix: &name[end..] }, number))
    }

    /// As [`UriTemplate::number`].
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        let written = name.strip_prefix(self.prefix)?.strip_suffix(self.suffix)?;
        let is_number = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
        let has_zero = written.len() > usize::from(self.digits).max(1) && written.starts_with('0');
        if !is_number || has_zero || written.len() < usize::from(self.digits) {
            return None;
        }
        written.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_tell_where_the_number_is() {
        let between = |last, name| {
            let (Names { prefix, digits, suffix }, number) = Names::between(last, name)?;
            Some((prefix, digits, suffix, number))
        };
        assert_eq!(between("7/a_8.ts", "8/a_8.ts"), Some(("", 0, "/a_8.ts", 8)));
        assert_eq!(between("s1_0099_b2.ts", "s1_0100_b2.ts"), Some(("s1_", 4, "_b2.ts", 100)));
        assert_eq!(between("a9", "a10"), Some(("a", 0, "", 10)));
        assert_eq!(between("a0", "a1"), Some(("a", 0, "", 1)));
        assert_eq!(between("x1", "x0"), Some(("x", 1, "", 0)));
        for (last, name) in
            [("a1", "a1"), ("a1", "a12"), ("a1", "b1"), ("", "1"), ("a1x", "a1y"), ("é1", "è1")]
        {
            assert_eq!(between(last, name), None, "{last} {name}");
        }
    }
}
