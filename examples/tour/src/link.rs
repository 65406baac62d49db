//! A QUIC endpoint's socket that is no socket: its datagrams are carried by an ICE agent, on
//! whatever path the agent has selected.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, OwnedPermit, Receiver, Sender};

/// How many datagrams wait in each direction at the most.
const QUEUE: usize = 256;

/// The other end as QUIC sees it. The agent may change the path at any time, and QUIC must not
/// take that for a migration: so it sees one address that never changes.
pub(crate) const FAR_END: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 1);

/// This end as QUIC sees it.
const NEAR_END: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 1);

/// QUIC's end of a link.
#[derive(Debug)]
pub(crate) struct Link {
    outgoing: Sender<Bytes>,
    /// Only the endpoint's driver reads it.
    incoming: Mutex<Receiver<Bytes>>,
}

/// The agent's end of a link.
#[derive(Debug)]
pub(crate) struct Carrier {
    /// What QUIC wants to be carried to the peer.
    pub(crate) outgoing: Receiver<Bytes>,
    incoming: Sender<Bytes>,
}

/// A link with its two ends.
pub(crate) fn link() -> (Link, Carrier) {
    let (outgoing, to_carry) = mpsc::channel(QUEUE);
    let (carried, incoming) = mpsc::channel(QUEUE);
    let link = Link { outgoing, incoming: Mutex::new(incoming) };
    (link, Carrier { outgoing: to_carry, incoming: carried })
}

impl Carrier {
    /// Hands on what the peer has sent. As on any network, what finds the queue full is lost, and QUIC
    /// sends it again.
    pub(crate) fn deliver(&self, datagram: &[u8]) {
        if let Ok(place) = self.incoming.try_reserve() {
            place.send(Bytes::copy_from_slice(datagram));
        }
    }
}

impl AsyncUdpSocket for Link {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(RoomPoller { outgoing: self.outgoing.clone(), waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.outgoing.try_send(Bytes::copy_from_slice(transmit.contents)).map_err(|error| {
            match error {
                TrySendError::Full(_) => io::ErrorKind::WouldBlock.into(),
                TrySendError::Closed(_) => closed(),
            }
        })
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        facts: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        for (buffer, fact) in buffers.iter_mut().zip(facts) {
            let datagram = match incoming.poll_recv(context) {
                Poll::Ready(Some(datagram)) => datagram,
                Poll::Ready(None) if count == 0 => return Poll::Ready(Err(closed())),
                Poll::Pending if count == 0 => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => break,
            };
            // One that is too long for the buffer is none that we have sent: QUIC drops the piece.
            let length = datagram.len().min(buffer.len());
            buffer[..length].copy_from_slice(&datagram[..length]);
            *fact =
                RecvMeta { addr: FAR_END, len: length, stride: length, ecn: None, dst_ip: None };
            count += 1;
        }
        Poll::Ready(Ok(count))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(NEAR_END)
    }

    /// One datagram at a time: segmentation offload is for a real socket's driver.
    fn max_transmit_segments(&self) -> usize {
        1
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the agent has ended")
}

/// Waits for room in the queue of outgoing datagrams.
struct RoomPoller {
    outgoing: Sender<Bytes>,
    waiting: Option<Waiting>,
}

type Waiting = Pin<Box<dyn Future<Output = Option<OwnedPermit<Bytes>>> + Send + Sync>>;

impl UdpPoller for RoomPoller {
    fn poll_writable(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let waiting = this.waiting.get_or_insert_with(|| {
            let outgoing = this.outgoing.clone();
            Box::pin(async move { outgoing.reserve_owned().await.ok() })
        });
        let place = ready!(waiting.as_mut().poll(context));
        this.waiting = None;
        // The place is given back here: `try_send` takes one for itself.
        Poll::Ready(place.map(drop).ok_or_else(closed))
    }
}

impl fmt::Debug for RoomPoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomPoller").finish_non_exhaustive()
    }
}

/// In place of two agents and a network.
#[cfg(test)]
pub(crate) fn wire(mut near: Carrier, mut far: Carrier) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(datagram) = near.outgoing.recv() => far.deliver(&datagram),
                Some(datagram) = far.outgoing.recv() => near.deliver(&datagram),
                else => return,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn datagram(contents: &[u8]) -> Transmit<'_> {
        Transmit { destination: FAR_END, ecn: None, contents, segment_size: None, src_ip: None }
    }

    #[tokio::test]
    async fn a_full_queue_blocks_until_there_is_room() {
        let (link, mut carrier) = link();
        let link = Arc::new(link);
        for _ in 0..QUEUE {
            link.try_send(&datagram(b"x")).unwrap();
        }
        let full = link.try_send(&datagram(b"x")).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);

        let mut poller = Arc::clone(&link).create_io_poller();
        let mut writable = poll_fn(|context| poller.as_mut().poll_writable(context));
        assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut writable).await.is_err());
        carrier.outgoing.recv().await.unwrap();
        writable.await.unwrap();
        link.try_send(&datagram(b"x")).unwrap();
    }

    #[tokio::test]
    async fn datagrams_arrive_one_to_a_buffer() {
        let (link, carrier) = link();
        carrier.deliver(b"one");
        carrier.deliver(b"three");
        let (mut first, mut second, mut third) = ([0; 4], [0; 4], [0; 4]);
        let buffers = [&mut first, &mut second, &mut third];
        let mut buffers = buffers.map(|buffer| IoSliceMut::new(buffer));
        let mut facts = [RecvMeta::default(); 3];
        let count = poll_fn(|context| link.poll_recv(context, &mut buffers, &mut facts)).await;
        assert_eq!(count.unwrap(), 2);
        assert_eq!((facts[0].len, facts[1].len), (3, 4), "cut to the buffer");
        assert_eq!((&first[..3], &second[..]), (&b"one"[..], &b"thre"[..]));
        assert_eq!(facts[0].addr, FAR_END);
    }

    #[tokio::test]
    async fn an_agent_that_has_ended_is_an_error() {
        let (link, carrier) = link();
        drop(carrier);
        assert_eq!(link.try_send(&datagram(b"x")).unwrap_err().kind(), io::ErrorKind::NotConnected);
        let mut buffer = [0; 4];
        let mut facts = [RecvMeta::default()];
        let mut buffers = [IoSliceMut::new(&mut buffer)];
        let received = poll_fn(|context| link.poll_recv(context, &mut buffers, &mut facts)).await;
        assert!(received.is_err());
    }
}
