//! Sizes, as people write them on a command line.

/// `64MB`, `512KiB` or `1000B`; a plain number is bytes as well.
///
/// # Errors
/// When it is none, with what to write.
pub fn size(text: &str) -> Result<u64, String> {
    let plain = number(text);
    plain.or_else(|| bytes(text)).ok_or_else(|| "write a size: 64MB, 512KiB".to_owned())
}

/// A whole number with a unit of bytes after it; `None` when it is none.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = number(&text[..text.len() - unit.len()])?;
    let factor = match unit.trim_start().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    count.checked_mul(factor)
}

/// Digits and nothing else.
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        for (text, expected) in [
            ("100", 100),
            ("7B", 7),
            ("5MB", 5_000_000),
            ("5 mb", 5_000_000),
            ("512KiB", 524_288),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for text in ["", "MB", "-1", "1.5MB", "5M", "100seg", "99999999999999GB"] {
            assert!(size(text).unwrap_err().contains("64MB"), "{text}");
        }
        assert_eq!(bytes("100"), None, "it has no unit");
    }
}
