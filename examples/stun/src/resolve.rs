//! From a name to addresses: SRV records, then A and AAAA (RFC 8489 §8).

mod srv;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use command_line::Failure;
use tokio::time::timeout;

use crate::target::{Over, Place, Target};

pub(crate) use srv::NameServer;

/// How to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup {
    /// Only addresses of this family.
    pub(crate) family: Option<Family>,
    /// Ask for SRV records first.
    pub(crate) srv: bool,
    /// Whom to ask for them, rather than the system's DNS servers.
    pub(crate) name_server: Option<NameServer>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    const fn has(self, address: &SocketAddr) -> bool {
        match self {
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// For how long names are looked up.
const PATIENCE: Duration = Duration::from_secs(5);

/// More are not tried.
const MAX_ADDRESSES: usize = 8;

/// Where the server may be, in the order to try; at least one address.
pub(crate) async fn addresses(
    target: &Target,
    over: Over,
    lookup: Lookup,
) -> Result<Vec<SocketAddr>, Failure> {
    let port = target.port.unwrap_or_else(|| over.default_port());
    let mut found = Vec::new();
    match &target.host {
        Place::Address(ip) => found.push(SocketAddr::new(*ip, port)),
        Place::Name(name) => {
            let srv_name = target.srv_name(over).filter(|_| lookup.srv);
            let services = match srv_name {
                Some(srv_name) => srv::services(&srv_name, lookup.name_server).await?,
                None => Vec::new(),
            };
            if services.is_empty() {
                found = of_name(name, port).await?;
            }
            let mut failure = None;
            for (name, port) in services.iter().take(MAX_ADDRESSES) {
                match of_name(name, *port).await {
                    Ok(addresses) => found.extend(addresses),
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(failure) = failure.filter(|_| found.is_empty()) {
                return Err(failure);
            }
        }
    }
    let mut unique = Vec::new();
    for address in found {
        let is_wanted = lookup.family.is_none_or(|family| family.has(&address));
        if is_wanted && !unique.contains(&address) {
            unique.push(address);
        }
    }
    unique.truncate(MAX_ADDRESSES);
    match (unique.is_empty(), lookup.family) {
        (false, _) => Ok(unique),
        (true, Some(Family::V4)) => {
            Err(Failure::cannot(format!("{}: no IPv4 address; leave -4 out", target.text)))
        }
        (true, Some(Family::V6)) => {
            Err(Failure::cannot(format!("{}: no IPv6 address; leave -6 out", target.text)))
        }
        (true, None) => Err(Failure::cannot(format!("{}: no address", target.text))),
    }
}

/// As the system looks names up: its file of hosts, then the DNS.
async fn of_name(name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(ip) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match timeout(PATIENCE, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(_)) => Err(Failure::cannot(format!(
            "{name}: no such host is known; check the name, and that this machine has DNS"
        ))),
        Err(_) => Err(Failure::cannot(format!(
            "{name}: DNS has not answered within {} s; give an IP address, or try again",
            PATIENCE.as_secs()
        ))),
    }
}
