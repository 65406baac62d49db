use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::sync::{Mutex, PoisonError};

use sansio::{FiveTuple, Transmit, Transport};
use tokio::net::UdpSocket;

use super::frame;
use crate::Subnet;

/// The socket of a peer behind a [`NatBox`](super::NatBox): it sends and receives as a plain UDP
/// socket of its network would.
///
/// What goes to its own subnet goes there directly; all else goes to the gateway and through the
/// NAT. What comes from its own subnet or from the gateway is received; all else is dropped and
/// [counted](Self::strays), as a stranger would never have reached it.
#[derive(Debug)]
pub struct LanSocket {
    socket: UdpSocket,
    local: SocketAddr,
    gateway: SocketAddr,
    subnet: Subnet,
    strays: AtomicU64,
    /// Where frames are built; none of the two directions allocates for a datagram.
    frame: Mutex<Vec<u8>>,
}

impl LanSocket {
    /// A socket bound to `local`, a real loopback address of `subnet` (port 0: the system chooses),
    /// whose way out is `gateway`: [`NatBox::gateway`](super::NatBox::gateway).
    /// [`NatBox::lan_socket`](super::NatBox::lan_socket) is the short form within one program.
    ///
    /// # Errors
    ///
    /// When `local` is no address of `subnet`, or it can't be bound; the error names the address.
    pub async fn bind(local: SocketAddr, gateway: SocketAddr, subnet: Subnet) -> io::Result<Self> {
        let what = |kind, why: &dyn core::fmt::Display| {
            io::Error::new(kind, format!("the peer's socket {local}: {why}"))
        };
        if !subnet.contains(local.ip()) {
            let why = format!("not an address of {subnet}");
            return Err(what(io::ErrorKind::InvalidInput, &why));
        }
        let socket = UdpSocket::bind(local).await.map_err(|error| what(error.kind(), &error))?;
        let local = socket.local_addr()?;
        let frame = Mutex::new(vec![0; MAX_DATAGRAM]);
        Ok(Self { socket, local, gateway, subnet, strays: AtomicU64::new(0), frame })
    }

    /// The address that it is bound to: a private one, the peer's host candidate.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sends one datagram to `five_tuple.remote`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `five_tuple` is not UDP from [`local_addr`](Self::local_addr) or the
    /// payload is too long for a frame; otherwise what the system says.
    pub async fn send(&self, datagram: Transmit<&[u8]>) -> io::Result<()> {
        loop {
            match self.try_send(datagram) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.socket.writable().await?;
                }
                done => return done,
            }
        }
    }

    /// As [`send`](Self::send), but where that would wait it does nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and `WouldBlock` when the system's buffer is full.
    pub fn try_send(&self, datagram: Transmit<&[u8]>) -> io::Result<()> {
        let FiveTuple { transport, local, remote } = datagram.five_tuple;
        if transport != Transport::Udp || local != self.local {
            let message = format!("{} is not sent from {}", datagram.five_tuple, self.local);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if self.subnet.contains(remote.ip()) && remote != self.gateway {
            return self.socket.try_send_to(datagram.payload, remote).map(drop);
        }
        // A panic can't leave a buffer in a state that matters.
        let mut buf = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
        let framed = frame::encode(remote, datagram.payload, &mut buf)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.socket.try_send_to(framed, self.gateway).map(drop)
    }

    /// Waits for the next datagram and puts it into `buf`. It may be dropped while it waits, and
    /// nothing is lost.
    ///
    /// `buf` should have room for the longest datagram and [`frame::MAX_HEADER`] more; what does
    /// not fit is cut off.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub async fn recv<'b>(&self, buf: &'b mut [u8]) -> io::Result<Transmit<&'b [u8]>> {
        loop {
            let (length, from) = self.socket.recv_from(buf).await?;
            if let Some((remote, start)) = self.admit(from, &buf[..length]) {
                let five_tuple = FiveTuple::udp(self.local, remote);
                return Ok(Transmit::new(five_tuple, &buf[start..length]));
            }
        }
    }

    /// How many datagrams were dropped because they came from outside of the subnet and not
    /// through the gateway.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays.load(Ordering::Relaxed)
    }

    /// Who sent it, and where its payload starts.
    fn admit(&self, from: SocketAddr, datagram: &[u8]) -> Option<(SocketAddr, usize)> {
        if from == self.gateway
            && let Ok((remote, payload)) = frame::decode(datagram)
        {
            return Some((remote, datagram.len() - payload.len()));
        }
        if from != self.gateway && self.subnet.contains(from.ip()) {
            return Some((from, 0));
        }
        self.strays.fetch_add(1, Ordering::Relaxed);
        None
    }
}

/// The most that one UDP datagram over IPv4 holds.
pub(super) const MAX_DATAGRAM: usize = 65_507;
