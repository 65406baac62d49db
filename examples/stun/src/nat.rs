//! `stun nat`: what kind of NAT is on the way?

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use command_line::{CAUTION, Failure, Painted, plain, print, print_json, progress};
use sansio::{Clock, FiveTuple, Transmit};
use serde::Serialize;
use stun_codec::discovery::{
    Config, Discovery, Event, Filtering, Lifetime, Mapping, Report, Unknown,
};
use stun_codec::transaction;
use stun_codec::{MessageBuilder, Method, TransactionId};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::args::NatArgs;
use crate::ask::{self, Trouble, connected};
use crate::resolve;
use crate::seed::seed;
use crate::target::Over;

/// Finds out, and says whether mapping and filtering are known.
pub(crate) async fn run(args: &NatArgs) -> Result<bool, Failure> {
    let servers = servers(args).await?;
    let sockets = Sockets::open(&servers).await?;
    let mut config = Config::new(sockets.first.0, servers);
    config.second = Some(sockets.second.0);
    config.longest_lifetime = args.lifetime;
    if !args.thorough {
        config.transactions = QUICK;
    }
    let patience = patience(&config.transactions);
    let report = discover(config, &sockets).await?;
    if report.server.is_none() {
        let silent = ask::words(&Trouble::Silent, Over::Udp, patience);
        let asked: Vec<String> = args.servers.iter().map(|target| target.text.clone()).collect();
        return Err(Failure::no(format!("{} (UDP): {silent}", asked.join(", "))));
    }
    if args.json {
        print_json(&Facts::from(&report))?;
    } else {
        print(&words(&report, args.servers.len()))?;
    }
    Ok(report.mapping.is_ok() && report.filtering.is_ok())
}

/// Silence for 5.5 s means that nothing comes, though 3 datagrams in 4 may be lost.
const QUICK: transaction::Config = transaction::Config {
    rto: Duration::from_millis(500),
    min_rto: Duration::from_millis(500),
    max_rto: Duration::from_millis(500),
    max_servers: 0,
    remember_for: Duration::ZERO,
    max_sends: 4,
    last_wait: 4,
    reliable_timeout: Duration::ZERO,
};

/// How long a transaction takes that nobody answers.
fn patience(config: &transaction::Config) -> Duration {
    let doubled = 1_u32.checked_shl(config.max_sends.saturating_sub(1)).unwrap_or(u32::MAX);
    config.rto.saturating_mul(doubled - 1 + config.last_wait)
}

/// The addresses to ask, all of one family.
async fn servers(args: &NatArgs) -> Result<Vec<SocketAddr>, Failure> {
    let mut all = Vec::new();
    for target in &args.servers {
        if target.is_secure == Some(true) {
            return Err(Failure::cannot(format!(
                "{}: NATs are tested over UDP; write stun: instead of stuns:",
                target.text
            )));
        }
        all.extend(resolve::addresses(target, Over::Udp, args.lookup.lookup()).await?);
    }
    // NATs are a matter of IPv4, as long as there is any.
    let is_ipv4 = all.iter().any(SocketAddr::is_ipv4);
    all.retain(|address| address.is_ipv4() == is_ipv4);
    Ok(all)
}

/// The two sockets of this host that are asked about, and their addresses.
struct Sockets {
    first: (SocketAddr, UdpSocket),
    second: (SocketAddr, UdpSocket),
}

impl Sockets {
    async fn open(servers: &[SocketAddr]) -> Result<Self, Failure> {
        let Some(&server) = servers.first() else {
            return Err(Failure::cannot("no server to ask"));
        };
        let cannot = |error: io::Error| {
            Failure::no(format!("{server} (UDP): no way there: {}", plain(&error)))
        };
        // The address that datagrams to the server come from.
        let ip = connected(server).await.and_then(|socket| socket.local_addr());
        let ip = ip.map_err(cannot)?.ip();
        let first = UdpSocket::bind((ip, 0)).await.map_err(cannot)?;
        let second = UdpSocket::bind((ip, 0)).await.map_err(cannot)?;
        Ok(Self {
            first: (first.local_addr().map_err(cannot)?, first),
            second: (second.local_addr().map_err(cannot)?, second),
        })
    }

    async fn send(&self, transmit: Transmit<impl AsRef<[u8]>>) {
        let FiveTuple { local, remote, .. } = transmit.five_tuple;
        let (address, second) = &self.second;
        let socket = if local == *address { second } else { &self.first.1 };
        // What the system does not want to send is lost, as on the way.
        let _ = socket.send_to(transmit.payload.as_ref(), remote).await;
    }
}

/// Gives the machine its datagrams and the time, until it has finished.
async fn discover(config: Config, sockets: &Sockets) -> Result<Report, Failure> {
    let clock = Clock::start();
    let mut listeners = nobody_listens(&config.servers);
    let mut trouble = None;
    let mut discovery = Discovery::new(config, seed()?);
    discovery.start(clock.now());
    let (mut one, mut two) = ([0; 2048], [0; 2048]);
    loop {
        while let Some(transmit) = discovery.poll_transmit(clock.now()) {
            sockets.send(transmit).await;
        }
        while let Some(event) = discovery.poll_event() {
            match event {
                Event::Reached { server, mapped } => {
                    progress(&format!("{server} sees this machine at {mapped}; testing …"));
                }
                Event::Unsuitable { server, reason } => progress(&format!("{server}: {reason}")),
                Event::Finished(report) => return Ok(report),
            }
        }
        let Some(deadline) = discovery.poll_timeout() else { return Ok(*discovery.report()) };
        let ((first, one_socket), (second, two_socket)) = (&sockets.first, &sockets.second);
        tokio::select! {
            received = one_socket.recv_from(&mut one) => {
                take(&mut discovery, clock, *first, received, &one);
            }
            received = two_socket.recv_from(&mut two) => {
                take(&mut discovery, clock, *second, received, &two);
            }
            Some(Ok(refused)) = listeners.join_next() => {
                trouble = refused.or(trouble);
                if let (Some((server, error)), true) = (&trouble, listeners.is_empty())
                    && discovery.report().server.is_none()
                {
                    let trouble = Trouble::Io(io::Error::from(error.kind()));
                    let words = ask::words(&trouble, Over::Udp, Duration::ZERO);
                    return Err(Failure::no(format!("{server} (UDP): {words}")));
                }
            }
            () = sleep_until(clock.instant(deadline).into()) => {
                discovery.handle_timeout(clock.now());
            }
        }
    }
}

