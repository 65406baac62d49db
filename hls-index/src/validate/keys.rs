//! The rules of EXT-X-KEY and EXT-X-SESSION-KEY (RFC 8216bis §4.4.4.4).

use super::lines::Attributes;
use super::{Findings, Problem};

/// What holds for a key of any METHOD but NONE.
pub(super) fn check(
    attributes: &Attributes<'_>,
    tag: &'static str,
    start: usize,
    findings: &mut Findings,
) {
    if let Some(iv) = attributes.find("IV") {
        let method = attributes.text("METHOD").unwrap_or_default();
        let is_forbidden = matches!(method, "AES-256-GCM" | "SAMPLE-AES-CTR");
        findings.add_if(is_forbidden, iv.offset, Problem::IvForbidden);
        let is_vector = iv.initialization_vector().is_ok();
        let problem = Problem::NotAValue("IV", "a number of 128 bits");
        findings.add_if(!is_vector, iv.offset, problem);
    }
    findings.add_if(!attributes.has("URI"), start, Problem::MissingAttribute(tag, "URI"));
    if let Some(versions) = attributes.find("KEYFORMATVERSIONS") {
        let is_version = |text: &str| crate::integer::read(text).is_ok_and(|number| number > 0);
        let are_versions = versions.text.split('/').all(is_version);
        let problem = Problem::NotAValue("KEYFORMATVERSIONS", "integers with / between them");
        findings.add_if(!are_versions, versions.offset, problem);
    }
}
