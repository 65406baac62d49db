//! What the tour says on stdout, and how it looks.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// The teller. It is silent with `--json` and `--quiet`, and falls silent when nobody listens any
/// more (`tour | head`): that's no reason to stop half way through `--out`.
#[derive(Debug)]
pub(crate) struct Story {
    silent: AtomicBool,
    colours: bool,
}

impl Story {
    /// One that speaks, in colours where a person can see them and has not set `NO_COLOR`.
    pub(crate) fn aloud() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = io::stdout().is_terminal() && !refused;
        Self { silent: AtomicBool::new(false), colours }
    }

    /// One that says nothing.
    pub(crate) fn silent() -> Self {
        Self { silent: AtomicBool::new(true), colours: false }
    }

    /// Whether progress bars would make sense.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// The title of an act.
    pub(crate) fn title(&self, text: impl Display) {
        self.line(format_args!("\n{}", self.paint(Colour::Title, text)));
    }

    /// What happens next.
    pub(crate) fn step(&self, text: impl Display) {
        self.line(format_args!("\n  {}", self.paint(Colour::Strong, text)));
    }

    /// A line of the tale.
    pub(crate) fn say(&self, text: impl Display) {
        self.line(format_args!("  {text}"));
    }

    /// A line of detail: a table row, a message.
    pub(crate) fn detail(&self, text: impl Display) {
        self.line(format_args!("    {text}"));
    }

    /// A detail that stands out.
    pub(crate) fn highlight(&self, text: impl Display) {
        self.line(format_args!("    {}", self.paint(Colour::Good, text)));
    }

    /// A detail that may be passed over.
    pub(crate) fn aside(&self, text: impl Display) {
        self.line(format_args!("    {}", self.paint(Colour::Faint, text)));
    }

    /// Something that went well.
    pub(crate) fn good(&self, text: impl Display) {
        self.line(format_args!("  {}", self.paint(Colour::Good, text)));
    }

    fn line(&self, text: impl Display) {
        if !self.is_silent() && writeln!(io::stdout().lock(), "{text}").is_err() {
            self.silent.store(true, Ordering::Relaxed);
        }
    }

    fn paint<D: Display>(&self, colour: Colour, text: D) -> Painted<D> {
        Painted { colour: self.colours.then_some(colour), text }
    }
}

#[derive(Clone, Copy, Debug)]
enum Colour {
    Title,
    Strong,
    Good,
    Faint,
}

impl Colour {
    /// The parameters of the terminal's SGR sequence.
    const fn code(self) -> &'static str {
        match self {
            Self::Title => "1;36",
            Self::Strong => "1",
            Self::Good => "32",
            Self::Faint => "2",
        }
    }
}

struct Painted<D> {
    colour: Option<Colour>,
    text: D,
}

impl<D: Display> Display for Painted<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.colour {
            Some(colour) => write!(f, "\x1b[{}m{}\x1b[0m", colour.code(), self.text),
            None => self.text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_only_where_they_are_wanted() {
        let plain = Story { silent: false.into(), colours: false };
        assert_eq!(plain.paint(Colour::Good, "well").to_string(), "well");
        let coloured = Story { silent: false.into(), colours: true };
        assert_eq!(coloured.paint(Colour::Good, "well").to_string(), "\x1b[32mwell\x1b[0m");
    }
}
