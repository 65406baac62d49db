use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};

/// How the URIs of a pathway clone differ from those of the pathway that it was made from
/// (URI-REPLACEMENT, RFC 8216bis §7.3).
///
/// ```
/// use hls_index::Replacement;
///
/// let replacement = Replacement::new().host("b.example.com").parameter("token", "7");
/// assert_eq!(replacement.apply("https://a.example.com/x/1.ts?q=1"), "https://b.example.com/x/1.ts?q=1&token=7");
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Replacement {
    host: Option<String>,
    parameters: BTreeMap<String, String>,
}

impl Replacement {
    /// No difference.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another host (HOST), with its port where it has one.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_string());
        self
    }

    /// One more parameter of the query (PARAMS), as it shall stand there. Where the query has it
    /// already, this value takes the place of the other. They are added in the order of their names.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_string(), value.to_string());
        self
    }

    /// The URI that takes the place of `uri`. A URI without host keeps none.
    #[must_use]
    pub fn apply(&self, uri: &str) -> String {
        let (rest, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let mut replaced = String::with_capacity(uri.len() + 32);
        match (&self.host, rest.find("//").map(|slashes| slashes + 2)) {
            (Some(host), Some(start)) if is_authority(&rest[..start]) => {
                let length = rest[start..].find('/').unwrap_or(rest.len() - start);
                replaced.extend([&rest[..start], host, &rest[start + length..]]);
            }
            _ => replaced.push_str(rest),
        }
        self.add_query(query.strip_prefix('?').unwrap_or_default(), &mut replaced);
        replaced.push_str(fragment);
        replaced
    }

    fn add_query(&self, query: &str, uri: &mut String) {
        let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_string();
        let kept = query.split('&').filter(|part| !self.parameters.contains_key(&name(part)));
        let mut separator = "?";
        for parameter in kept.filter(|part| !part.is_empty()) {
            uri.extend([separator, parameter]);
            separator = "&";
        }
        for (name, value) in &self.parameters {
            uri.extend([separator, name, "=", value]);
            separator = "&";
        }
    }

    pub(crate) fn parts(&self) -> (Option<&str>, &BTreeMap<String, String>) {
        (self.host.as_deref(), &self.parameters)
    }
}

/// Whether what ends with `//` leads to an authority: nothing or a scheme stands before it.
fn is_authority(start: &str) -> bool {
    let scheme = start.strip_suffix("//").unwrap_or(start);
    scheme.is_empty() || (scheme.ends_with(':') && !scheme.contains('/'))
}
