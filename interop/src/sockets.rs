//! The sockets of one program: plain UDP sockets, or ones behind a [`NatBox`], all of which are
//! read in one place together with the time.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sansio::{Clock, FiveTuple, Timestamp, Transmit};
use testkit::natbox::{LanSocket, NatBox};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

/// The most bytes of a datagram.
const MAX_DATAGRAM: usize = 65_535;

/// Open sockets, what has come in on them, and the time.
#[derive(Debug)]
pub struct Sockets {
    clock: Clock,
    skipped: Duration,
    open: BTreeMap<SocketAddr, Open>,
    sender: Sender<Transmit<Bytes>>,
    receiver: Receiver<Transmit<Bytes>>,
}

#[derive(Debug)]
struct Open {
    socket: Arc<Socket>,
    reader: JoinHandle<()>,
}

#[derive(Debug)]
enum Socket {
    Plain(UdpSocket),
    BehindNat(LanSocket),
}

impl Socket {
    async fn send(&self, transmit: Transmit<&[u8]>) -> io::Result<()> {
        match self {
            Self::Plain(socket) => {
                socket.send_to(transmit.payload, transmit.five_tuple.remote).await.map(drop)
            }
            Self::BehindNat(socket) => socket.send(transmit).await,
        }
    }

    async fn receive(&self, local: SocketAddr, buffer: &mut [u8]) -> io::Result<Transmit<Bytes>> {
        match self {
            Self::Plain(socket) => {
                let (length, remote) = socket.recv_from(buffer).await?;
                let payload = Bytes::copy_from_slice(&buffer[..length]);
                Ok(Transmit::new(FiveTuple::udp(local, remote), payload))
            }
            Self::BehindNat(socket) => Ok(socket.recv(buffer).await?.map(Bytes::copy_from_slice)),
        }
    }
}

impl Default for Sockets {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(1024);
        let open = BTreeMap::new();
        Self { clock: Clock::start(), skipped: Duration::ZERO, open, sender, receiver }
    }
}

impl Sockets {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now() + self.skipped
    }

    /// Puts the clock of this program forward, so that the machines find their deadlines over. The
    /// other program's clock stays.
    pub fn skip(&mut self, length: Duration) {
        self.skipped += length;
    }

    /// Opens a socket; with port 0 the system chooses one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let socket = UdpSocket::bind(address).await?;
        let local = socket.local_addr()?;
        self.read(local, Socket::Plain(socket));
        Ok(local)
    }

    /// Opens a socket on the inner side of a NAT.
    ///
    /// # Errors
    /// When the address cannot be bound, or is none of that network.
    pub async fn bind_behind(
        &mut self,
        natbox: &NatBox,
        address: SocketAddr,
    ) -> io::Result<SocketAddr> {
        let socket = natbox.lan_socket(address).await?;
        let local = socket.local_addr();
        self.read(local, Socket::BehindNat(socket));
        Ok(local)
    }

    fn read(&mut self, local: SocketAddr, socket: Socket) {
        let socket = Arc::new(socket);
        let (reading, sender) = (socket.clone(), self.sender.clone());
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; MAX_DATAGRAM];
            while let Ok(datagram) = reading.receive(local, &mut buffer).await {
                if sender.send(datagram).await.is_err() {
                    return;
                }
            }
        });
        self.open.insert(local, Open { socket, reader });
    }

    /// Closes a socket, if it is open.
    pub fn close(&mut self, local: SocketAddr) {
        if let Some(open) = self.open.remove(&local) {
            open.reader.abort();
        }
    }

    /// Sends a datagram from the socket `five_tuple.local`. What the system does not want to send
    /// is lost, as on the way.
    pub async fn send(&self, transmit: Transmit<impl AsRef<[u8]>>) {
        match self.open.get(&transmit.five_tuple.local) {
            Some(open) => {
                let borrowed = Transmit::new(transmit.five_tuple, transmit.payload.as_ref());
                if let Err(error) = open.socket.send(borrowed).await {
                    eprintln!("{}: {error}", transmit.five_tuple);
                }
            }
            None => eprintln!("{}: no such socket", transmit.five_tuple),
        }
    }

    /// The next datagram on any socket; `None` when `deadline` comes first.
    pub async fn receive(&mut self, deadline: Option<Timestamp>) -> Option<Transmit<Bytes>> {
        let deadline = deadline.unwrap_or(Timestamp::MAX) - self.skipped;
        tokio::select! {
            datagram = self.receiver.recv() => datagram,
            () = sleep_until(self.clock.instant(deadline).into()) => None,
        }
    }
}
