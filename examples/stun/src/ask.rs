//! Asks a server once: a Binding request over UDP, TCP or TLS, and what comes back.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use command_line::Failure;
use rustls::pki_types::ServerName;
use sansio::{Clock, FiveTuple, Timestamp, Transmit};
use stun_codec::framing::Deframer;
use stun_codec::redirection::Redirections;
use stun_codec::transaction::{Config, FailureReason, PathError};
use stun_codec::{Class, Message, MessageBuilder, Method, Transactions, attr};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{sleep_until, timeout};
use tokio_rustls::TlsConnector;

use crate::seed::seed;

/// An answer, and the way that it took.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    pub(crate) path: FiveTuple,
    pub(crate) round_trip_time: Option<Duration>,
}

/// What a server says.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Mapped {
        address: SocketAddr,
        software: Option<String>,
    },
    /// Ask that one, whose certificate must have this name, if not the first one's.
    Alternate {
        server: SocketAddr,
        domain: Option<String>,
    },
    /// Anything else, in words.
    Useless(String),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    Silent,
    Io(io::Error),
    /// The connection has ended before the answer came.
    Closed,
    /// What comes on the connection is not STUN, in words.
    Garbled(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The most of a message that comes on a stream.
const MAX_FRAME: usize = 8192;

/// How many redirections are followed.
const MAX_REDIRECTIONS: usize = 3;

/// Asks servers, one after the other.
#[derive(Debug)]
pub(crate) struct Asker {
    clock: Clock,
    patience: Duration,
    transactions: Transactions,
    redirections: Redirections,
}

impl Asker {
    /// It waits no longer than this for each answer.
    pub(crate) fn new(patience: Duration) -> Result<Self, Failure> {
        let config = Config { reliable_timeout: patience, ..Config::default() };
        Ok(Self {
            clock: Clock::start(),
            patience,
            transactions: Transactions::new(config, seed()?),
            redirections: Redirections::new(MAX_REDIRECTIONS),
        })
    }

    /// Notes that this server is asked because the user said so.
    pub(crate) fn begin(&mut self, server: SocketAddr) {
        self.redirections.asked(self.clock.now(), server);
    }

    pub(crate) async fn over_udp(&mut self, server: SocketAddr) -> Result<Answered, Trouble> {
        let socket = connected(server).await?;
        let path = FiveTuple::udp(socket.local_addr()?, server);
        let end = self.start(path);
        let mut trouble = None;
        let mut buffer = [0; 2048];
        loop {
            let now = self.clock.now();
            while let Some(transmit) = self.transactions.poll_transmit(now) {
                if let Err(error) = socket.send(&transmit.payload).await {
                    self.transactions.handle_unreachable(now, path, PathError::Broken, None);
                    trouble = Some(error);
                }
            }
            if let Some(failed) = self.transactions.poll_event() {
                return Err(match (failed.reason, trouble) {
                    (FailureReason::Unreachable, Some(error)) => Trouble::Io(error),
                    _ => Trouble::Silent,
                });
            }
            let deadline = self.transactions.poll_timeout().unwrap_or(end).min(end);
            tokio::select! {
                received = socket.recv(&mut buffer) => match received {
                    Ok(length) => {
                        let bytes = buffer.get(..length).unwrap_or_default();
                        if let Some(answered) = self.take(path, bytes) {
                            return Ok(answered);
                        }
                    }
                    // What ICMP has told the system of this server.
                    Err(error) => {
                        self.transactions.handle_unreachable(now, path, PathError::Broken, None);
                        trouble = Some(error);
                    }
                },
                () = sleep_until(self.clock.instant(deadline).into()) => {
                    let now = self.clock.now();
                    if now >= end {
                        self.transactions.cancel_all();
                        return Err(Trouble::Silent);
                    }
                    self.transactions.handle_timeout(now);
                }
            }
        }
    }

    /// Over TCP, or over TLS to who has a certificate of this name.
    pub(crate) async fn over_stream(
        &mut self,
        server: SocketAddr,
        tls: Option<(&TlsConnector, ServerName<'static>)>,
    ) -> Result<Answered, Trouble> {
        let patience = self.patience;
        let late = |_| Trouble::Silent;
        let stream = timeout(patience, TcpStream::connect(server)).await.map_err(late)??;
        stream.set_nodelay(true)?;
        let path = FiveTuple::tcp(stream.local_addr()?, server);
        match tls {
            Some((connector, name)) => {
                let connecting = connector.connect(name, stream);
                let stream = timeout(patience, connecting).await.map_err(late)??;
                self.converse(path, stream).await
            }
            None => self.converse(path, stream).await,
        }
    }

    async fn converse(
        &mut self,
        path: FiveTuple,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> Result<Answered, Trouble> {
        let end = self.start(path);
        let end = self.clock.instant(end).into();
        while let Some(transmit) = self.transactions.poll_transmit(self.clock.now()) {
            let late = |_| Trouble::Silent;
            timeout(self.patience, stream.write_all(&transmit.payload)).await.map_err(late)??;
            timeout(self.patience, stream.flush()).await.map_err(late)??;
        }
        let mut deframer = Deframer::new(MAX_FRAME);
        let mut buffer = [0; 2048];
        loop {
            let length = tokio::select! {
                length = stream.read(&mut buffer) => length?,
                () = sleep_until(end) => {
                    self.transactions.cancel_all();
                    return Err(Trouble::Silent);
                }
            };
            if length == 0 {
                return Err(Trouble::Closed);
            }
            let mut input = buffer.get(..length).unwrap_or_default();
            let garbled = |error: stun_codec::framing::FramingError| {
                Trouble::Garbled(format!("what comes back is not STUN: {error}"))
            };
            while let Some(frame) = deframer.next_frame(&mut input).map_err(garbled)? {
                if let Some(answered) = self.take(path, frame.bytes) {
                    return Ok(answered);
                }
            }
        }
    }

    /// Starts a transaction, and says when there is no more waiting.
    fn start(&mut self, path: FiveTuple) -> Timestamp {
        let now = self.clock.now();
        self.transactions.cancel_all();
        let id = self.transactions.transaction_id();
        let mut buffer = [0; 32];
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).fingerprint();
        if let Ok(request) = request.finish() {
            self.transactions.start(now, Transmit::new(path, request), ());
        }
        now + self.patience
    }

    fn take(&mut self, path: FiveTuple, bytes: &[u8]) -> Option<Answered> {
        let now = self.clock.now();
        let Self { transactions, redirections, .. } = self;
        let accept = |message: &Message<'_>, (): &()| reply(now, path, message, redirections);
        let answer = transactions.handle_input(now, Transmit::new(path, bytes), accept)?;
        let (reply, round_trip_time) = (answer.value, answer.round_trip_time);
        Some(Answered { reply, path, round_trip_time })
    }
}

/// A socket to this server, on which the system reports that nobody listens there.
pub(crate) async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// `None` when the message is not to be believed, and the true answer may yet come.
fn reply(
    now: Timestamp,
    path: FiveTuple,
    message: &Message<'_>,
    redirections: &mut Redirections,
) -> Option<Reply> {
    message.verify_fingerprint().ok()?;
    if message.class() == Class::Error {
        let error = message.get(attr::ERROR_CODE).ok().flatten();
        let Some(error) = error else {
            return Some(Reply::Useless("an error without a number".to_owned()));
        };
        if error.code() != 300 {
            return Some(Reply::Useless(format!("the server answers {error}")));
        }
        return Some(match redirections.follow(now, path, message) {
            Ok(alternate) => Reply::Alternate {
                server: alternate.server,
                domain: alternate.domain.map(str::to_owned),
            },
            Err(error) => Reply::Useless(format!(
                "the server answers {error_300}: {error}",
                error_300 = "300"
            )),
        });
    }
    let is_known = |attribute| {
        attribute == attr::XOR_MAPPED_ADDRESS.attribute_type()
            || attribute == attr::MAPPED_ADDRESS.attribute_type()
            || stun_codec::legacy::is_ignored_in_responses(attribute)
    };
    if let Some(unknown) = message.unknown_required(is_known).iter().next() {
        return Some(Reply::Useless(format!("the answer demands to understand {unknown}")));
    }
    let masked = message.get(attr::XOR_MAPPED_ADDRESS).ok().flatten();
    // Servers of RFC 3489 know only this one.
    let plain = message.get(attr::MAPPED_ADDRESS).ok().flatten();
    Some(match masked.or(plain) {
        Some(address) => {
            let software = message.get(attr::SOFTWARE).ok().flatten().map(str::to_owned);
            Reply::Mapped { address, software }
        }
        None => Reply::Useless("the answer has no address in it".to_owned()),
    })
}

/// What went wrong with this server, and what to do.
pub(crate) fn words(trouble: &Trouble, over: crate::target::Over, patience: Duration) -> String {
    use crate::target::Over;
    match (trouble, over) {
        (Trouble::Silent, Over::Udp) => format!(
            "no answer within {} s; is it a STUN server? does a firewall block UDP? try --tcp",
            patience.as_secs_f64()
        ),
        (Trouble::Silent, _) => format!(
            "no answer within {} s; is it a STUN server? does a firewall block the port?",
            patience.as_secs_f64()
        ),
        (Trouble::Io(error), _) => crate::tls::words(error).unwrap_or_else(|| match error.kind() {
            ErrorKind::ConnectionRefused => {
                "nobody listens there; check the port, and that the server runs".to_owned()
            }
            ErrorKind::UnexpectedEof => "the server has closed the connection".to_owned(),
            _ => command_line::plain(error),
        }),
        (Trouble::Closed, _) => {
            "the server has closed the connection without an answer; is it a STUN server?"
                .to_owned()
        }
        (Trouble::Garbled(words), _) => format!("{words}; is it a STUN server?"),
    }
}
