//! Two peers find each other by the best path, and one plays the right segment of the other's
//! stream. `tour --help` tells what can be asked for; README.md, what there is to see and in
//! which order to read the files.

mod act;
mod args;
mod description;
mod failure;
mod fingerprint;
mod link;
mod output;
mod peer;
mod plan;
mod player;
mod quic;
mod report;
mod request;
mod secret;
mod server;
mod share;
mod signaling;
mod source;
mod story;
mod tell;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use command_line::{Asked, note, print, print_json};
use sansio::Clock;

use crate::act::Stage;
use crate::args::Args;
use crate::failure::{Doing as _, Failure};
use crate::output::Output;
use crate::peer::Servers;
use crate::plan::{Plan, Wanted};
use crate::player::Played;
use crate::report::Report;
use crate::server::RelayServer;
use crate::source::Source;
use crate::story::Story;
use crate::world::{Act, INTERNET, SERVER};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(&format!("tour: {failure}"));
            failure.exit_code()
        }
    }
}

fn run() -> Result<(), Failure> {
    let args = match command_line::read::<Args>(std::env::args_os()).map_err(bad_line)? {
        Asked::Run(args) => args,
        Asked::Text(text) => return print(&text).map_err(unwritten),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let report = runtime.doing("can't start")?.block_on(tour(&args))?;
    if args.json {
        print_json(&report).map_err(unwritten)?;
    }
    if !report.sha256_ok {
        return Err(Failure::run("what was fetched is not what the source has"));
    }
    Ok(())
}

fn bad_line(failure: command_line::Failure) -> Failure {
    Failure::bad_input(failure.to_string())
}

fn unwritten(failure: command_line::Failure) -> Failure {
    Failure::run(failure.to_string())
}

/// Plays the acts that were asked for.
async fn tour(args: &Args) -> Result<Report, Failure> {
    let clock = Clock::start();
    let story = if args.json || args.quiet { Story::silent() } else { Story::aloud() };

    // Everything that the user may have got wrong comes to light here, before anything happens.
    let source = match &args.playlist {
        Some(path) => Source::open(path).await?,
        None => Source::built_in()?,
    };
    let wanted = Wanted { at: args.at, ahead: args.ahead };
    let plan = Plan::new(source.name(), &plan::parse(source.name(), source.playlist())?, wanted)?;
    source.check(&plan).await?;
    let mut output = match &args.out {
        Some(path) => Some(Output::create(path).await?),
        None => None,
    };

    tell::introduction(&story);
    let (_server, servers) = start_server(clock).await?;
    let stage = Stage { story: &story, clock, servers, source: Arc::new(source), wanted, plan };
    let acts = args.act.map_or_else(|| Act::ALL.to_vec(), |act| vec![act]);
    let mut reports = Vec::new();
    let mut shows = Vec::new();
    for act in acts {
        // All acts fetch the same, so the first one's is enough for the file.
        let output = if reports.is_empty() { output.as_mut() } else { None };
        let (report, played) = act::run(act, &stage, output).await?;
        reports.push(report);
        shows.push(played);
    }
    let sha256_ok = shows.iter().all(|played| played.sha256_ok);
    let played = shows.pop().ok_or_else(|| Failure::run("there was no act"))?;
    if let Some(output) = output.filter(|_| sha256_ok) {
        output.keep().await?;
    }
    tell::end_of_tour(&story, &reports, clock.now().since_epoch());
    let Played { segment, fetched, bytes, .. } = played;
    let at = args.at.as_seconds_f64();
    Ok(Report { acts: reports, at, segment, fetched, bytes, sha256_ok })
}

/// Starts the STUN and TURN server, with a user for this run.
async fn start_server(clock: Clock) -> Result<(RelayServer, Servers), Failure> {
    let (username, password) = ("tourist".to_owned(), secret::word()?);
    let peers = INTERNET.parse().doing(INTERNET)?;
    let address = world::any_port(SERVER);
    let server = RelayServer::start(address, peers, (&username, &password), clock, secret::seed()?)
        .await
        .map_err(|error| world::cannot_bind(&format!("can't bind {SERVER}: {error}"), &error))?;
    let servers = Servers { address: server.address(), username, password };
    Ok((server, servers))
}
