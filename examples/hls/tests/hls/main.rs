//! The real program, from the command line to what it prints.

mod command_line;
mod conformance;
mod crash;
#[cfg(target_os = "linux")]
mod crowd;
mod fetch;
mod index;
mod inspect;
mod live;
mod live_rules;
mod origin;
mod plot;
mod program;
mod resume;
mod seek;
mod serve;
mod url;
mod validate;
