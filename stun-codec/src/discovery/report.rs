//! What was found, in the words of RFC 5780 and in those of a user.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

/// When a NAT uses an outer address again for the same inner one (RFC 4787 §4.1, RFC 5780 §4.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Mapping {
    /// For every destination. So it is, too, where there is no NAT.
    EndpointIndependent,
    /// For the same destination IP address, whatever the port.
    AddressDependent,
    /// For the same destination IP address and port only.
    AddressAndPortDependent,
}

/// Whose datagrams a NAT, or a firewall, lets in to an address (RFC 4787 §5, RFC 5780 §4.4).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Filtering {
    /// Everybody's.
    EndpointIndependent,
    /// Those from IP addresses that were sent to.
    AddressDependent,
    /// Those from IP addresses and ports that were sent to.
    AddressAndPortDependent,
}

/// How long a NAT keeps an address for a socket that sends nothing (RFC 5780 §4.6).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Lifetime {
    /// After so long it was still there.
    pub at_least: Duration,
    /// After so long it was not; `None` when it outlived all that was tried.
    pub less_than: Option<Duration>,
}

/// Why something could not be found out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum Unknown {
    /// It was not asked for, or there is nothing to find out: hairpinning without a NAT, say.
    #[error("not tested")]
    NotTested,
    /// No server has answered: UDP is blocked, or they are all down.
    #[error("no answer")]
    NoAnswer,
    /// The server has no second address (no OTHER-ADDRESS), so it is none of RFC 5780; or it does
    /// not do what was asked (RESPONSE-PORT).
    #[error("the server does not support this test")]
    NotSupported,
    /// The server names as its other address one that cannot be: its own IP address or port
    /// again, one of another family, or one that is not on the Internet although the server is.
    #[error("the other address that the server names is of no use")]
    OtherAddress,
    /// The server's other address does not answer, so that silence means nothing.
    #[error("the server's other address does not answer")]
    OtherSilent,
    /// One of the other servers, which has been asked already, has that address.
    #[error("the server's other address has been talked to before")]
    AlreadyContacted,
    /// The server answered with this error code: 420 when it does not know CHANGE-REQUEST, 401 when
    /// it wants credentials.
    #[error("the server answered {0}")]
    Refused(u16),
    /// Answers contradict each other, or cannot be understood.
    #[error("the answers make no sense")]
    Contradiction,
    /// Servers without a second address see different addresses: it is address-dependent, or address-
    /// and port-dependent.
    #[error("not endpoint-independent, as each server sees another address")]
    Varies,
}

/// What [`Discovery`](super::Discovery) has found. It holds for this socket and this moment: NATs
/// become stricter under load (RFC 5780 §4).
///
/// It prints as a few lines for a user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Report {
    /// The socket that was asked from.
    pub local: SocketAddr,
    /// The server whose answers these are; `None` when none has answered.
    pub server: Option<SocketAddr>,
    /// The socket's address as that server sees it; the server can say what it likes.
    pub mapped: Option<SocketAddr>,
    /// How outer addresses are given.
    pub mapping: Result<Mapping, Unknown>,
    /// Who is let in.
    pub filtering: Result<Filtering, Unknown>,
    /// Whether sockets behind the NAT reach each other by their outer addresses (RFC 5780 §3.4). With
    /// another address for each destination, and a filter, they do not, whatever the NAT does.
    pub hairpinning: Result<bool, Unknown>,
    /// How long an outer address is kept.
    pub lifetime: Result<Lifetime, Unknown>,
    /// Something on the way rewrites addresses within packets: MAPPED-ADDRESS and
    /// XOR-MAPPED-ADDRESS differ (RFC 5780 §3.6).
    pub rewrites_payloads: bool,
    /// A server says that it answered from another address than its answer came from
    /// (RESPONSE-ORIGIN): it is behind a NAT itself.
    pub origin_differs: bool,
}

impl Report {
    /// Whether there is a NAT: whether the server sees another address than the socket has.
    #[must_use]
    pub fn is_behind_nat(&self) -> Option<bool> {
        self.mapped.map(|mapped| mapped != self.local)
    }

