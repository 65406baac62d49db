//! Our TURN client against a server that is running: `turn_client SERVER USER PASSWORD NONCE_LIFETIME`,
//! where `NONCE_LIFETIME` is how many seconds the server's nonces are good for. It checks all that
//! a client does, and last that a wrong password gets nothing.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use interop::checks::Checks;
use interop::sockets::Sockets;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{Class, Message, Method, demux};
use turn_proto::Credentials;
use turn_proto::client::{Client, Config, Event, Failure, Input, MAX_OVERHEAD};

/// How long the server may take for anything.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, user, password, nonce_lifetime] = &arguments[..] else {
        return Err("usage: turn_client SERVER USER PASSWORD NONCE_LIFETIME".into());
    };
    let server: SocketAddr = server.parse()?;
    let nonce_lifetime = Duration::from_secs(nonce_lifetime.parse()?);
    let mut checks = Checks::default();

    let mut session = Session::new(server, Credentials::new(user, password)).await?;
    allocate(&mut session, &mut checks).await;
    exchange(&mut session, &mut checks).await;
    refresh(&mut session, &mut checks).await;
    meet_a_new_nonce(&mut session, &mut checks, nonce_lifetime).await;
    close(&mut session, &mut checks).await;

    let wrong = Credentials::new(user, format!("not {password}"));
    let mut session = Session::new(server, wrong).await?;
    be_refused(&mut session, &mut checks).await;
    Ok(checks.finish())
}

async fn allocate(session: &mut Session, checks: &mut Checks) {
    let now = session.sockets.now();
    session.client.allocate(now);
    session.run(|session| session.client.relayed().is_some()).await;
    checks.check(session.client.relayed().is_some(), "allocation", &session.events);
    let (local, mapped) = (session.local, session.client.mapped());
    checks.check(mapped == Some(local), "the mapped address is our socket's", mapped);

    session.client.create_permission(now, session.peer.ip());
    let created = Event::PermissionCreated { peer: session.peer.ip() };
    session.run(|session| session.events.contains(&created)).await;
    checks.check(session.events.contains(&created), "permission", &session.events);
}

/// Data both ways, first in Send and Data indications, then on a channel.
async fn exchange(session: &mut Session, checks: &mut Checks) {
    const LENGTHS: [usize; 6] = [0, 1, 2, 3, 4, 1400];
    let arrived = session.exchange(&LENGTHS).await;
    checks.check(arrived, "data both ways in indications, every padding", &session.heard);
    let forms = std::mem::take(&mut session.data);
    let expected = Data { indications: LENGTHS.len(), on_channel: 0 };
    checks.check(forms == expected, "the server sent Data indications", forms);

    let now = session.sockets.now();
    session.client.bind_channel(now, session.peer);
    let bound = |event: &Event| matches!(event, Event::ChannelBound { .. });
    session.run(|session| session.events.iter().any(bound)).await;
    checks.check(session.events.iter().any(bound), "channel", &session.events);

    let arrived = session.exchange(&LENGTHS).await;
    checks.check(arrived, "data both ways on the channel, every length", &session.heard);
    let forms = std::mem::take(&mut session.data);
    let expected = Data { indications: 0, on_channel: LENGTHS.len() };
    checks.check(forms == expected, "the server sent ChannelData", forms);
}

/// Puts our clock forward, and sees what is due granted: allocation, channel and permission.
async fn refresh(session: &mut Session, checks: &mut Checks) {
    session.answers.clear();
    session.sockets.skip(Duration::from_secs(545));
    let granted =
        |session: &Session, method| session.answers.contains_key(&(method, Class::Success));
    for (method, name) in [
        (Method::REFRESH, "the allocation is refreshed"),
        (Method::CHANNEL_BIND, "the channel is refreshed"),
    ] {
        session.run(|session| granted(session, method)).await;
        checks.check(granted(session, method), name, &session.answers);
    }
    let arrived = session.exchange(&[5]).await;
    checks.check(arrived, "data both ways after the refresh", &session.heard);
}

/// Waits until the server has no use for its nonce any more, and asks for something.
async fn meet_a_new_nonce(session: &mut Session, checks: &mut Checks, nonce_lifetime: Duration) {
    session.answers.clear();
    let until = session.sockets.now() + nonce_lifetime + Duration::from_secs(2);
    session.run_until(until, |_| false).await;
    let other = [127, 0, 0, 99].into();
    session.client.create_permission(session.sockets.now(), other);
    let created = Event::PermissionCreated { peer: other };
    session.run(|session| session.events.contains(&created)).await;
    let stale = session.answers.contains_key(&(Method::CREATE_PERMISSION, Class::Error));
    checks.check(stale, "the server finds the nonce stale", &session.answers);
    let created = session.events.contains(&created);
    checks.check(created, "and grants the request with the new one", &session.events);
}

