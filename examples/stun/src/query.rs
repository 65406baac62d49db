//! `stun query`: what is my public address?

use std::net::SocketAddr;
use std::time::Duration;

use command_line::{CAUTION, FAINT, Failure, Painted, STRONG, Visible, note, print, print_json};
use rustls::pki_types::ServerName;
use serde::Serialize;
use tokio_rustls::TlsConnector;

use crate::args::QueryArgs;
use crate::ask::{self, Answered, Asker, Reply, Trouble};
use crate::resolve;
use crate::target::{Over, Place, Target};
use crate::tls::{self, Trust};

pub(crate) async fn run(args: &QueryArgs) -> Result<(), Failure> {
    let over = over(args)?;
    let connector = match over {
        Over::Tls => Some(tls::connector(trust(args))?),
        Over::Udp | Over::Tcp => None,
    };
    if args.insecure && over == Over::Tls {
        note(&format!(
            "{}: the server's certificate is not checked: anybody may be answering",
            Painted(CAUTION, "warning")
        ));
    }
    let found = ask_in_turn(args, over, connector.as_ref()).await?;
    if args.json { print_json(&Facts::from(&found)) } else { print(&words(&found, args, over)) }
}

/// What was found out.
struct Found {
    address: SocketAddr,
    software: Option<String>,
    answered: Answered,
    /// The servers that have sent the request on.
    passed_on_by: Vec<SocketAddr>,
}

/// The transport that the flags and the URI agree on.
fn over(args: &QueryArgs) -> Result<Over, Failure> {
    let asked = match (args.tcp, args.tls) {
        (true, _) => Some(Over::Tcp),
        (_, true) => Some(Over::Tls),
        _ => None,
    };
    let over = match (args.server.is_secure, asked) {
        (Some(true), Some(Over::Tcp)) => {
            return Err(Failure::cannot(
                "stuns: is over TLS; leave --tcp out; see `stun query --help`",
            ));
        }
        (Some(false), Some(Over::Tls)) => {
            return Err(Failure::cannot(
                "stun: is not over TLS; write stuns:, or leave --tls out; see `stun query --help`",
            ));
        }
        (Some(true), _) => Over::Tls,
        (_, asked) => asked.unwrap_or(Over::Udp),
    };
    if over != Over::Tls && (args.ca.is_some() || args.insecure) {
        return Err(Failure::cannot(
            "--ca and --insecure are for TLS; add --tls; see `stun query --help`",
        ));
    }
    Ok(over)
}

fn trust(args: &QueryArgs) -> Trust<'_> {
    match &args.ca {
        Some(file) => Trust::Only(file),
        None if args.insecure => Trust::Nobody,
        None => Trust::Public,
    }
}

/// Asks one address after the other until one tells.
async fn ask_in_turn(
    args: &QueryArgs,
    over: Over,
    connector: Option<&TlsConnector>,
) -> Result<Found, Failure> {
    let addresses = resolve::addresses(&args.server, over, args.lookup.lookup()).await?;
    let mut asker = Asker::new(args.timeout)?;
    let mut failures = Vec::new();
    for address in addresses {
        let mut name = name(&args.server)?;
        let mut server = address;
        let mut passed_on_by = Vec::new();
        asker.begin(server);
        loop {
            let tls = connector.map(|connector| (connector, name.clone()));
            let answered = match over {
                Over::Udp => asker.over_udp(server).await,
                Over::Tcp | Over::Tls => asker.over_stream(server, tls).await,
            };
            match answered {
                Ok(answered) => match answered.reply.clone() {
                    Reply::Mapped { address, software } => {
                        return Ok(Found { address, software, answered, passed_on_by });
                    }
                    Reply::Alternate { server: alternate, domain } => {
                        passed_on_by.push(server);
                        server = alternate;
                        let domain = domain.and_then(|domain| ServerName::try_from(domain).ok());
                        name = domain.unwrap_or(name);
                    }
                    Reply::Useless(words) => {
                        failures.push(format!("{server} ({over}): {words}"));
                        break;
                    }
                },
                Err(trouble) => {
                    failures.push(failure(server, over, &trouble, args.timeout));
                    break;
                }
            }
        }
    }
    Err(Failure::no(failures.join("; ")))
}

fn failure(server: SocketAddr, over: Over, trouble: &Trouble, patience: Duration) -> String {
    format!("{server} ({over}): {}", ask::words(trouble, over, patience))
}

/// The name that the certificate must have: the one that the user has written, whatever SRV records
/// say (RFC 8489 §8.1).
fn name(target: &Target) -> Result<ServerName<'static>, Failure> {
    match &target.host {
        Place::Address(ip) => Ok(ServerName::from(*ip)),
        Place::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failure::cannot(format!("{name}: not a name that a host can have"))),
    }
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct Facts<'f> {
    mapped: SocketAddr,
    server: SocketAddr,
    rtt_ms: Option<f64>,
    software: Option<&'f str>,
}

impl<'f> From<&'f Found> for Facts<'f> {
    fn from(found: &'f Found) -> Self {
        Self {
            mapped: found.address,
            server: found.answered.path.remote,
            rtt_ms: found.answered.round_trip_time.map(milliseconds),
            software: found.software.as_deref(),
        }
    }
}

/// With three decimals.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The same for people.
fn words(found: &Found, args: &QueryArgs, over: Over) -> String {
    let Found { address, software, answered, passed_on_by } = found;
    let Answered { path, round_trip_time, .. } = answered;
    let mut text = format!("Public address  {}\n", Painted(STRONG, address));
    let local = path.local;
    let nat = if local == *address {
        "no NAT: it is this machine's own".to_owned()
    } else if local.ip() == address.ip() {
        format!("the port is changed on the way: here it is {local}")
    } else {
        format!("behind a NAT: here it is {local}")
    };
    text.push_str(&format!("                {FAINT}{nat}{FAINT:#}\n"));
    let server = path.remote;
    let named = match &args.server.host {
        Place::Name(name) if passed_on_by.is_empty() => format!(", {name}"),
        _ => String::new(),
    };
    text.push_str(&format!("Server          {server}{} over {over}\n", Visible(&named)));
    for first in passed_on_by {
        text.push_str(&format!("                {FAINT}{first} has passed us on{FAINT:#}\n"));
    }
    match round_trip_time {
        Some(time) => text.push_str(&format!("Round trip      {} ms\n", milliseconds(*time))),
        None => text.push_str("Round trip      unknown: the request was sent more than once\n"),
    }
    if let Some(software) = software {
        text.push_str(&format!("Software        {}\n", Visible(software)));
    }
    text
}
