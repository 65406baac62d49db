//! Looks into HLS playlists, checks them, finds moments in them, draws them, keeps their master records,
//! serves them and fetches pieces of them. `hls --help` tells what can be asked for; README.md, how the files hang together.

mod amount;
mod args;
mod document;
mod fetch;
mod http;
mod index;
mod inspect;
mod json;
mod media;
mod plot;
mod seek;
mod serve;
mod servers;
mod store;
mod table;
mod validate;

use std::process::ExitCode;

use command_line::{Asked, Failure};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => failure.report("hls"),
    }
}

fn run() -> Result<ExitCode, Failure> {
    let command = match command_line::read::<Cli>(std::env::args_os())? {
        Asked::Run(Cli { command }) => command,
        Asked::Text(text) => {
            command_line::print(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    match command {
        Command::Inspect(args) => inspect::run(&args)?,
        Command::Validate(args) => {
            let must_fix = validate::run(&args)?;
            return Ok(ExitCode::from(u8::from(must_fix)));
        }
        Command::Seek(args) => seek::run(&args)?,
        Command::Plot(args) => plot::run(&args)?,
        Command::Index(args) => index::run(&args)?,
        Command::Serve(args) => serve::run(&args)?,
        Command::Fetch(args) => fetch::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