    /// Whether two peers behind such NATs can send to each other without a relay, once both
    /// send at the same time to the address that a server has told. `None` when it is not known.
    #[must_use]
    pub fn connects_to_its_like(&self) -> Option<bool> {
        match (self.mapping, self.filtering) {
            (Ok(Mapping::EndpointIndependent), _) | (_, Ok(Filtering::EndpointIndependent)) => {
                Some(true)
            }
            (Ok(_) | Err(Unknown::Varies), Ok(_)) => Some(false),
            _ => None,
        }
    }

    /// What it means for connecting to others, in a sentence.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        let is_open = self.filtering == Ok(Filtering::EndpointIndependent);
        match (self.is_behind_nat(), self.connects_to_its_like()) {
            (None, _) => "No server has answered: UDP is blocked, or the servers are down.",
            (Some(false), _) if is_open => {
                "The socket is open to the Internet: anybody can send to it."
            }
            (Some(true), Some(true)) if is_open && self.mapping.is_ok_and(Mapping::is_constant) => {
                "Anybody can send to the public address while it is kept alive."
            }
            (Some(_), Some(true)) => {
                "Direct connections work, also between two peers of this kind, when both sides \
                 send to each other (ICE does that)."
            }
            (Some(_), Some(false)) => {
                "Direct connections work only with peers whose own NAT is more open; two peers of \
                 this kind need a relay (TURN)."
            }
            (Some(_), None) => {
                "Not enough is known to say which connections work directly; ICE will find out."
            }
        }
    }
}

impl Mapping {
    fn is_constant(self) -> bool {
        self == Self::EndpointIndependent
    }
}

impl fmt::Display for Mapping {
    /// The name that RFC 4787 has for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndpointIndependent => "endpoint-independent",
            Self::AddressDependent => "address-dependent",
            Self::AddressAndPortDependent => "address and port-dependent",
        })
    }
}

impl fmt::Display for Filtering {
    /// The name that RFC 4787 has for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndpointIndependent => "endpoint-independent",
            Self::AddressDependent => "address-dependent",
            Self::AddressAndPortDependent => "address and port-dependent",
        })
    }
}

impl fmt::Display for Lifetime {
    /// `between 60 and 90 seconds`, `at least 600 seconds`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_least = self.at_least.as_secs();
        match self.less_than {
            Some(less_than) => write!(f, "between {at_least} and {} seconds", less_than.as_secs()),
            None => write!(f, "at least {at_least} seconds"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(server), Some(mapped)) = (self.server, self.mapped) else {
            return f.write_str(self.meaning());
        };
        let local = self.local;
        if mapped == local {
            writeln!(f, "Address: {mapped}, as {server} sees it; no NAT")?;
        } else {
            writeln!(
                f,
                "Address: {mapped}, as {server} sees it; behind a NAT, in which it is {local}"
            )?;
        }
        let mapping = self.mapping.as_ref().map(|mapping| match mapping {
            Mapping::EndpointIndependent => "the same public address for all destinations",
            Mapping::AddressDependent => "another public address for each IP address",
            Mapping::AddressAndPortDependent => "another public address for each address and port",
        });
        print(f, "Mapping", &self.mapping, mapping.unwrap_or_default())?;
        let filtering = self.filtering.as_ref().map(|filtering| match filtering {
            Filtering::EndpointIndependent => "anybody may send to it",
            Filtering::AddressDependent => "only IP addresses that were sent to may send to it",
            Filtering::AddressAndPortDependent => {
                "only addresses and ports that were sent to may send to it"
            }
        });
        print(f, "Filtering", &self.filtering, filtering.unwrap_or_default())?;
        if self.hairpinning != Err(Unknown::NotTested) {
            let words = self.hairpinning.map(|works| if works { "yes" } else { "no" });
            print(f, "Hairpinning", &words, "peers reach each other by public addresses")?;
        }
        if self.lifetime != Err(Unknown::NotTested) {
            print(f, "Lifetime", &self.lifetime, "a public address is kept without traffic")?;
        }
        if self.rewrites_payloads {
            writeln!(f, "Something on the way rewrites addresses within packets.")?;
        }
        if self.origin_differs {
            writeln!(f, "The server is behind a NAT itself.")?;
        }
        f.write_str(self.meaning())
    }
}

fn print<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    found: &Result<T, Unknown>,
    words: &str,
) -> fmt::Result {
    match found {
        Ok(found) => writeln!(f, "{what}: {found} ({words})"),
        Err(unknown) => writeln!(f, "{what}: unknown ({unknown})"),
    }
}
