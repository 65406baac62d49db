//! The real program, from the command line to what it prints.

mod command_line;
mod crash;
mod index;
mod inspect;
mod plot;
mod program;
mod seek;
mod url;
mod validate;
