use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

/// A block of addresses: those whose first `prefix` bits are the same.
///
/// ```
/// use testkit::Subnet;
///
/// let home: Subnet = "192.168.1.0/24".parse()?;
/// assert!(home.contains([192, 168, 1, 7].into()));
/// assert!(!home.contains([192, 168, 2, 7].into()));
/// # Ok::<(), testkit::SubnetError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Subnet {
    address: IpAddr,
    prefix: u8,
}

impl Subnet {
    /// The block of the addresses that share their first `prefix` bits with `address`.
    ///
    /// # Errors
    ///
    /// [`SubnetError::Prefix`] when the address has fewer bits than that.
    pub const fn new(address: IpAddr, prefix: u8) -> Result<Self, SubnetError> {
        if prefix > width(address) {
            return Err(SubnetError::Prefix { prefix });
        }
        Ok(Self { address, prefix })
    }

    /// Whether `address` lies in this block; never for an address of the other family.
    #[must_use]
    pub const fn contains(self, address: IpAddr) -> bool {
        let (difference, width) = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => ((a.to_bits() ^ b.to_bits()) as u128, 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
            _ => return false,
        };
        self.prefix == 0 || difference >> (width - self.prefix) == 0
    }

    /// Whether the two blocks share an address.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        let wider = if self.prefix < other.prefix { self } else { other };
        wider.contains(self.address) && wider.contains(other.address)
    }
}

impl FromStr for Subnet {
    type Err = SubnetError;

    /// Reads `192.168.1.0/24` or `fd00::/8`.
    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let (address, prefix) = text.split_once('/').ok_or(SubnetError::Slash)?;
        let address = address.parse().map_err(|_| SubnetError::Address)?;
        let prefix = prefix.parse().map_err(|_| SubnetError::Length)?;
        Self::new(address, prefix)
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Why a text or a pair of numbers is no [`Subnet`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubnetError {
    /// There is no `/` between address and prefix length.
    #[error("a subnet is written address/prefix-length, and the slash is missing")]
    Slash,
    /// What stands before the `/` is no IP address.
    #[error("what stands before the slash is not an IP address")]
    Address,
    /// What stands behind the `/` is no number from 0 to 255.
    #[error("what stands behind the slash is not a prefix length")]
    Length,
    /// The prefix is longer than the address.
    #[error("a prefix of {prefix} bits is longer than the address")]
    Prefix {
        /// The length that was asked for.
        prefix: u8,
    },
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    #[test]
    fn the_prefix_decides() {
        assert!(subnet("10.0.0.0/8").contains([10, 255, 0, 1].into()));
        assert!(!subnet("10.0.0.0/8").contains([11, 0, 0, 1].into()));
        assert!(subnet("0.0.0.0/0").contains([203, 0, 113, 9].into()));
        assert!(subnet("10.1.2.3/32").contains([10, 1, 2, 3].into()));
        assert!(!subnet("10.1.2.3/32").contains([10, 1, 2, 2].into()));
        assert!(subnet("fd00::/8").contains("fdff::1".parse().unwrap()));
        assert!(subnet("::/0").contains("2001:db8::1".parse().unwrap()));
        assert!(!subnet("::/0").contains([10, 0, 0, 1].into()));
    }

    #[test]
    fn overlap_is_one_inside_the_other() {
        assert!(subnet("127.1.0.0/16").overlaps(subnet("127.0.0.0/8")));
        assert!(subnet("127.0.0.0/8").overlaps(subnet("127.1.0.0/16")));
        assert!(!subnet("127.1.0.0/16").overlaps(subnet("127.2.0.0/16")));
    }

    #[test]
    fn says_what_is_wrong_with_a_text() {
        assert_eq!("10.0.0.0".parse::<Subnet>(), Err(SubnetError::Slash));
        assert_eq!("10.0.0/8".parse::<Subnet>(), Err(SubnetError::Address));
        assert_eq!("10.0.0.0/x".parse::<Subnet>(), Err(SubnetError::Length));
        assert_eq!("10.0.0.0/33".parse::<Subnet>(), Err(SubnetError::Prefix { prefix: 33 }));
        assert_eq!(subnet("10.0.0.0/8").to_string(), "10.0.0.0/8");
    }
}
