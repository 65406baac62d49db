//! SVG text: numbers, and other people's words made harmless.

use std::fmt::{self, Display, Write as _};

/// A text within SVG: nothing in it can begin an element, end an attribute or be an entity, and what
/// XML has no place for is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_char('\n')?,
                '\u{fffe}' | '\u{ffff}' => {}
                _ if character.is_control() => {}
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A length in pixels, to a hundredth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    /// Writes it with this class and corners.
    pub(super) fn write(self, out: &mut String, class: &str, radius: f64) {
        let Self { x, y, width, height } = self;
        let (x, y, width, height) = (Px(x), Px(y), Px(width.max(0.0)), Px(height));
        let radius = Px(radius);
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
        );
    }
}

/// Writes a text whose baseline begins at `x`, `y`.
pub(super) fn text(out: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let (x, y) = (Px(x), Px(y));
    let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(text));
}

/// As much of a text as fits into `width` pixels, about; its end rather than its start, as names
/// differ at the end. `None` when that is nothing of use.
pub(super) fn fitting(text: &str, width: f64, character: f64) -> Option<String> {
    let room = (width / character) as usize;
    let count = text.chars().count();
    if count <= room {
        return Some(text.to_owned());
    }
    let shown = room.checked_sub(1).filter(|&shown| shown >= 7)?;
    let end: String = text.chars().skip(count - shown).collect();
    Some(format!("…{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h20_nothing_in_a_text_is_markup() {
        let text = "</title><script>alert('1')</script>\"&\u{0}\u{1b}\u{ffff}";
        assert_eq!(
            Escaped(text).to_string(),
            "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"
        );
    }

    #[test]
    fn pixels_are_short() {
        for (pixels, expected) in [(1.0, "1"), (0.126, "0.13"), (100.5, "100.5"), (-0.001, "-0")] {
            assert_eq!(Px(pixels).to_string(), expected);
        }
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(fitting("Segment_3.mp4", 100.0, 7.0).unwrap(), "Segment_3.mp4");
        assert_eq!(fitting("video/Segment_3.mp4", 70.0, 7.0).unwrap(), "…ent_3.mp4");
        assert_eq!(fitting("Segment_3.mp4", 20.0, 7.0), None);
    }
}
