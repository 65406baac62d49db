//! The candidate line of RFC 8839 §5.1, read and written:
//! `candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE …`
//!
//! A line is read with or without `a=` before it, and with any case in its words, since both are
//! met in the wild; it is written without, in lower case. Extensions are kept. An address that is a
//! name (a host name, or an mDNS one) is refused: this library looks nothing up.
//!
//! ```
//! use ice_agent::candidate::Candidate;
//!
//! let candidate: Candidate = "a=candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host".parse()?;
//! assert_eq!(candidate.to_string(), "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host");
//! # Ok::<(), ice_agent::sdp::CandidateError>(())
//! ```

use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::str::FromStr;

use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map_opt, opt};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser as _};
use sansio::Transport;

use crate::candidate::{Candidate, CandidateType, ComponentId, Foundation};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 4096;
/// How many extensions a line may have.
pub const MAX_EXTENSIONS: usize = 32;

/// Why a line is not a candidate that can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CandidateError {
    /// Longer than [`MAX_LINE`], or with more than [`MAX_EXTENSIONS`] extensions.
    #[error("the candidate line is too long")]
    TooLong,
    /// It does not begin with `candidate:`.
    #[error("a candidate line begins with \"candidate:\"")]
    Prefix,
    /// The foundation is not 1 to 32 letters, digits, `+` or `/`.
    #[error("the foundation is not 1 to 32 letters, digits, '+' or '/'")]
    Foundation,
    /// The component is not 1 to 256.
    #[error("the component is not a number from 1 to 256")]
    Component,
    /// The transport is neither `udp` nor `tcp`.
    #[error("the transport is neither udp nor tcp")]
    Transport,
    /// The priority is not 1 to 2³¹ − 1.
    #[error("the priority is not a number from 1 to 2147483647")]
    Priority,
    /// The address is not an IP address.
    #[error("the address is not an IP address")]
    Address,
    /// The port is not 0 to 65,535.
    #[error("the port is not a number from 0 to 65535")]
    Port,
    /// `typ` and one of `host`, `srflx`, `prflx`, `relay` do not follow.
    #[error("\"typ\" and host, srflx, prflx or relay do not follow the port")]
    Type,
    /// `raddr` and `rport` do not hold an address.
    #[error("raddr and rport do not hold an address and a port")]
    RelatedAddress,
    /// The extensions are not pairs of a name and a value.
    #[error("the extensions are not names with values")]
    Extensions,
}

impl FromStr for Candidate {
    type Err = CandidateError;

    fn from_str(line: &str) -> Result<Self, CandidateError> {
        let line = line.trim_end_matches(['\r', '\n']);
        if line.len() > MAX_LINE {
            return Err(CandidateError::TooLong);
        }
        let rest =
            read(line, preceded(opt(tag("a=")), tag("candidate:")), CandidateError::Prefix)?.0;
        let (rest, foundation) =
            read(rest, map_opt(word, Foundation::new), CandidateError::Foundation)?;
        let component = map_opt(field(digit1), |text: &str| ComponentId::new(text.parse().ok()?));
        let (rest, component) = read(rest, component, CandidateError::Component)?;
        let (rest, transport) =
            read(rest, map_opt(field(word), transport), CandidateError::Transport)?;
        let priority = map_opt(field(digit1), |text: &str| {
            text.parse().ok().filter(|priority| (1..=0x7FFF_FFFF).contains(priority))
        });
        let (rest, priority) = read(rest, priority, CandidateError::Priority)?;
        let (rest, ip) = read(rest, ip_address, CandidateError::Address)?;
        let (rest, port) = read(rest, port, CandidateError::Port)?;
        let candidate_type = map_opt(preceded(tag_no_case(" typ"), field(word)), candidate_type);
        let (rest, candidate_type) = read(rest, candidate_type, CandidateError::Type)?;
        let (rest, related_address) = related_address(rest)?;
        let (rest, extensions) = read(
            rest,
            all_consuming(many0((field(word), field(value)))),
            CandidateError::Extensions,
        )?;
        debug_assert!(rest.is_empty());
        if extensions.len() > MAX_EXTENSIONS {
            return Err(CandidateError::TooLong);
        }
        let extensions =
            extensions.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self {
            foundation,
            component,
            transport,
            priority,
            address: SocketAddr::new(ip, port),
            candidate_type,
            related_address,
            extensions: extensions.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Candidate {
    /// The line, without `a=`. Extensions that could break it (with spaces or line ends inside) are
    /// left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, component, transport, priority, address, candidate_type, .. } = self;
        let (ip, port) = (address.ip(), address.port());
        write!(
            f,
            "candidate:{foundation} {component} {transport} {priority} {ip} {port} typ {candidate_type}"
        )?;
        if let Some(related) = self.related_address {
            write!(f, " raddr {} rport {}", related.ip(), related.port())?;
        }
        let proper = |text: &str| !text.is_empty() && text.bytes().all(is_value_byte);
        for (name, value) in &self.extensions {
            if proper(name) && proper(value) {
                write!(f, " {name} {value}")?;
            }
        }
        Ok(())
    }
}

fn read<'a, O>(
    text: &'a str,
    mut parser: impl nom::Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>>,
    error: CandidateError,
) -> Result<(&'a str, O), CandidateError> {
    parser.parse(text).map_err(|_| error)
}

/// One space, then what `parser` reads.
fn field<'a, O>(
    parser: impl nom::Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>>,
) -> impl nom::Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>> {
    preceded(char(' '), parser)
}

