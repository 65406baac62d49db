//! `stun serve`: a Binding server, and with two addresses one for NAT tests (RFC 5780).

mod answer;
mod connections;
mod listen;
mod statistics;
mod stream;
mod udp;

use std::io;
use std::sync::Arc;

use command_line::{Failure, note, plain, print_json, print_plain};
use serde::Serialize;
use tokio_rustls::TlsAcceptor;

use crate::args::ServeArgs;
use crate::target::Over;
use crate::tls;

pub(crate) use listen::Listen;

use connections::Connections;
use statistics::{Statistics, Traffic};
use stream::StreamServer;
use udp::UdpServer;

/// Serves until it is told to end.
pub(crate) async fn run(args: &ServeArgs) -> Result<(), Failure> {
    let acceptor = acceptor(args)?;
    // Who ends the program while it begins means it.
    let mut signals = Signals::new()?;
    let statistics = Arc::new(Statistics::default());
    let connections = Connections::new(args.max_connections, args.max_per_ip);
    let mut listening = Vec::new();

    for group in listen::groups(&args.listen) {
        let server = UdpServer::bind(&group, args.sparing)
            .map_err(|(listen, error)| cannot_bind(listen, &error))?;
        if let Some(reason) = group.why_no_pair() {
            note(&format!("stun: note: {reason}"));
        }
        listening.extend(server.addresses().map(|address| Listen { over: Over::Udp, address }));
        server.spawn(&statistics);
    }
    for listen in args.listen.iter().filter(|listen| listen.over != Over::Udp) {
        let acceptor = acceptor.clone().filter(|_| listen.over == Over::Tls);
        let server = StreamServer::bind(listen.address, acceptor, connections.clone())
            .map_err(|error| cannot_bind(*listen, &error))?;
        listening.push(Listen { over: listen.over, address: server.address() });
        server.spawn(&statistics);
    }

    for listen in listening {
        if args.json {
            print_json(&Listening { listening: listen.to_string() })?;
        } else {
            print_plain(|out| writeln!(out, "{listen}"))?;
        }
    }
    loop {
        let signal = signals.next().await;
        tell(&statistics, args.json)?;
        if signal == Signal::End {
            return Ok(());
        }
    }
}

fn acceptor(args: &ServeArgs) -> Result<Option<TlsAcceptor>, Failure> {
    let has_tls = args.listen.iter().any(|listen| listen.over == Over::Tls);
    match (&args.cert, &args.key) {
        (Some(certificate), Some(key)) if has_tls => tls::acceptor(certificate, key).map(Some),
        (Some(_), Some(_)) => Err(Failure::cannot(
            "--cert and --key are for TLS; add --listen tls://IP:PORT; see `stun serve --help`",
        )),
        _ if has_tls => Err(Failure::cannot(
            "tls:// wants a certificate; add --cert FILE and --key FILE; see `stun serve --help`",
        )),
        _ => Ok(None),
    }
}

fn cannot_bind(listen: Listen, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; another program has it; choose another port, or end that one"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine does not have that IP address",
        io::ErrorKind::PermissionDenied => "; ports below 1024 are for the administrator",
        _ => "",
    };
    Failure::cannot(format!("{listen}: can't listen: {}{advice}", plain(error)))
}

#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
}

#[derive(Debug, Serialize)]
struct Told {
    statistics: statistics::Facts,
}

fn tell(statistics: &Statistics, json: bool) -> Result<(), Failure> {
    let statistics = statistics.facts();
    if json {
        return print_json(&Told { statistics });
    }
    note(&statistics.to_string());
    Ok(())
}

/// What the user, or the system, wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Signal {
    End,
    #[cfg(unix)]
    Tell,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    user: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Failure::cannot(format!("can't listen for signals: {}", plain(&error)))
            })
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            user: listen(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            _ = self.user.recv() => Signal::Tell,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    fn new() -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::End
    }
}
