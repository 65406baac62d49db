//! Texts that somebody else wrote, so that a terminal shows them and does nothing else.

use std::fmt::{self, Display, Write as _};

/// A text that somebody else wrote, on one line and without anything that a terminal obeys: control
/// characters, and those that turn the direction of what follows, are written as escapes.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'t>(pub &'t str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                _ if is_obeyed(character) => write!(f, "{}", character.escape_default())?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Whether a terminal does something else with it than to show it.
pub(crate) fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        let text = "a\x1b]0;title\x07\u{9b}31m\u{202e}b\u{61c}\r\nc\u{7f}é😀";
        let visible = Visible(text).to_string();
        assert!(!visible.chars().any(is_obeyed), "{visible}");
        assert!(visible.starts_with("a\\u{1b}]0;title") && visible.ends_with("é😀"), "{visible}");
    }
}
