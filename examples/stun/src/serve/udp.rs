//! The sockets of a UDP server: one, or the four of a server for NAT tests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sansio::FiveTuple;
use socket2::{Domain, Protocol, Socket, Type};
use stun_codec::discovery::Responder;
use tokio::net::UdpSocket;

use super::answer::Answers;
use super::listen::{Group, Listen};
use super::{Statistics, Traffic};
use crate::target::Over;

/// As long as a datagram can be: PADDING may come in fragments (RFC 5780 §7.6).
const MAX_DATAGRAM: usize = 65_535;

/// Datagrams of a socket that are answered before the others have their turn.
const BATCH: usize = 64;

#[derive(Debug)]
pub(super) struct UdpServer {
    answers: Answers,
    sockets: Vec<(SocketAddr, UdpSocket)>,
}

impl UdpServer {
    /// Binds all that belongs together. The error names the address that cannot be bound.
    pub(super) fn bind(group: &Group, sparing: bool) -> Result<Self, (Listen, io::Error)> {
        let failed = |address| move |error| (Listen { over: Over::Udp, address }, error);
        match *group {
            Group::One { address, .. } => {
                let one = bind(address).map_err(failed(address))?;
                Ok(Self { answers: Answers::Plain(Responder::new(one.0)), sockets: vec![one] })
            }
            Group::Pair(one, two) => {
                let sockets = bind_pair(one, two)?;
                let [(primary, _), _, _, (alternate, _)] = &sockets;
                let responder = Responder::new(*primary).with_alternate(*alternate);
                let unusable = |error| failed(*alternate)(io::Error::other(error));
                let responder = responder.map_err(unusable)?;
                let responder = if sparing { responder.sparing() } else { responder };
                let answers = Answers::ForNatTests(responder);
                Ok(Self { answers, sockets: sockets.into() })
            }
        }
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|(address, _)| *address)
    }

    /// Answers from now on, until the program ends.
    pub(super) fn spawn(self, statistics: &Arc<Statistics>) {
        let server = Arc::new(self);
        for index in 0..server.sockets.len() {
            tokio::spawn(Arc::clone(&server).serve(index, Arc::clone(statistics)));
        }
    }

    async fn serve(self: Arc<Self>, index: usize, statistics: Arc<Statistics>) {
        let Some((local, socket)) = self.sockets.get(index) else { return };
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut out = vec![0; self.answers.capacity(MAX_DATAGRAM)];
        loop {
            let mut is_stuck = socket.readable().await.is_err();
            for _ in 0..BATCH {
                match socket.try_recv_from(&mut buffer) {
                    Ok((length, remote)) => {
                        let path = FiveTuple::udp(*local, remote);
                        let datagram = buffer.get(..length).unwrap_or_default();
                        self.take(path, datagram, &mut out, &statistics.udp).await;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // Something about one datagram, or a lack of memory: neither ends a server.
                    Err(_) => {
                        is_stuck = true;
                        break;
                    }
                }
            }
            if is_stuck {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn take(&self, path: FiveTuple, datagram: &[u8], out: &mut [u8], traffic: &Traffic) {
        traffic.received(datagram.len());
        let Some(answer) = self.answers.to(path, datagram, out) else { return traffic.dropped() };
        let FiveTuple { local, remote, .. } = answer.five_tuple;
        let from = self.sockets.iter().find(|(address, _)| *address == local);
        let Some((_, socket)) = from else { return traffic.dropped() };
        match socket.send_to(answer.payload, remote).await {
            Ok(_) => traffic.answered(answer.payload),
            // A forged source address, as port 0, to which nothing can be sent.
            Err(_) => traffic.dropped(),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<(SocketAddr, UdpSocket)> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // `[::]` leaves IPv4 to `0.0.0.0`, whatever the system does by itself.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    Ok((socket.local_addr()?, socket))
}

type Bound = (SocketAddr, UdpSocket);

/// Both addresses, and each IP address with the other port: the order is that of
/// [`Responder::sockets`]. Where a port is 0 it takes one that is free at both.
fn bind_pair(one: SocketAddr, two: SocketAddr) -> Result<[Bound; 4], (Listen, io::Error)> {
    const TRIES: usize = 32;
    let bind = |ip, port| {
        let address = SocketAddr::new(ip, port);
        bind(address).map_err(|error| (Listen { over: Over::Udp, address }, error))
    };
    let is_free = one.port() == 0 || two.port() == 0;
    let mut tries = 0;
    loop {
        tries += 1;
        let attempt = || {
            let first = bind(one.ip(), one.port())?;
            let fourth = bind(two.ip(), two.port())?;
            let second = bind(one.ip(), fourth.0.port())?;
            let third = bind(two.ip(), first.0.port())?;
            Ok([first, second, third, fourth])
        };
        match attempt() {
            Err((_, error))
                if is_free && tries < TRIES && error.kind() == io::ErrorKind::AddrInUse => {}
            result => return result,
        }
    }
}
