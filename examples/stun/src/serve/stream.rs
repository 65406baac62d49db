//! TCP and TLS: a connection has one path and no forged addresses, but it may be slow, or one of too
//! many.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sansio::{Clock, FiveTuple};
use socket2::{Domain, Protocol, Socket, Type};
use stun_codec::Message;
use stun_codec::discovery::Responder;
use stun_codec::framing::{Deframer, FrameKind};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::{Connections, Statistics, Traffic};

/// How long a connection may go without a whole request.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest request that is read. A Binding request without credentials has 20 bytes.
const MAX_REQUEST: usize = 2048;

/// The most bytes that one client's requests are read at once.
const READ: usize = 2048;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

#[derive(Debug)]
pub(super) struct StreamServer {
    address: SocketAddr,
    listener: TcpListener,
    acceptor: Option<Acceptor>,
    connections: Connections,
}

/// A `TlsAcceptor` that can be printed.
#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

impl StreamServer {
    /// With an acceptor it speaks TLS.
    pub(super) fn bind(
        address: SocketAddr,
        acceptor: Option<TlsAcceptor>,
        connections: Connections,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Elsewhere it would let two programs have one port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from_std(socket.into())?;
        let address = listener.local_addr()?;
        Ok(Self { address, listener, acceptor: acceptor.map(Acceptor), connections })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts from now on, until the program ends.
    pub(super) fn spawn(self, statistics: &Arc<Statistics>) {
        tokio::spawn(self.accept(Arc::clone(statistics)));
    }

    async fn accept(self, statistics: Arc<Statistics>) {
        let clock = Clock::start();
        loop {
            let Ok((stream, remote)) = self.listener.accept().await else {
                // No more files can be open, most likely: some will be closed.
                sleep(Duration::from_millis(10)).await;
                continue;
            };
            let Some(place) = self.connections.enter(remote.ip()) else {
                statistics.turned_away.add(1);
                continue;
            };
            statistics.accepted.add(1);
            let (acceptor, statistics) = (self.acceptor.clone(), Arc::clone(&statistics));
            tokio::spawn(async move {
                let ended = converse(stream, remote, acceptor, clock, &statistics).await;
                if ended == Err(Ended::TimedOut) {
                    statistics.timed_out.add(1);
                }
                drop(place);
            });
        }
    }
}

/// Why a connection has ended before its client closed it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    TimedOut,
    Broken,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

impl From<tokio::time::error::Elapsed> for Ended {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::TimedOut
    }
}

async fn converse(
    stream: TcpStream,
    remote: SocketAddr,
    acceptor: Option<Acceptor>,
    clock: Clock,
    statistics: &Statistics,
) -> Result<(), Ended> {
    let path = FiveTuple::tcp(stream.local_addr()?, remote);
    stream.set_nodelay(true)?;
    let deadline = patience(clock);
    match acceptor {
        Some(Acceptor(acceptor)) => {
            let stream = timeout_at(deadline, acceptor.accept(stream)).await??;
            answer(stream, path, clock, deadline, &statistics.tls).await
        }
        None => answer(stream, path, clock, deadline, &statistics.tcp).await,
    }
}

fn patience(clock: Clock) -> Instant {
    clock.instant(clock.now() + PATIENCE).into()
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    path: FiveTuple,
    clock: Clock,
    mut deadline: Instant,
    traffic: &Traffic,
) -> Result<(), Ended> {
    let responder = Responder::new(path.local);
    let mut deframer = Deframer::new(MAX_REQUEST);
    let mut buffer = [0; READ];
    let mut out = [0; Responder::MAX_LENGTH];
    loop {
        let length = timeout_at(deadline, stream.read(&mut buffer)).await??;
        if length == 0 {
            timeout_at(deadline, stream.shutdown()).await??;
            return Ok(());
        }
        let mut input = buffer.get(..length).unwrap_or_default();
        while let Some(frame) = deframer.next_frame(&mut input).map_err(|_| Ended::Broken)? {
            traffic.received(frame.bytes.len());
            if frame.kind != FrameKind::Stun {
                // This is no relay.
                traffic.dropped();
                return Err(Ended::Broken);
            }
            let answer = Message::parse(frame.bytes)
                .ok()
                .and_then(|request| responder.answer(path, &request, &mut out));
            let Some(answer) = answer else {
                traffic.dropped();
                continue;
            };
            deadline = patience(clock);
            timeout_at(deadline, stream.write_all(answer.payload)).await??;
            traffic.answered(answer.payload);
        }
        timeout_at(deadline, stream.flush()).await??;
    }
}
