use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::UriError;

/// Where a server is (RFC 3986 §3.2.2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Host<'a> {
    /// A name to be looked up.
    Name(Name<'a>),
    /// An address of IPv4: four numbers without leading zeros, and nothing else.
    Ipv4(Ipv4Addr),
    /// An address of IPv6, in brackets.
    Ipv6(Ipv6Addr),
}

impl Host<'_> {
    /// The address, when it is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match *self {
            Self::Name(_) => None,
            Self::Ipv4(address) => Some(IpAddr::V4(address)),
            Self::Ipv6(address) => Some(IpAddr::V6(address)),
        }
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(address),
            IpAddr::V6(address) => Self::Ipv6(address),
        }
    }
}

impl<'a> From<Name<'a>> for Host<'a> {
    fn from(name: Name<'a>) -> Self {
        Self::Name(name)
    }
}

impl fmt::Display for Host<'_> {
    /// As in a URI: in lower case, IPv6 in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => fmt::Display::fmt(name, f),
            Self::Ipv4(address) => fmt::Display::fmt(address, f),
            Self::Ipv6(address) => write!(f, "[{address}]"),
        }
    }
}

/// The name of a host: letters, digits and any of ``-._~!$&'()*+,;=``, and other bytes as `%` with
/// two hexadecimal digits. Names are equal whatever the case of their letters.
///
/// That is more than the DNS knows: the URI's grammar does not tell whether it is a name there.
/// Numbers with dots that are no address, such as `127.1`, are names too, and some resolvers make
/// addresses of them.
#[derive(Clone, Copy)]
pub struct Name<'a>(&'a str);

impl<'a> Name<'a> {
    /// The host of this name. `None` when it is empty, has a character that no name can have, or
    /// is an address of IPv4.
    #[must_use]
    pub fn new(name: &'a str) -> Option<Self> {
        let is_one = !name.is_empty() && first_foreign(name).is_none();
        (is_one && name.parse::<Ipv4Addr>().is_err()).then_some(Self(name))
    }

    /// As it was written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Its bytes without percent-encoding: UTF-8, or anything else that a stranger has put there
    /// (RFC 3986 §3.2.2).
    pub fn decoded(&self) -> impl Iterator<Item = u8> + use<'a> {
        let mut rest = self.0.as_bytes();
        core::iter::from_fn(move || {
            let (byte, tail) = match *rest {
                [b'%', high, low, ref tail @ ..] => (digit(high)? << 4 | digit(low)?, tail),
                [byte, ref tail @ ..] => (byte, tail),
                [] => return None,
            };
            rest = tail;
            Some(byte)
        })
    }

    /// In lower case, but for the digits behind a `%` (RFC 3986 §6.2.2.1).
    fn canonical(&self) -> impl Iterator<Item = u8> + use<'a> {
        let mut digits = 0_u8;
        self.0.bytes().map(move |byte| {
            if digits > 0 {
                digits -= 1;
                return byte.to_ascii_uppercase();
            }
            if byte == b'%' {
                digits = 2;
            }
            byte.to_ascii_lowercase()
        })
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Name<'_> {}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical().cmp(other.canonical())
    }
}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().for_each(|byte| state.write_u8(byte));
        state.write_u8(0xFF);
    }
}

impl fmt::Display for Name<'_> {
    /// In lower case, but for the digits behind a `%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.canonical().try_for_each(|byte| fmt::Write::write_char(f, char::from(byte)))
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// The host at `start` of `text`, and where the text goes on behind it.
pub(super) fn read(text: &str, start: usize) -> Result<(Host<'_>, usize), UriError> {
    let rest = text.get(start..).unwrap_or_default();
    if let Some(inside) = rest.strip_prefix('[') {
        let (address, _) = inside.split_once(']').ok_or(UriError::Ipv6 { offset: start })?;
        let end = start + address.len() + 2;
        let address = address.parse().map_err(|_| UriError::Ipv6 { offset: start })?;
        return match text.as_bytes().get(end) {
            None | Some(b':' | b'?') => Ok((Host::Ipv6(address), end)),
            Some(_) => Err(UriError::Unexpected { offset: end }),
        };
    }
    let (name, _) = rest.split_once([':', '?']).unwrap_or((rest, ""));
    if name.is_empty() {
        return Err(UriError::NoHost { offset: start });
    }
    if let Some(at) = first_foreign(name) {
        return Err(UriError::HostCharacter { offset: start + at });
    }
    let host = name.parse().map_or(Host::Name(Name(name)), Host::Ipv4);
    Ok((host, start + name.len()))
}

/// Whether it may stand in a URI for itself alone (RFC 3986 §2.3).
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Where the first character is that no name can have.
fn first_foreign(name: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    bytes.iter().enumerate().position(|(at, byte)| match byte {
        b'%' => !matches!(
            bytes.get(at + 1..at + 3),
            Some([high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        ),
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => false,
        byte => !is_unreserved(*byte),
    })
}

fn digit(hexadecimal: u8) -> Option<u8> {
    char::from(hexadecimal).to_digit(16).map(|digit| digit as u8)
}