/// Anything up to the next space.
fn word(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c != ' ' && !c.is_control()).parse(text)
}

fn value(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| u8::try_from(c).is_ok_and(is_value_byte) || !c.is_ascii()).parse(text)
}

/// A byte-string without what separates fields and lines (RFC 8839 §5.1, RFC 4566 §9).
const fn is_value_byte(byte: u8) -> bool {
    !matches!(byte, 0 | b'\r' | b'\n' | b' ')
}

fn ip_address(text: &str) -> IResult<&str, IpAddr> {
    map_opt(field(word), |text: &str| text.parse().ok()).parse(text)
}

fn port(text: &str) -> IResult<&str, u16> {
    map_opt(field(digit1), |text: &str| text.parse().ok()).parse(text)
}

fn transport(text: &str) -> Option<Transport> {
    if text.eq_ignore_ascii_case("udp") {
        Some(Transport::Udp)
    } else if text.eq_ignore_ascii_case("tcp") {
        Some(Transport::Tcp)
    } else {
        None
    }
}

fn candidate_type(text: &str) -> Option<CandidateType> {
    [
        CandidateType::Host,
        CandidateType::ServerReflexive,
        CandidateType::PeerReflexive,
        CandidateType::Relayed,
    ]
    .into_iter()
    .find(|candidate_type| candidate_type.name().eq_ignore_ascii_case(text))
}

