//! Signaling: how two peers that can't reach each other yet exchange what they need for it. A
//! WebSocket server has rooms for two; what one says in a room, the other hears.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config, client_async_with_config};

use crate::failure::{Doing as _, Failure};

/// The longest message, in bytes.
const MAX_MESSAGE: usize = 64 << 10;

/// How many messages wait for a peer at the most; after that the other one has to wait.
const QUEUE: usize = 16;

/// How long joining a room, or the next message, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one peer tells the other.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Signal {
    /// Who says it.
    pub(crate) from: String,
    /// What it says: lines of session description, see `description.rs`.
    pub(crate) lines: Vec<String>,
}

/// A running server with one room. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct SignalingServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl SignalingServer {
    /// Starts it on `address` (port 0: any). The room's name is the secret that lets the two in:
    /// 80 bits that nobody can guess, at the least.
    pub(crate) async fn start(address: SocketAddr, room: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, Arc::new(Room::new(room))));
        Ok(Self { address, task })
    }

    /// Where it answers.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SignalingServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, room: Arc<Room>) {
    // The visitors end with the server.
    let mut visitors = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if visitors.len() < MAX_VISITORS => {
                    visitors.spawn(visit(stream, Arc::clone(&room)));
                }
                // Too many at once, or one that was gone before it was here.
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = visitors.join_next() => {}
        }
    }
}

/// How many connections there may be at once, those included that are still shaking hands.
const MAX_VISITORS: usize = 16;

/// A room for two.
#[derive(Debug)]
struct Room {
    path: String,
    seats: Mutex<Vec<Seat>>,
}

/// What somebody in the room hears, and where what they say goes.
#[derive(Debug)]
struct Seat {
    hears: Receiver<Message>,
    says: Sender<Message>,
}

impl Room {
    fn new(name: &str) -> Self {
        let (from_first, to_second) = mpsc::channel(QUEUE);
        let (from_second, to_first) = mpsc::channel(QUEUE);
        let seats = vec![
            Seat { hears: to_first, says: from_first },
            Seat { hears: to_second, says: from_second },
        ];
        Self { path: format!("/{name}"), seats: Mutex::new(seats) }
    }

    fn take_seat(&self) -> Option<Seat> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Shakes hands with somebody who knows the room's name, and passes messages on.
async fn visit(stream: TcpStream, room: Arc<Room>) -> Result<(), Error> {
    let mut seat = None;
    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    let admit = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let refuse = |status| {
            let mut response = ErrorResponse::new(None);
            *response.status_mut() = status;
            response
        };
        if request.uri().path() != room.path {
            return Err(refuse(StatusCode::NOT_FOUND));
        }
        seat = Some(room.take_seat().ok_or_else(|| refuse(StatusCode::CONFLICT))?);
        Ok(response)
    };
    let handshake = accept_hdr_async_with_config(stream, admit, Some(limits()));
    let Ok(socket) = tokio::time::timeout(PATIENCE, handshake).await else { return Ok(()) };
    let (mut socket, Some(mut seat)) = (socket?, seat) else { return Ok(()) };
    loop {
        tokio::select! {
            message = socket.next() => match message.transpose()? {
                Some(text @ Message::Text(_)) => {
                    // When the other one has left, there is nobody to talk to.
                    let Ok(()) = seat.says.send(text).await else { return Ok(()) };
                }
                Some(_) => {}
                None => return Ok(()),
            },
            Some(message) = seat.hears.recv() => socket.send(message).await?,
        }
    }
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .write_buffer_size(0)
}

/// A peer's connection to the signaling server.
#[derive(Debug)]
pub(crate) struct Signaling {
    socket: WebSocketStream<TcpStream>,
}

impl Signaling {
    /// Enters a room.
    pub(crate) async fn join(server: SocketAddr, room: &str) -> Result<Self, Failure> {
        let what = format!("can't join the signaling room at {server}");
        let stream = patiently(TcpStream::connect(server)).await?.doing(&what)?;
        let url = format!("ws://{server}/{room}");
        let handshake = client_async_with_config(url, stream, Some(limits()));
        let (socket, _) = patiently(handshake).await?.doing(&what)?;
        Ok(Self { socket })
    }

    /// Tells the other peer.
    pub(crate) async fn send(&mut self, text: &str) -> Result<(), Failure> {
        let sending = self.socket.send(Message::text(text));
        patiently(sending).await?.doing("can't send through signaling")
    }

    /// Waits for what the other peer tells.
    pub(crate) async fn receive(&mut self) -> Result<Signal, Failure> {
        loop {
            match patiently(self.socket.next()).await?.transpose().doing("signaling")? {
                Some(Message::Text(text)) => {
                    return serde_json::from_str(&text).doing("the peer's signal makes no sense");
                }
                Some(_) => {}
                None => {
                    return Err(Failure::run(
                        "signaling ended before the other peer said anything",
                    ));
                }
            }
        }
    }
}

async fn patiently<T>(waiting: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| {
        Failure::run(format!("signaling: nothing came within {} s", PATIENCE.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn server() -> SignalingServer {
        SignalingServer::start(([127, 0, 0, 1], 0).into(), "room").await.unwrap()
    }

    fn signal(from: &str) -> String {
        let signal = Signal { from: from.to_owned(), lines: vec!["a=ice-ufrag:abcd".to_owned()] };
        serde_json::to_string_pretty(&signal).unwrap()
    }

    #[tokio::test]
    async fn what_one_says_the_other_hears() {
        let server = server().await;
        let mut viewer = Signaling::join(server.address(), "room").await.unwrap();
        viewer.send(&signal("viewer")).await.unwrap(); // before anybody is there to hear it
        let mut sharer = Signaling::join(server.address(), "room").await.unwrap();
        sharer.send(&signal("sharer")).await.unwrap();
        assert_eq!(sharer.receive().await.unwrap().from, "viewer");
        assert_eq!(viewer.receive().await.unwrap().from, "sharer");
    }

    #[tokio::test]
    async fn e01_neither_strangers_nor_a_third_one_get_in() {
        let server = server().await;
        let stranger = Signaling::join(server.address(), "moor").await.unwrap_err();
        assert!(stranger.to_string().contains("404"), "{stranger}");
        let _viewer = Signaling::join(server.address(), "room").await.unwrap();
        let _sharer = Signaling::join(server.address(), "room").await.unwrap();
        let third = Signaling::join(server.address(), "room").await.unwrap_err();
        assert!(third.to_string().contains("409"), "{third}");
    }

    #[tokio::test]
    async fn e01_a_message_that_is_too_long_ends_the_visit() {
        let server = server().await;
        let mut viewer = Signaling::join(server.address(), "room").await.unwrap();
        let mut sharer = Signaling::join(server.address(), "room").await.unwrap();
        // The server may hang up while it is still being sent.
        let _ = viewer.send(&"x".repeat(MAX_MESSAGE + 1)).await;
        assert!(viewer.receive().await.is_err());
        sharer.send(&signal("sharer")).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_signal_is_refused() {
        let server = server().await;
        let mut viewer = Signaling::join(server.address(), "room").await.unwrap();
        let mut sharer = Signaling::join(server.address(), "room").await.unwrap();
        viewer.send("{\"from\":1}").await.unwrap();
        assert!(sharer.receive().await.unwrap_err().to_string().contains("no sense"));
    }
}
