//! What a command-line program owes to the person before it: a command line whose mistakes are told in
//! one line, answers that can be read by people and by programs, failures that say what to do, and an
//! exit code that scripts can go by.
//!
//! ```
//! use command_line::{Failure, Visible};
//!
//! let failure = Failure::cannot("film.m3u8: no such file");
//! assert_eq!(failure.to_string(), "film.m3u8: no such file");
//! assert_eq!(Visible("a\x1b[2J").to_string(), "a\\u{1b}[2J");
//! ```

mod arguments;
mod failure;
mod file;
#[cfg(feature = "moment")]
mod moment;
mod size;
mod terminal;
mod visible;

pub use self::arguments::{Asked, read};
pub use self::failure::{Failure, plain};
pub use self::file::write_whole;
#[cfg(feature = "moment")]
pub use self::moment::moment;
pub use self::size::{bytes, size};
pub use self::terminal::{
    BAD, CAUTION, FAINT, GOOD, HIGHLIGHT, Painted, STRONG, note, print, print_json, print_plain,
    progress,
};
pub use self::visible::Visible;
