//! What names a server on the command line: a host, with or without a port, or a URI.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use sansio::Transport;
use stun_codec::uri::{Host, Scheme, Uri, UriError};

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    Udp,
    Tcp,
    Tls,
}

impl Over {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }

    const fn scheme(self) -> Scheme {
        match self {
            Self::Udp | Self::Tcp => Scheme::Stun,
            Self::Tls => Scheme::Stuns,
        }
    }

    pub(crate) const fn transport(self) -> Transport {
        match self {
            Self::Udp => Transport::Udp,
            Self::Tcp | Self::Tls => Transport::Tcp,
        }
    }

    /// 3478, or 5349 for TLS.
    pub(crate) const fn default_port(self) -> u16 {
        self.scheme().default_port()
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        })
    }
}

/// A server as the user has named it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// As it was written.
    pub(crate) text: String,
    pub(crate) host: Place,
    pub(crate) port: Option<u16>,
    /// The URI says TLS (`stuns:`), or that it is not (`stun:`).
    pub(crate) is_secure: Option<bool>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Address(IpAddr),
    Name(String),
}

impl Target {
    /// The name whose SRV records tell the addresses and ports; none when there is nothing to look
    /// up (RFC 8489 §8.1).
    pub(crate) fn srv_name(&self, over: Over) -> Option<String> {
        match &self.host {
            Place::Name(name) if self.port.is_none() && !is_localhost(name) => {
                let host = stun_codec::uri::Name::new(name)?.into();
                let uri = Uri::new(over.scheme(), host, None, None)?;
                uri.srv_name(over.transport()).map(|srv| srv.to_string())
            }
            _ => None,
        }
    }
}

/// A name of this host, which no DNS server is asked for (RFC 6761 §6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Reads what the user has written.
pub(crate) fn target(text: &str) -> Result<Target, String> {
    let target = |host, port, is_secure| Target { text: text.to_owned(), host, port, is_secure };
    // An IPv6 address that stands for itself needs no brackets.
    if let Ok(ip) = text.parse::<Ipv6Addr>() {
        return Ok(target(Place::Address(ip.into()), None, None));
    }
    if text.contains("://") {
        return Err("no // follows the scheme: write stun:HOST or stuns:HOST".to_owned());
    }
    match Uri::parse(text) {
        Ok(uri) if uri.scheme().is_turn() => {
            let host = uri.host();
            Err(format!("a TURN server is asked as a STUN server: write stun:{host}"))
        }
        Ok(uri) => Ok(target(place(uri.host()), uri.port(), Some(uri.is_secure()))),
        Err(UriError::Scheme) => host_and_port(text),
        Err(error) => Err(why(error, 0)),
    }
}

/// HOST or HOST:PORT, which is what follows `stun:` in a URI.
fn host_and_port(text: &str) -> Result<Target, String> {
    let uri = format!("stun:{text}");
    let uri = Uri::parse(&uri).map_err(|error| why(error, "stun:".len()))?;
    let (host, port) = (place(uri.host()), uri.port());
    Ok(Target { text: text.to_owned(), host, port, is_secure: None })
}

fn place(host: Host<'_>) -> Place {
    match host.address() {
        Some(ip) => Place::Address(ip),
        None => Place::Name(host.to_string()),
    }
}

/// What is wrong, with the offset in what the user wrote.
fn why(error: UriError, prefix: usize) -> String {
    let at = error.offset().saturating_sub(prefix) + 1;
    let what = match error {
        UriError::NoHost { .. } => "no host",
        UriError::HostCharacter { .. } => "no host's name has the character",
        UriError::Ipv6 { .. } => "no IPv6 address in the brackets",
        UriError::StunsAddress { .. } => {
            return "stuns: wants a name, as a certificate is for one; for an address use --tls"
                .to_owned();
        }
        UriError::Port { .. } => "no port has the number",
        _ => "unexpected",
    };
    format!("{what} at character {at}; write HOST, HOST:PORT, [IPV6]:PORT or stun:HOST")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Place, Option<u16>, Option<bool>) {
        let Target { host, port, is_secure, .. } = target(text).unwrap();
        (host, port, is_secure)
    }

    fn name(name: &str) -> Place {
        Place::Name(name.to_owned())
    }

    fn address(address: &str) -> Place {
        Place::Address(address.parse().unwrap())
    }

    #[test]
    fn hosts_ports_and_uris() {
        assert_eq!(read("stun.example.org"), (name("stun.example.org"), None, None));
        assert_eq!(read("stun.example.org:3479"), (name("stun.example.org"), Some(3479), None));
        assert_eq!(read("192.0.2.1"), (address("192.0.2.1"), None, None));
        assert_eq!(read("192.0.2.1:99"), (address("192.0.2.1"), Some(99), None));
        assert_eq!(read("2001:db8::1"), (address("2001:db8::1"), None, None));
        assert_eq!(read("[2001:db8::1]:99"), (address("2001:db8::1"), Some(99), None));
        assert_eq!(read("stun:example.org"), (name("example.org"), None, Some(false)));
        assert_eq!(read("STUNS:example.org:5350"), (name("example.org"), Some(5350), Some(true)));
    }

    #[test]
    fn what_is_none_gets_told_what_is() {
        for (text, expected) in [
            ("", "no host at character 1"),
            ("a b", "character 2"),
            ("[::1", "brackets at character 1"),
            ("example.org:99999", "port has the number at character 13"),
            ("stun://example.org", "no //"),
            ("https://example.org", "no //"),
            ("stun:", "no host at character 6"),
            ("stuns:192.0.2.1", "--tls"),
            ("turn:example.org?transport=udp", "stun:example.org"),
        ] {
            let error = target(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn srv_is_for_names_without_a_port_and_not_for_this_host() {
        let srv = |text: &str, over| target(text).unwrap().srv_name(over);
        assert_eq!(srv("example.org", Over::Udp).as_deref(), Some("_stun._udp.example.org"));
        assert_eq!(srv("example.org", Over::Tcp).as_deref(), Some("_stun._tcp.example.org"));
        assert_eq!(srv("example.org", Over::Tls).as_deref(), Some("_stuns._tcp.example.org"));
        for text in ["example.org:3478", "192.0.2.1", "::1", "localhost", "a.LocalHost."] {
            assert_eq!(srv(text, Over::Udp), None, "{text}");
        }
    }
}
