//! Our TURN server on real sockets: `turn_server LISTEN REALM USER PASSWORD`. It prints where it
//! listens, then what happens, until it is killed. Its clients may talk to loopback addresses.

use std::error::Error;
use std::net::SocketAddr;

use interop::sockets::Sockets;
use sansio::Transmit;
use turn_proto::server::{Config, Event, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, realm, user, password] = &arguments[..] else {
        return Err("usage: turn_server LISTEN REALM USER PASSWORD".into());
    };
    let listen: SocketAddr = listen.parse()?;
    let mut sockets = Sockets::default();
    let listen = sockets.bind(listen).await?;
    println!("listening {listen}");
    let mut config = Config::new(realm, listen, listen.ip());
    config.add_user(user, password);
    config.peer_policy.allow.push("127.0.0.0/8".parse()?);
    config.max_allocations_per_user = 1000; // a client that gives up leaves its own behind
    config.software = Some("thalweg interop".into());
    let mut server = Server::new(config, [7; 32]);
    let mut buffer = vec![0; 65_535];
    loop {
        let input = sockets.receive(server.poll_timeout()).await;
        let now = sockets.now();
        match &input {
            Some(datagram) => {
                let input = Transmit::new(datagram.five_tuple, &datagram.payload[..]);
                if let Some(relayed) = server.handle_input(now, input)
                    && let Some(payload) = relayed.write(&mut buffer)
                {
                    sockets.send(Transmit::new(relayed.five_tuple, payload)).await;
                }
            }
            None => server.handle_timeout(now),
        }
        // To open a relay may bring about an answer, so events come first.
        while let Some(event) = server.poll_event() {
            println!("{event:?}");
            match event {
                Event::OpenRelay { relay } => {
                    let opened = sockets.bind(relay).await.is_ok();
                    server.relay_opened(now, relay, opened);
                }
                Event::CloseRelay { relay } => sockets.close(relay),
                _ => {}
            }
        }
        while let Some(transmit) = server.poll_transmit(now) {
            sockets.send(transmit).await;
        }
    }
}