async fn close(session: &mut Session, checks: &mut Checks) {
    session.answers.clear();
    session.client.close(session.sockets.now());
    session.run(|session| session.events.contains(&Event::Closed)).await;
    let released = session.answers.contains_key(&(Method::REFRESH, Class::Success));
    checks.check(
        released,
        "the server confirms that the allocation is given back",
        &session.answers,
    );
    // The same port may be used again, as the server has really forgotten.
    session.events.clear();
    session.client.allocate(session.sockets.now());
    session.run(|session| session.client.relayed().is_some()).await;
    checks.check(session.client.relayed().is_some(), "a second allocation", &session.events);
    session.client.close(session.sockets.now());
    session.run(|session| session.events.contains(&Event::Closed)).await;
}

async fn be_refused(session: &mut Session, checks: &mut Checks) {
    session.client.allocate(session.sockets.now());
    let failed = |session: &Session| {
        session.events.iter().any(|event| {
            matches!(
                event,
                Event::AllocationFailed(Failure::Credentials(_) | Failure::Rejected(401))
            )
        })
    };
    session.run(failed).await;
    checks.check(failed(session), "a wrong password is refused", &session.events);
}

/// A client, a peer of its, and all that was seen.
struct Session {
    sockets: Sockets,
    client: Client,
    local: SocketAddr,
    peer: SocketAddr,
    events: Vec<Event>,
    /// The server's responses.
    answers: BTreeMap<(Method, Class), u32>,
    /// What came in last, at the client (from the peer) or at the peer (from the relay).
    heard: Option<(SocketAddr, Bytes)>,
    data: Data,
}

/// In which form data came from the server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Data {
    indications: usize,
    on_channel: usize,
}

impl Session {
    async fn new(server: SocketAddr, credentials: Credentials) -> io::Result<Self> {
        let mut sockets = Sockets::default();
        let local = sockets.bind(([127, 0, 0, 1], 0).into()).await?;
        let peer = sockets.bind(([127, 0, 0, 1], 0).into()).await?;
        let config = Config::new(FiveTuple::udp(local, server), credentials);
        let client = Client::new(config, [7; 32]);
        let (events, answers, data) = Default::default();
        Ok(Self { sockets, client, local, peer, events, answers, heard: None, data })
    }

    async fn run(&mut self, done: impl Fn(&Self) -> bool) {
        self.run_until(self.sockets.now() + PATIENCE, done).await;
    }

    async fn run_until(&mut self, limit: Timestamp, done: impl Fn(&Self) -> bool) {
        loop {
            let now = self.sockets.now();
            while let Some(transmit) = self.client.poll_transmit(now) {
                self.sockets.send(transmit).await;
            }
            while let Some(event) = self.client.poll_event() {
                self.events.push(event);
            }
            if done(self) || now >= limit {
                return;
            }
            let deadline = self.client.poll_timeout().unwrap_or(limit).min(limit);
            match self.sockets.receive(Some(deadline)).await {
                Some(datagram) => self.take(datagram),
                None => self.client.handle_timeout(self.sockets.now()),
            }
        }
    }

    fn take(&mut self, Transmit { five_tuple, payload }: Transmit<Bytes>) {
        if five_tuple.local == self.peer {
            self.heard = Some((five_tuple.remote, payload));
            return;
        }
        let message = Message::parse(&payload).ok();
        if let Some(message) = message
            && matches!(message.class(), Class::Success | Class::Error)
        {
            *self.answers.entry((message.method(), message.class())).or_default() += 1;
        }
        let input = Transmit::new(five_tuple, &payload[..]);
        if let Input::Data { peer, payload: data } =
            self.client.handle_input(self.sockets.now(), input)
        {
            self.heard = Some((peer, Bytes::copy_from_slice(data)));
            match demux::is_stun(&payload) {
                true => self.data.indications += 1,
                false => self.data.on_channel += 1,
            }
        }
    }

    /// Whether payloads of these lengths arrive at the peer from the relayed address, and at the
    /// client from the peer.
    async fn exchange(&mut self, lengths: &[usize]) -> bool {
        let Some(relayed) = self.client.relayed() else { return false };
        for length in lengths {
            let payload: Bytes = (0..*length).map(|at| at as u8).collect();
            let mut buffer = vec![0; length + MAX_OVERHEAD];
            let now = self.sockets.now();
            let Ok(transmit) = self.client.send(now, self.peer, &payload, &mut buffer) else {
                return false;
            };
            self.sockets.send(transmit).await;
            let at_peer = Some((relayed, payload.clone()));
            self.run(|session| session.heard == at_peer).await;
            if self.heard != at_peer {
                return false;
            }
            self.sockets.send(Transmit::new(FiveTuple::udp(self.peer, relayed), &payload)).await;
            let at_client = Some((self.peer, payload));
            self.run(|session| session.heard == at_client).await;
            if self.heard != at_client {
                return false;
            }
        }
        true
    }
}