fn related_address(text: &str) -> Result<(&str, Option<SocketAddr>), CandidateError> {
    let Ok((rest, _)) = tag_no_case::<_, _, nom::error::Error<&str>>(" raddr").parse(text) else {
        return Ok((text, None));
    };
    let (rest, ip) = read(rest, ip_address, CandidateError::RelatedAddress)?;
    let (rest, port) =
        read(rest, preceded(tag_no_case(" rport"), port), CandidateError::RelatedAddress)?;
    Ok((rest, Some(SocketAddr::new(ip, port))))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::*;

    const HOST: &str = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

    #[test]
    fn lines_as_browsers_write_them() {
        for line in [
            "candidate:842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EEtu network-id 1 network-cost 10",
            "candidate:1 1 udp 2113937151 2001:db8::5 60000 typ host generation 0",
            "candidate:3 2 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
            "candidate:3289912957 1 udp 41885695 203.0.113.9 51000 typ relay raddr 198.51.100.7 rport 46154",
        ] {
            let candidate: Candidate = line.parse().expect(line);
            assert_eq!(candidate.to_string(), line);
            assert_eq!(format!("a={line}\r\n").parse(), Ok(candidate));
        }
    }

    #[test]
    fn words_of_the_grammar_have_no_case() {
        let line = "candidate:1 1 UDP 7 192.0.2.1 5 TYP Srflx RADDR 10.0.0.1 Rport 9 Generation 0";
        let candidate: Candidate = line.parse().expect("proper");
        assert_eq!(candidate.candidate_type, CandidateType::ServerReflexive);
        assert_eq!(candidate.related_address, Some(([10, 0, 0, 1], 9).into()));
        assert_eq!(candidate.extensions, [("Generation".into(), "0".into())]);
    }

    #[test]
    fn i14_lines_that_are_refused_and_why() {
        use CandidateError as E;
        let cases = [
            ("", E::Prefix),
            ("candidat:1 1 udp 1 192.0.2.1 5 typ host", E::Prefix),
            ("candidate: 1 udp 1 192.0.2.1 5 typ host", E::Foundation),
            ("candidate:a-b 1 udp 1 192.0.2.1 5 typ host", E::Foundation),
            (
                "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 5 typ host",
                E::Foundation,
            ),
            ("candidate:1 0 udp 1 192.0.2.1 5 typ host", E::Component),
            ("candidate:1 257 udp 1 192.0.2.1 5 typ host", E::Component),
            ("candidate:1 1 sctp 1 192.0.2.1 5 typ host", E::Transport),
            ("candidate:1 1 udp 0 192.0.2.1 5 typ host", E::Priority),
            ("candidate:1 1 udp 2147483648 192.0.2.1 5 typ host", E::Priority),
            ("candidate:1 1 udp 99999999999999999999 192.0.2.1 5 typ host", E::Priority),
            (
                "candidate:1 1 udp 1 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 5 typ host",
                E::Address,
            ),
            ("candidate:1 1 udp 1 192.0.2.256 5 typ host", E::Address),
            ("candidate:1 1 udp 1 192.0.2.1 65536 typ host", E::Port),
            ("candidate:1 1 udp 1 192.0.2.1 5", E::Type),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ best", E::Type),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr 10.0.0.1", E::RelatedAddress),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ srflx raddr here rport 1", E::RelatedAddress),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ host generation", E::Extensions),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ host  a b", E::Extensions),
            ("candidate:1 1 udp 1 192.0.2.1 5 typ host a b\nc d", E::Extensions),
        ];
        for (line, error) in cases {
            assert_eq!(line.parse::<Candidate>(), Err(error), "{line}");
        }
        let many = format!("{HOST}{}", " a b".repeat(MAX_EXTENSIONS + 1));
        assert_eq!(many.parse::<Candidate>(), Err(E::TooLong));
        let long = format!("{HOST} a {}", "b".repeat(1 << 20));
        assert_eq!(long.parse::<Candidate>(), Err(E::TooLong));
    }

    #[test]
    fn i14_nothing_written_can_break_the_line() {
        let mut candidate: Candidate = HOST.parse().expect("proper");
        candidate.extensions.push(("a".into(), "b\r\na=candidate:evil".into()));
        candidate.extensions.push(("c d".into(), "e".into()));
        assert_eq!(candidate.to_string(), HOST);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            foundation in "[A-Za-z0-9+/]{1,32}",
            component in 1..=256_u16,
            udp: bool,
            priority in 1..=0x7FFF_FFFF_u32,
            ip: IpAddr,
            port: u16,
            kind in 0..4_usize,
            related in proptest::option::of((any::<IpAddr>(), any::<u16>())),
            extensions in proptest::collection::vec(("[a-z-]{1,12}", "[!-~]{1,12}"), 0..8),
        ) {
            prop_assume!(extensions.first().is_none_or(|(name, _)| name != "raddr"));
            let candidate_type = [
                CandidateType::Host,
                CandidateType::ServerReflexive,
                CandidateType::PeerReflexive,
                CandidateType::Relayed,
            ][kind];
            let candidate = Candidate {
                foundation: Foundation::new(&foundation).expect("proper"),
                component: ComponentId::new(component).expect("proper"),
                transport: if udp { Transport::Udp } else { Transport::Tcp },
                priority,
                address: SocketAddr::new(ip, port),
                candidate_type,
                related_address: related.map(|(ip, port)| SocketAddr::new(ip, port)),
                extensions,
            };
            prop_assert_eq!(candidate.to_string().parse(), Ok(candidate));
        }

        #[test]
        fn any_text_is_read_without_harm(text in "(candidate:)?\\PC{0,200}") {
            let _ = text.parse::<Candidate>();
        }
    }
}
