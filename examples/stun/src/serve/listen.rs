//! Where to listen, as the command line says it, and which addresses belong together.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::target::Over;

/// `udp://IP:PORT`, `tcp://IP:PORT` or `tls://IP:PORT`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Listen {
    pub(crate) over: Over,
    pub(crate) address: SocketAddr,
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.over.name(), self.address)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!("say how: udp://{text}, tcp://{text} or tls://{text}"));
        };
        let known = [Over::Udp, Over::Tcp, Over::Tls].into_iter();
        let over = known.into_iter().find(|over| over.name().eq_ignore_ascii_case(scheme));
        let Some(over) = over else {
            return Err(format!("{scheme}: none of udp, tcp, tls"));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // Without a port it is the usual one.
        let bare = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(rest);
        let ip = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, over.default_port()));
        let address = rest.parse().or(ip);
        let name = over.name();
        let address = address.map_err(|_| {
            format!("write {name}://IP:PORT, as {name}://0.0.0.0:{}", over.default_port())
        })?;
        Ok(Self { over, address })
    }
}

/// UDP addresses that make one server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Group {
    /// A plain server.
    One {
        address: SocketAddr,
        /// Why it is no server for NAT tests together with the other address.
        no_pair: Option<NoPair>,
    },
    /// A server for NAT tests (RFC 5780): two IP addresses, and two ports.
    Pair(SocketAddr, SocketAddr),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoPair {
    SamePort(u16),
    SameIp(IpAddr),
    Unspecified(IpAddr),
}

impl Group {
    /// What to tell a user who may have meant a pair.
    pub(super) fn why_no_pair(&self) -> Option<String> {
        let Self::One { no_pair: Some(no_pair), .. } = self else { return None };
        let why = match no_pair {
            NoPair::SamePort(port) => format!("both have port {port}"),
            NoPair::SameIp(ip) => format!("both have the IP address {ip}"),
            NoPair::Unspecified(ip) => format!("{ip} is no address that can be told to clients"),
        };
        Some(format!(
            "two plain servers, and not one for NAT tests (RFC 5780): {why}; \
             that takes two IP addresses and two ports"
        ))
    }
}

/// Two UDP addresses of a family are a pair, when they can be; any other number are servers of
/// their own.
pub(super) fn groups(listens: &[Listen]) -> Vec<Group> {
    let udp = |is_ipv4: bool| {
        let of_family =
            move |listen: &&Listen| listen.over == Over::Udp && listen.address.is_ipv4() == is_ipv4;
        listens.iter().filter(of_family).map(|listen| listen.address).collect::<Vec<_>>()
    };
    let mut groups = Vec::new();
    for addresses in [udp(true), udp(false)] {
        match addresses[..] {
            [one, two] => match no_pair(one, two) {
                None => groups.push(Group::Pair(one, two)),
                Some(no_pair) => {
                    groups.push(Group::One { address: one, no_pair: Some(no_pair) });
                    groups.push(Group::One { address: two, no_pair: None });
                }
            },
            _ => {
                let ones = addresses.into_iter();
                groups.extend(ones.map(|address| Group::One { address, no_pair: None }));
            }
        }
    }
    groups
}

fn no_pair(one: SocketAddr, two: SocketAddr) -> Option<NoPair> {
    let unspecified = [one, two].into_iter().find(|address| address.ip().is_unspecified());
    if let Some(address) = unspecified {
        Some(NoPair::Unspecified(address.ip()))
    } else if one.ip() == two.ip() {
        Some(NoPair::SameIp(one.ip()))
    } else if one.port() == two.port() && one.port() != 0 {
        Some(NoPair::SamePort(one.port()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Listen {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_printed_can_be_read() {
        for text in ["udp://127.0.0.1:0", "tcp://0.0.0.0:3478", "tls://[::1]:5349"] {
            assert_eq!(listen(text).to_string(), text);
        }
        assert_eq!(listen("UDP://192.0.2.1/").to_string(), "udp://192.0.2.1:3478");
        assert_eq!(listen("tls://[::]").to_string(), "tls://[::]:5349");
        for text in ["127.0.0.1:3478", "http://127.0.0.1:80", "udp://", "udp://a:1", "udp://1:2:3"]
        {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_of_a_family_are_a_pair_when_all_differs() {
        let of =
            |texts: &[&str]| groups(&texts.iter().map(|text| listen(text)).collect::<Vec<_>>());
        let pair = |one: &str, two: &str| Group::Pair(one.parse().unwrap(), two.parse().unwrap());
        assert_eq!(
            of(&["udp://127.0.0.1:1", "tcp://127.0.0.1:1", "udp://127.0.0.2:2"]),
            [pair("127.0.0.1:1", "127.0.0.2:2")]
        );
        assert_eq!(
            of(&["udp://127.0.0.1:0", "udp://127.0.0.2:0"]),
            [pair("127.0.0.1:0", "127.0.0.2:0")]
        );
        for (texts, why) in [
            (["udp://127.0.0.1:1", "udp://127.0.0.2:1"], Some("both have port 1")),
            (["udp://127.0.0.1:1", "udp://127.0.0.1:2"], Some("address 127.0.0.1")),
            (["udp://0.0.0.0:1", "udp://127.0.0.1:2"], Some("0.0.0.0 is no")),
            (["udp://0.0.0.0:1", "udp://[::]:1"], None),
        ] {
            let groups = of(&texts);
            assert_eq!(groups.len(), 2, "{texts:?}");
            let told = groups[0].why_no_pair();
            assert_eq!(told.is_some(), why.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(why.unwrap_or_default()), "{texts:?}");
            assert_eq!(groups[1].why_no_pair(), None);
        }
        assert_eq!(of(&["udp://127.0.0.1:1", "udp://127.0.0.2:2", "udp://127.0.0.3:3"]).len(), 3);
    }
}
