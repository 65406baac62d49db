//! The real program, from the command line to what it prints.

mod command_line;
mod crash;
mod fetch;
mod index;
mod inspect;
mod live;
mod origin;
mod plot;
mod program;
mod seek;
mod serve;
mod url;
mod validate;
