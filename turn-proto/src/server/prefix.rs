use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// A block of addresses: those that begin with the same bits.
///
/// ```
/// use turn_proto::server::Prefix;
///
/// let loopback: Prefix = "127.0.0.0/8".parse()?;
/// assert!(loopback.contains([127, 1, 2, 3].into()));
/// assert!(!loopback.contains([128, 0, 0, 1].into()));
/// assert_eq!("2001:db8::1".parse::<Prefix>()?.to_string(), "2001:db8::1/128");
/// # Ok::<(), turn_proto::server::PrefixError>(())
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why this is not a block of addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrefixError {
    /// What stands before the slash is no IP address.
    #[error("not an IP address")]
    Address,
    /// What stands after the slash is no number, or more than the address has bits.
    #[error("the length of a prefix is 0 to 32 for IPv4, 0 to 128 for IPv6")]
    Length,
}

impl Prefix {
    /// The addresses that share their first `length` bits with `address`.
    ///
    /// # Errors
    /// [`PrefixError::Length`] when the address has fewer bits than that.
    pub const fn new(address: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if length > bits { Err(PrefixError::Length) } else { Ok(Self { address, length }) }
    }

    pub(super) const fn v4(a: u8, b: u8, c: u8, length: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), length }
    }

    pub(super) const fn v6(a: u16, b: u16, c: u16, length: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), length }
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub const fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = ours.to_bits() ^ theirs.to_bits();
                differing.leading_zeros() >= self.length as u32
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = ours.to_bits() ^ theirs.to_bits();
                differing.leading_zeros() >= self.length as u32
            }
            _ => false,
        }
    }
}

impl From<IpAddr> for Prefix {
    /// This one address.
    fn from(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let Some((address, length)) = text.split_once('/') else {
            return text
                .parse()
                .map(|address: IpAddr| address.into())
                .map_err(|_| PrefixError::Address);
        };
        let address = address.parse().map_err(|_| PrefixError::Address)?;
        // `parse` would let a sign through.
        if !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PrefixError::Length);
        }
        Self::new(address, length.parse().map_err(|_| PrefixError::Length)?)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_from_nothing_to_everything() {
        let all: Prefix = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains([255, 255, 255, 255].into()));
        assert!(!all.contains(Ipv6Addr::LOCALHOST.into()));
        let one: Prefix = "192.0.2.1".parse().unwrap();
        assert!(one.contains([192, 0, 2, 1].into()) && !one.contains([192, 0, 2, 0].into()));
        let odd: Prefix = "fec0::/10".parse().unwrap();
        assert!(odd.contains("feff:ffff::1".parse().unwrap()));
        assert!(!odd.contains("fe80::1".parse().unwrap()));
    }

    #[test]
    fn t29_what_is_no_prefix_is_refused() {
        for (text, error) in [
            ("", PrefixError::Address),
            ("10.0.0/8", PrefixError::Address),
            ("10.0.0.0/33", PrefixError::Length),
            ("::/129", PrefixError::Length),
            ("10.0.0.0/", PrefixError::Length),
            ("10.0.0.0/+8", PrefixError::Length),
            ("10.0.0.0/-1", PrefixError::Length),
            ("10.0.0.0/8/8", PrefixError::Length),
        ] {
            assert_eq!(text.parse::<Prefix>(), Err(error), "{text}");
        }
    }
}
