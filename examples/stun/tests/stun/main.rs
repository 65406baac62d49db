//! The real program, against itself on loopback and against servers that are not as they should be.

mod bench;
mod command_line;
mod decode;
mod names;
mod nat;
mod program;
mod query;
mod serve;
mod streams;
