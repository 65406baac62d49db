//! `stun serve`: what it answers over UDP, and how it begins and ends.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use stun_codec::shape::ChangeRequest;
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId, attr};

use crate::program::{Folder, Server, nobody, refusal, socket};

const ID: [u8; 12] = *b"ABCDEFGHIJKL";

fn request(
    build: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>,
    buffer: &mut Vec<u8>,
) -> &[u8] {
    buffer.resize(2048, 0);
    build(MessageBuilder::request(Method::BINDING, TransactionId::new(ID), buffer))
        .finish()
        .unwrap()
}

fn ask(socket: &UdpSocket, server: SocketAddr, request: &[u8]) -> Vec<u8> {
    socket.send_to(request, server).unwrap();
    let mut buffer = [0; 4096];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(from, server);
    buffer[..length].to_vec()
}

#[test]
fn s20_no_answer_is_longer_than_32_bytes_over_ipv4_or_44_over_ipv6() {
    let server = Server::start(&["--listen", "udp://127.0.0.1:0", "--listen", "udp://[::1]:0"], 2);
    for (address, local, most) in
        [(server.addresses[0], "127.0.0.1:0", 32), (server.addresses[1], "[::1]:0", 44)]
    {
        let socket = socket(local);
        let mut buffer = Vec::new();
        let plain = ask(&socket, address, request(|request| request, &mut buffer));
        assert_eq!(plain.len(), most);
        let answer = Message::parse(&plain).unwrap();
        assert_eq!(answer.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(socket.local_addr().unwrap())));
        let change = ChangeRequest { ip: true, port: true };
        for wish in [
            request(|request| request.put(attr::CHANGE_REQUEST, change), &mut buffer).to_vec(),
            request(|request| request.put(attr::PADDING, &[0; 1400]), &mut buffer).to_vec(),
            request(|request| request.put(attr::RESPONSE_PORT, 9), &mut buffer).to_vec(),
            request(|request| request.put(attr::PRIORITY, 1), &mut buffer).to_vec(),
        ] {
            let answer = ask(&socket, address, &wish);
            assert!(answer.len() <= most, "{}", answer.len());
            let answer = Message::parse(&answer).unwrap();
            assert_eq!(answer.class(), Class::Error);
            assert_eq!(answer.get(attr::ERROR_CODE).unwrap().unwrap().code(), 420);
        }
    }
}

