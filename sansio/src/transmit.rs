use core::fmt;
use core::net::SocketAddr;

/// How bytes travel between two addresses.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Transport {
    /// Datagrams: each one arrives whole or not at all.
    Udp,
    /// A stream: what arrives is in order, and framed by the protocol.
    Tcp,
}

impl Transport {
    /// Whether what is sent arrives, so that the protocol need not send it again.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        matches!(self, Self::Tcp)
    }
}

impl fmt::Display for Transport {
    /// `udp` or `tcp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        })
    }
}

/// The transport with the addresses of both its ends, seen from this side.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FiveTuple {
    /// How the bytes travel.
    pub transport: Transport,
    /// This side: the address of a socket that the caller owns.
    pub local: SocketAddr,
    /// The other side: where a datagram goes to, or came from.
    pub remote: SocketAddr,
}

impl FiveTuple {
    /// The 5-tuple of a datagram between `local` and `remote`.
    #[must_use]
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Udp, local, remote }
    }

    /// The 5-tuple of a stream between `local` and `remote`.
    #[must_use]
    pub const fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Tcp, local, remote }
    }

    /// The same path as the other side sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { transport: self.transport, local: self.remote, remote: self.local }
    }
}

impl fmt::Display for FiveTuple {
    /// `udp 192.0.2.1:5000 -> 198.51.100.2:3478`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.transport, self.local, self.remote)
    }
}

/// One datagram, or one framed message of a stream: on its way out when a machine hands it
/// out (`five_tuple.remote` is where it goes), or on its way in when it is handed to a machine
/// (`five_tuple.remote` is where it came from). `five_tuple.local` is the caller's socket both times.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Transmit<B> {
    /// The path that it takes.
    pub five_tuple: FiveTuple,
    /// Its bytes.
    pub payload: B,
}

impl<B> Transmit<B> {
    /// `payload` on the path `five_tuple`.
    #[must_use]
    pub const fn new(five_tuple: FiveTuple, payload: B) -> Self {
        Self { five_tuple, payload }
    }

    /// The same with its payload replaced, say by a borrow of it.
    #[must_use]
    pub fn map<C>(self, f: impl FnOnce(B) -> C) -> Transmit<C> {
        Transmit { five_tuple: self.five_tuple, payload: f(self.payload) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_five_tuple_reads_the_other_way_round_from_the_other_side() {
        let here: SocketAddr = ([192, 0, 2, 1], 5000).into();
        let there: SocketAddr = ([198, 51, 100, 2], 3478).into();
        let path = FiveTuple::udp(here, there);
        assert_eq!(path.reversed(), FiveTuple::udp(there, here));
        assert_eq!(path.reversed().reversed(), path);
    }

    #[cfg(feature = "std")]
    #[test]
    fn prints_as_a_path() {
        use std::string::ToString as _;
        let path = FiveTuple::tcp(([192, 0, 2, 1], 5000).into(), ([198, 51, 100, 2], 3478).into());
        assert_eq!(path.to_string(), "tcp 192.0.2.1:5000 -> 198.51.100.2:3478");
    }

    #[test]
    fn only_streams_are_reliable() {
        assert!(Transport::Tcp.is_reliable());
        assert!(!Transport::Udp.is_reliable());
    }
}
