//! `stun bench`: how many requests a second does a server answer, and how fast?

mod histogram;
mod run;

use std::net::{IpAddr, SocketAddr};

use command_line::{CAUTION, FAINT, Failure, Painted, STRONG, print, print_json, progress};
use serde::Serialize;

use crate::args::BenchArgs;
use crate::resolve;
use crate::target::Over;

use histogram::Histogram;
use run::{Load, Tally};

/// Measures, and says whether there was an answer at all.
pub(crate) async fn run(args: &BenchArgs) -> Result<bool, Failure> {
    if args.server.is_secure == Some(true) {
        return Err(Failure::cannot("measured is over UDP only; write stun: instead of stuns:"));
    }
    let addresses = resolve::addresses(&args.server, Over::Udp, args.lookup.lookup()).await?;
    let Some(&server) = addresses.first() else {
        return Err(Failure::cannot("no server to measure"));
    };
    refuse_strangers(server, args.i_own_this_server)?;
    let seconds = args.duration.as_secs_f64();
    progress(&format!("asking {server} for {seconds} s …"));
    let load = Load { duration: args.duration, in_flight: args.in_flight, rate: args.rate };
    let tally = run::measure(server, load).await?;
    if args.json {
        print_json(&Facts::new(server, load, &tally))?;
    } else {
        print(&words(server, load, &tally))?;
    }
    if tally.answers.count() == 0 {
        return Err(Failure::no(match tally.refused {
            true => format!("{server} (UDP): nobody listens there; start it: `stun serve`"),
            false => format!("{server} (UDP): no answer at all; is it a STUN server?"),
        }));
    }
    Ok(true)
}

/// Only what is on this machine is measured, or on the user's own network.
fn refuse_strangers(server: SocketAddr, is_own: bool) -> Result<(), Failure> {
    let ip = server.ip().to_canonical();
    if ip.is_loopback() || is_own && is_private(ip) {
        return Ok(());
    }
    Err(Failure::cannot(if is_private(ip) {
        format!(
            "{server}: not on this machine; if the server and its network are yours, \
             add --i-own-this-server"
        )
    } else {
        format!("{server}: not on a private network; to measure it would be an attack")
    }))
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct Facts {
    server: SocketAddr,
    seconds: f64,
    in_flight: u32,
    sent: u64,
    answered: u64,
    lost: u64,
    wrong: u64,
    per_second: f64,
    latency_us: Option<Latency>,
}

/// In microseconds.
#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl Latency {
    fn of(answers: &Histogram) -> Option<Self> {
        let microseconds = |part| Some(answers.quantile(part)?.as_nanos() as f64 / 1e3);
        Some(Self {
            p50: microseconds(0.5)?,
            p90: microseconds(0.9)?,
            p99: microseconds(0.99)?,
            max: microseconds(1.0)?,
        })
    }
}

impl Facts {
    fn new(server: SocketAddr, load: Load, tally: &Tally) -> Self {
        let answered = tally.answers.count();
        Self {
            server,
            seconds: (tally.took.as_secs_f64() * 1e3).round() / 1e3,
            in_flight: load.in_flight,
            sent: tally.sent,
            answered,
            lost: tally.lost,
            wrong: tally.wrong,
            per_second: per_second(tally).round(),
            latency_us: Latency::of(&tally.answers),
        }
    }
}

fn per_second(tally: &Tally) -> f64 {
    tally.answers.count() as f64 / tally.took.as_secs_f64().max(1e-9)
}

/// The same for people.
fn words(server: SocketAddr, load: Load, tally: &Tally) -> String {
    let answered = tally.answers.count();
    let mut text = format!(
        "{server} over UDP, {:.1} s, {} on the way at once\n\n",
        tally.took.as_secs_f64(),
        load.in_flight
    );
    let rate = format!("{:.0}", per_second(tally));
    text.push_str(&format!("Answers a second  {}\n", Painted(STRONG, rate)));
    if let Some(Latency { p50, p90, p99, max }) = Latency::of(&tally.answers) {
        text.push_str(&format!(
            "Time to answer    {p50:.0} µs {FAINT}half of them{FAINT:#}, {p90:.0} µs {FAINT}9 in \
             10{FAINT:#}, {p99:.0} µs {FAINT}99 in 100{FAINT:#}, {max:.0} µs {FAINT}all{FAINT:#}\n"
        ));
    }
    let lost = format!("{} lost", tally.lost);
    let lost = if tally.lost > 0 { Painted(CAUTION, lost).to_string() } else { lost };
    text.push_str(&format!("Requests          {} sent, {answered} answered, {lost}\n", tally.sent));
    if tally.wrong > 0 {
        let wrong = format!("{} answers without an address", tally.wrong);
        text.push_str(&format!("                  {}\n", Painted(CAUTION, wrong)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_never_measured() {
        let may = |ip: &str, is_own| {
            refuse_strangers(SocketAddr::new(ip.parse().unwrap(), 3478), is_own).is_ok()
        };
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(may(ip, false) && may(ip, true), "{ip}");
        }
        for ip in ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.1.1", "fd00::1", "fe80::1"] {
            assert!(!may(ip, false) && may(ip, true), "{ip}");
        }
        for ip in
            ["192.0.2.1", "100.64.0.1", "8.8.8.8", "2001:db8::1", "0.0.0.0", "::", "224.0.0.1"]
        {
            assert!(!may(ip, false) && !may(ip, true), "{ip}");
        }
    }
}
