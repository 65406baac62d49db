//! What the machines take from the heap: nothing on the relay paths, nothing that stays for
//! strangers, and little for those who have an allocation.

use std::hint::black_box;
use std::net::SocketAddr;

use allocation_counter::measure;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{MessageBuilder, Method, TransactionId, attr};
use turn_proto::Credentials;
use turn_proto::client::{self, Client, Input};
use turn_proto::server::{self, Event, Relayed, Server};

const NOW: Timestamp = Timestamp::from_secs(1000);
const PEER: &str = "7.7.7.1:6000";
const LISTEN: &str = "5.5.5.1:3478";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn server() -> Server {
    let mut config = server::Config::new("example.org", at(LISTEN), at(LISTEN).ip());
    config.add_user("alice", "wonderland");
    config.max_allocations_per_user = usize::MAX;
    Server::new(config, [1; 32])
}

/// Carries control messages to and fro until there are none.
fn settle(server: &mut Server, client: &mut Client) {
    while let Some(request) = client.poll_transmit(NOW) {
        let path = request.five_tuple.reversed();
        assert!(server.handle_input(NOW, Transmit::new(path, &request.payload)).is_none());
        while let Some(event) = server.poll_event() {
            if let Event::OpenRelay { relay } = event {
                server.relay_opened(NOW, relay, true);
            }
        }
        while let Some(answer) = server.poll_transmit(NOW) {
            let path = answer.five_tuple.reversed();
            client.handle_input(NOW, Transmit::new(path, &answer.payload));
        }
    }
    while client.poll_event().is_some() {}
}

fn client(server: &mut Server, local: SocketAddr) -> Client {
    let credentials = Credentials::new("alice", "wonderland");
    let config = client::Config::new(FiveTuple::udp(local, at(LISTEN)), credentials);
    let mut client = Client::new(config, [2; 32]);
    client.allocate(NOW);
    settle(server, &mut client);
    assert!(client.relayed().is_some());
    client
}

fn sent<'b>(relayed: &Relayed<'_>, buffer: &'b mut [u8]) -> &'b [u8] {
    assert_eq!(relayed.parts().iter().map(|part| part.len()).sum::<usize>(), relayed.len());
    relayed.write(buffer).unwrap()
}

#[test]
fn the_relay_paths_allocate_nothing() {
    let mut server = server();
    let mut alice = client(&mut server, at("6.6.6.1:5000"));
    let relay = alice.relayed().unwrap();
    let (bound, permitted) = (at(PEER), at("7.7.7.1:1"));
    alice.bind_channel(NOW, bound);
    settle(&mut server, &mut alice);
    let payload = [7; 1200];
    let mut relayed = 0;
    let heap = measure(|| {
        let (mut first, mut second) = ([0; 1400], [0; 1400]);
        for peer in [bound, permitted].repeat(100) {
            // From the client to the peer…
            let datagram = alice.send(NOW, peer, &payload, &mut first).unwrap();
            let input = Transmit::new(datagram.five_tuple.reversed(), datagram.payload);
            let outward = server.handle_input(NOW, input).unwrap();
            assert_eq!(outward.five_tuple, FiveTuple::udp(relay, peer));
            assert_eq!(sent(&outward, &mut second), payload);
            // … and back.
            let input = Transmit::new(FiveTuple::udp(relay, peer), &payload[..]);
            let inward = server.handle_input(NOW, input).unwrap();
            let datagram = sent(&inward, &mut second);
            let input = Transmit::new(inward.five_tuple.reversed(), datagram);
            let data = alice.handle_input(NOW, input);
            assert_eq!(data, Input::Data { peer, payload: &payload });
            relayed += 2;
        }
        // What is dropped costs nothing either.
        for datagram in [&b"\x4F\0\0\0"[..], b"\0\x16\0\0\x21\x12\xA4\x42abcdefghijkl", b"?", b""] {
            for path in [
                FiveTuple::udp(at(LISTEN), at("6.6.6.1:5000")),
                FiveTuple::udp(relay, at("9.9.9.9:9")),
            ] {
                assert!(server.handle_input(NOW, Transmit::new(path, datagram)).is_none());
            }
        }
    });
    // `repeat` takes one piece of memory, before anything is relayed.
    assert_eq!((heap.count_total, relayed), (1, 400));
}

#[test]
fn t06_strangers_leave_no_byte_behind() {
    let mut server = server();
    let mut buffer = [0; 64];
    let mut flood = |count: u32| {
        for number in 0..count {
            let id = TransactionId::new([number as u8; 12]);
            let request = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer)
                .put(attr::REQUESTED_TRANSPORT, 17)
                .finish()
                .unwrap();
            let [a, b, c, d] = number.to_be_bytes();
            let path = FiveTuple::udp(at(LISTEN), ([b | 1, c, d, a | 1], 5000).into());
            assert!(server.handle_input(NOW, Transmit::new(path, request)).is_none());
            black_box(server.poll_transmit(NOW).unwrap());
        }
    };
    flood(10); // the queue of answers finds its size
    let heap = measure(|| flood(100_000));
    assert_eq!((heap.count_current, heap.bytes_current), (0, 0));
}

#[test]
fn an_allocation_takes_less_than_a_kilobyte() {
    const COUNT: u16 = 1000;
    let mut server = server();
    let mut bytes = 0;
    for port in 1..=COUNT {
        let local = SocketAddr::new([6, 6, 6, 1].into(), port);
        let credentials = Credentials::new("alice", "wonderland");
        let config = client::Config::new(FiveTuple::udp(local, at(LISTEN)), credentials);
        let mut client = Client::new(config, [2; 32]);
        client.allocate(NOW);
        // Only what the server takes is counted.
        while let Some(request) = client.poll_transmit(NOW) {
            let path = request.five_tuple.reversed();
            let heap = measure(|| {
                let relayed = server.handle_input(NOW, Transmit::new(path, &request.payload));
                assert!(relayed.is_none());
                while let Some(event) = server.poll_event() {
                    if let Event::OpenRelay { relay } = event {
                        server.relay_opened(NOW, relay, true);
                    }
                }
            });
            bytes += heap.bytes_current;
            while let Some(answer) = server.poll_transmit(NOW) {
                bytes -= answer.payload.len() as i64;
                let path = answer.five_tuple.reversed();
                client.handle_input(NOW, Transmit::new(path, &answer.payload));
            }
        }
        assert!(client.relayed().is_some());
    }
    let each = bytes / i64::from(COUNT);
    println!("{each} bytes an allocation");
    assert!((100..1024).contains(&each), "{each}");
}