fn take(
    discovery: &mut Discovery,
    clock: Clock,
    local: SocketAddr,
    received: io::Result<(usize, SocketAddr)>,
    buffer: &[u8],
) {
    // An error is about a datagram that could not be delivered somewhere, which is no news.
    if let Ok((length, remote)) = received {
        let datagram = buffer.get(..length).unwrap_or_default();
        let input = Transmit::new(FiveTuple::udp(local, remote), datagram);
        discovery.handle_input(clock.now(), input);
    }
}

/// The sockets that are asked about hear answers from everywhere, but not that nobody listens at a
/// server's port: for that, each server gets a datagram from a socket that is connected to it. A
/// task ends with the error once there is one, and never otherwise.
fn nobody_listens(servers: &[SocketAddr]) -> JoinSet<Option<(SocketAddr, io::Error)>> {
    let mut tasks = JoinSet::new();
    for &server in servers {
        tasks.spawn(async move {
            let refused = refused(server).await;
            Some((server, refused))
        });
    }
    tasks
}

async fn refused(server: SocketAddr) -> io::Error {
    let asking = async || {
        let socket = connected(server).await?;
        let mut id = [0; 12];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let mut buffer = [0; 32];
        let request = MessageBuilder::request(Method::BINDING, TransactionId::new(id), &mut buffer);
        let request = request.finish().map_err(io::Error::other)?;
        socket.send(request).await?;
        socket.recv(&mut [0; 64]).await
    };
    match asking().await {
        Err(error) => error,
        Ok(_) => std::future::pending().await,
    }
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct Facts {
    server: Option<SocketAddr>,
    local: SocketAddr,
    mapped: Option<SocketAddr>,
    behind_nat: Option<bool>,
    mapping: Option<Mapping>,
    filtering: Option<Filtering>,
    hairpinning: Option<bool>,
    lifetime_s: Option<LifetimeFacts>,
    /// Whether two peers of this kind connect without a relay.
    direct: Option<bool>,
    rewrites_payloads: bool,
    server_behind_nat: bool,
    /// Why what is null above is so.
    unknown: UnknownFacts,
    meaning: &'static str,
}

#[derive(Debug, Serialize)]
struct LifetimeFacts {
    at_least: u64,
    less_than: Option<u64>,
}

#[derive(Debug, Serialize)]
struct UnknownFacts {
    mapping: Option<String>,
    filtering: Option<String>,
    hairpinning: Option<String>,
    lifetime: Option<String>,
}

impl From<&Report> for Facts {
    fn from(report: &Report) -> Self {
        let lifetime = |Lifetime { at_least, less_than }| LifetimeFacts {
            at_least: at_least.as_secs(),
            less_than: less_than.map(|less_than| less_than.as_secs()),
        };
        Self {
            server: report.server,
            local: report.local,
            mapped: report.mapped,
            behind_nat: report.is_behind_nat(),
            mapping: report.mapping.ok(),
            filtering: report.filtering.ok(),
            hairpinning: report.hairpinning.ok(),
            lifetime_s: report.lifetime.ok().map(lifetime),
            direct: report.connects_to_its_like(),
            rewrites_payloads: report.rewrites_payloads,
            server_behind_nat: report.origin_differs,
            unknown: UnknownFacts {
                mapping: why(report.mapping),
                filtering: why(report.filtering),
                hairpinning: why(report.hairpinning),
                lifetime: why(report.lifetime),
            },
            meaning: report.meaning(),
        }
    }
}

fn why<T>(found: Result<T, Unknown>) -> Option<String> {
    found.err().map(|unknown| unknown.to_string())
}

/// The same for people, and what to do where the server does not serve.
fn words(report: &Report, servers: usize) -> String {
    let mut text = format!("{report}\n");
    let advice = match report.filtering.err().or_else(|| report.mapping.err()) {
        Some(Unknown::NotSupported | Unknown::Refused(420)) if servers == 1 => {
            "The server has no second address to test with (RFC 5780). Ask one that has, or name a\n\
             second server: `stun nat ONE TWO` tells at least whether both see you at the same address."
        }
        Some(Unknown::NotSupported | Unknown::Refused(420)) => {
            "No server has a second address to test with (RFC 5780), so nobody knows who is let in.\n\
             `stun serve` with two --listen addresses is a server that has."
        }
        Some(Unknown::OtherAddress) => {
            "The server is set up wrongly: it names as its second address one that cannot be.\n\
             Ask another one."
        }
        Some(Unknown::OtherSilent) => {
            "The server's second address does not answer: a firewall is in the way, there or here.\n\
             Ask another one."
        }
        Some(Unknown::Refused(401)) => "The server wants to know who asks. Ask one for everybody.",
        _ => return text,
    };
    let _ = write!(text, "\n{}: {advice}\n", Painted(CAUTION, "What to do"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_takes_as_long_as_is_said() {
        assert_eq!(patience(&QUICK), Duration::from_millis(5500));
        assert_eq!(patience(&transaction::Config::default()), Duration::from_millis(39_500));
    }
}
