//! Asks STUN servers, is one, tells what kind of NAT is on the way, takes messages apart, and
//! measures. `stun --help` tells what can be asked for; README.md, how the files hang together.

mod args;
mod ask;
mod bench;
mod decode;
mod nat;
mod query;
mod resolve;
mod seed;
mod serve;
mod target;
mod tls;

use std::process::ExitCode;

use command_line::{Asked, Failure, plain};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => failure.report("stun"),
    }
}

fn run() -> Result<ExitCode, Failure> {
    let is_well = match command_line::read::<Cli>(std::env::args_os())? {
        Asked::Text(text) => command_line::print(&text).map(|()| true),
        Asked::Run(Cli { command: Command::Decode(args) }) => decode::run(&args),
        Asked::Run(Cli { command }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let cannot = |error| Failure::cannot(format!("can't start: {}", plain(&error)));
            let runtime = runtime.map_err(cannot)?;
            let is_well = runtime.block_on(with_network(&command));
            // A name that is still being looked up does not hold up the end.
            runtime.shutdown_background();
            is_well
        }
    };
    is_well.map(|is_well| ExitCode::from(u8::from(!is_well)))
}

/// Does what the command says, and tells whether all is well.
async fn with_network(command: &Command) -> Result<bool, Failure> {
    match command {
        Command::Query(args) => query::run(args).await.map(|()| true),
        Command::Nat(args) => nat::run(args).await,
        Command::Serve(args) => serve::run(args).await.map(|()| true),
        Command::Bench(args) => bench::run(args).await,
        Command::Decode(args) => decode::run(args),
    }
}
