//! Our ICE agent as a program that others talk to: `ice_peer controlling|controlled [SERVER USER
//! PASSWORD]`, with one socket on 127.0.0.1 and the TURN server if there is one.
//!
//! It prints and reads one JSON object a line. Out: `{"ufrag":…,"password":…}`, `{"candidate":…}`,
//! `{"end":true}`, `{"ready":true}` after the other side's end, `{"role":…}` when it has switched,
//! `{"selected":{"local":…,"remote":…}}`,
//! `{"received":…}`, `{"failed":…}`. In: `{"ufrag":…,"password":…}`, `{"candidate":…}`,
//! `{"end":true}`, `{"send":…}`. It ends with its input.

use std::error::Error;
use std::io::BufRead as _;
use std::net::SocketAddr;

use ice_agent::{Agent, Config, Credentials, Event, Role, TurnCredentials};
use interop::sockets::Sockets;
use sansio::{Timestamp, Transmit};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (role, server) = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["controlling", server @ ..] => (Role::Controlling, server.to_vec()),
        ["controlled", server @ ..] => (Role::Controlled, server.to_vec()),
        _ => return Err("usage: ice_peer controlling|controlled [SERVER USER PASSWORD]".into()),
    };
    let mut sockets = Sockets::default();
    let socket = sockets.bind(([127, 0, 0, 1], 0).into()).await?;
    let mut config = Config::new(role);
    config.allow_loopback = true;
    let mut agent = Agent::new(config, seed(socket));
    say(&json!({
        "ufrag": agent.credentials().ufrag(),
        "password": agent.credentials().password(),
    }));
    agent.add_host(sockets.now(), socket);
    if let [server, user, password] = &server[..] {
        let credentials = TurnCredentials::new(*user, *password);
        agent.add_turn_server(sockets.now(), server.parse()?, credentials);
    }
    serve(agent, sockets, orders()).await
}

/// Not unpredictable, but another one each time: agents with equal tie-breakers would not do.
fn seed(socket: SocketAddr) -> [u8; 32] {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&socket.port().to_be_bytes());
    seed[2..6].copy_from_slice(&std::process::id().to_be_bytes());
    seed
}

/// The lines of the input.
fn orders() -> UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn say(object: &Value) {
    println!("{object}");
}

async fn serve(
    mut agent: Agent,
    mut sockets: Sockets,
    mut orders: UnboundedReceiver<String>,
) -> Result<(), Box<dyn Error>> {
    loop {
        let now = sockets.now();
        while let Some(transmit) = agent.poll_transmit(now) {
            sockets.send(transmit).await;
        }
        while let Some(event) = agent.poll_event() {
            tell(&event);
        }
        tokio::select! {
            input = sockets.receive(agent.poll_timeout()) => {
                let now = sockets.now();
                match input {
                    Some(datagram) => {
                        let input = Transmit::new(datagram.five_tuple, &datagram.payload[..]);
                        if let Some(payload) = agent.handle_input(now, input) {
                            say(&json!({ "received": String::from_utf8_lossy(payload) }));
                        }
                    }
                    None => agent.handle_timeout(now),
                }
            }
            order = orders.recv() => {
                let Some(order) = order else { return Ok(()) };
                let order: Value = serde_json::from_str(&order)?;
                match order.get("send").and_then(Value::as_str) {
                    Some(text) => send(&mut agent, &sockets, text).await?,
                    None => obey(&mut agent, sockets.now(), &order)?,
                }
            }
        }
    }
}

fn tell(event: &Event) {
    match event {
        Event::LocalCandidate(candidate) => say(&json!({ "candidate": candidate.to_string() })),
        Event::GatheringComplete => say(&json!({ "end": true })),
        Event::RoleSwitched(role) => say(&json!({ "role": format!("{role:?}").to_lowercase() })),
        Event::Selected(pair) => say(&json!({ "selected": {
            "local": pair.local.candidate_type.name(),
            "remote": pair.remote.candidate_type.name(),
        } })),
        Event::ServerFailed { .. } | Event::ConsentExpired | Event::Failed => {
            say(&json!({ "failed": format!("{event:?}") }));
        }
        _ => {}
    }
}

fn obey(agent: &mut Agent, now: Timestamp, order: &Value) -> Result<(), Box<dyn Error>> {
    let text = |key| order.get(key).and_then(Value::as_str);
    if let (Some(ufrag), Some(password)) = (text("ufrag"), text("password")) {
        agent.set_remote(now, Credentials::new(ufrag, password)?);
    } else if let Some(line) = text("candidate") {
        agent.add_remote_candidate(now, line.parse()?);
    } else if order.get("end").is_some() {
        agent.end_of_remote_candidates(now);
        say(&json!({ "ready": true }));
    }
    Ok(())
}

async fn send(agent: &mut Agent, sockets: &Sockets, text: &str) -> Result<(), Box<dyn Error>> {
    let mut buffer = vec![0; text.len() + ice_agent::MAX_OVERHEAD];
    let transmit = agent.send(sockets.now(), text.as_bytes(), &mut buffer)?;
    sockets.send(transmit).await;
    Ok(())
}
