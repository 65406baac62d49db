//! Looks into HLS playlists, checks them, finds moments in them, draws them, keeps their master records,
//! serves them and fetches pieces of them. `hls --help` tells what can be asked for; README.md, how the files hang together.

mod args;
mod document;
mod failure;
mod fetch;
mod http;
mod index;
mod inspect;
mod json;
mod media;
mod moment;
mod plot;
mod seek;
mod serve;
mod servers;
mod store;
mod table;
mod terminal;
mod validate;

use std::process::ExitCode;

use crate::args::{Asked, Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            anstream::eprintln!("hls: {failure}");
            failure.exit_code()
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    match Cli::read(std::env::args_os())? {
        Asked::Text(text) => terminal::print(&text)?,
        Asked::Command(Command::Inspect(args)) => inspect::run(&args)?,
        Asked::Command(Command::Validate(args)) => {
            let must_fix = validate::run(&args)?;
            return Ok(ExitCode::from(u8::from(must_fix)));
        }
        Asked::Command(Command::Seek(args)) => seek::run(&args)?,
        Asked::Command(Command::Plot(args)) => plot::run(&args)?,
        Asked::Command(Command::Index(args)) => index::run(&args)?,
        Asked::Command(Command::Serve(args)) => serve::run(&args)?,
        Asked::Command(Command::Fetch(args)) => fetch::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