#[test]
fn garbage_is_answered_by_nothing() {
    let server = Server::udp();
    let socket = socket("127.0.0.1:0");
    let mut buffer = Vec::new();
    let mut id = 0_u32;
    for length in (0..200).chain([1200, 9000]) {
        let noise: Vec<u8> = (0..length)
            .map(|_| {
                id = id.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (id >> 24) as u8
            })
            .collect();
        socket.send_to(&noise, server.address()).unwrap();
    }
    let good = request(|request| request, &mut buffer).to_vec();
    for cut in 1..good.len() {
        socket.send_to(&good[..cut], server.address()).unwrap();
    }
    // The first that comes back is the answer to the one good request.
    let answer = ask(&socket, server.address(), &good);
    assert_eq!(Message::parse(&answer).unwrap().transaction_id().as_bytes(), &ID);
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let error = socket.recv(&mut [0; 64]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
}

#[test]
fn no_request_of_a_burst_is_forgotten() {
    let server = Server::udp();
    let socket = socket("127.0.0.1:0");
    let mut buffer = Vec::new();
    let plain = request(|request| request, &mut buffer).to_vec();
    for _ in 0..20 {
        // As many as the system's smallest buffers hold.
        for _ in 0..150 {
            socket.send_to(&plain, server.address()).unwrap();
        }
        for _ in 0..150 {
            assert_eq!(socket.recv(&mut [0; 64]).unwrap(), 32);
        }
    }
}

#[test]
fn two_addresses_are_a_server_for_nat_tests() {
    let args = ["--listen", "udp://127.0.0.1:0", "--listen", "udp://127.0.0.2:0"];
    let server = Server::start(&args, 4);
    let [primary, other_port, other_ip, alternate] = server.addresses[..] else { panic!() };
    assert_eq!([primary.ip(), alternate.ip()], [other_port.ip(), other_ip.ip()]);
    assert_eq!([primary.port(), alternate.port()], [other_ip.port(), other_port.port()]);
    let socket = socket("127.0.0.1:0");
    let mut buffer = Vec::new();
    let answer = ask(&socket, primary, request(|request| request, &mut buffer));
    let answer = Message::parse(&answer).unwrap();
    assert_eq!(answer.get(attr::OTHER_ADDRESS), Ok(Some(alternate)));
    assert_eq!(answer.get(attr::RESPONSE_ORIGIN), Ok(Some(primary)));
    let change = ChangeRequest { ip: true, port: true };
    let wish = request(|request| request.put(attr::CHANGE_REQUEST, change), &mut buffer);
    socket.send_to(wish, primary).unwrap();
    let (_, from) = socket.recv_from(&mut [0; 256]).unwrap();
    assert_eq!(from, alternate);

    let sparing = Server::start(&[&args[..], &["--sparing"]].concat(), 4);
    let plain = ask(&socket, sparing.address(), request(|request| request, &mut buffer));
    assert_eq!(plain.len(), 32);
    let stay = ChangeRequest { ip: false, port: false };
    let wish = request(|request| request.put(attr::CHANGE_REQUEST, stay), &mut buffer);
    let told = ask(&socket, sparing.address(), wish);
    assert!(Message::parse(&told).unwrap().contains(attr::OTHER_ADDRESS));
}

#[cfg(unix)]
#[test]
fn signals_tell_the_statistics_and_end_it() {
    let mut server =
        Server::start(&["--listen", "udp://127.0.0.1:0", "--listen", "tcp://127.0.0.1:0"], 2);
    let socket = socket("127.0.0.1:0");
    let mut buffer = Vec::new();
    let plain = request(|request| request, &mut buffer).to_vec();
    ask(&socket, server.address(), &plain);
    ask(&socket, server.address(), &plain);
    let refused = request(|request| request.put(attr::PRIORITY, 1), &mut buffer).to_vec();
    socket.send_to(b"garbage", server.address()).unwrap();
    ask(&socket, server.address(), &refused);
    let tcp = server.addresses[1].to_string();
    crate::program::json(&["query", "--tcp", &tcp]);

    server.signal("USR1");
    let told = server.statistics();
    assert_eq!(
        told["udp"],
        serde_json::json!({
            "received": 4, "answered": 2, "refused": 1, "dropped": 1,
            "bytes_in": 20 + 20 + 28 + 7, "bytes_out": 32 + 32 + 32
        })
    );
    assert_eq!(told["tcp"]["answered"], 1);
    assert_eq!(
        told["connections"],
        serde_json::json!({"accepted": 1, "turned_away": 0, "timed_out": 0})
    );
    server.signal("TERM");
    assert_eq!(server.statistics()["udp"], told["udp"]);
    assert_eq!(server.end(), (Some(0), String::new()));

    let server = Server::udp();
    server.signal("INT");
    let (code, rest) = server.end();
    assert_eq!(code, Some(0));
    assert!(rest.starts_with("{\"statistics\":{\"udp\":{\"received\":0,"), "{rest}");
}

#[test]
fn what_cannot_be_served_is_told_with_what_to_do() {
    let server = Server::udp();
    let line = refusal(2, &["serve", "--listen", &format!("udp://{}", server.address())]);
    assert!(line.contains(&server.name()) && line.contains("another program"), "{line}");
    let line = refusal(2, &["serve", "--listen", "udp://192.0.2.1:3478"]);
    assert!(line.contains("does not have that IP address"), "{line}");
    let line = refusal(2, &["serve", "--listen", &format!("tls://{}", nobody())]);
    assert!(line.contains("--cert"), "{line}");

    let folder = Folder::new("bad-certificates");
    let (certificate, key) = crate::query::certificate(&folder);
    let absent = folder.path("absent.pem");
    let text = folder.write("text.pem", "no certificate");
    for (certificate, key, expected) in [
        (&absent, &key, "absent.pem: can't read it"),
        (&certificate, &absent, "absent.pem: can't read it"),
        (&text, &key, "BEGIN CERTIFICATE"),
        (&certificate, &text, "text.pem"),
        (&key, &key, "BEGIN CERTIFICATE"),
    ] {
        let args = ["serve", "--listen", "tls://127.0.0.1:0", "--cert", certificate, "--key", key];
        let line = refusal(2, &args);
        assert!(line.contains(expected), "{line}");
    }
    let args = ["serve", "--listen", "udp://127.0.0.1:0", "--cert", &certificate, "--key", &key];
    assert!(refusal(2, &args).contains("tls://"));
}
