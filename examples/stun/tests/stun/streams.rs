//! `stun serve` over TCP: slow clients, too many, and those who speak something else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use sansio::Clock;

use crate::program::{Server, json};

const REQUEST: &[u8] = b"\x00\x01\0\0\x21\x12\xA4\x42ABCDEFGHIJKL";

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn exchange(stream: &mut TcpStream) {
    stream.write_all(REQUEST).unwrap();
    let length = if stream.peer_addr().unwrap().is_ipv4() { 32 } else { 44 };
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer[8..20], &REQUEST[8..]);
}

/// Reads to the end, which must come without another byte.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 64]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn slow_clients_are_closed_after_15_seconds_and_busy_ones_are_not() {
    let mut server = Server::start(&["--listen", "tcp://127.0.0.1:0"], 1);
    let address = server.address();
    let clock = Clock::start();
    let idle = thread::spawn(move || is_closed(&mut connect(address)));
    let dribbling = thread::spawn(move || {
        let mut stream = connect(address);
        for byte in REQUEST {
            if stream.write_all(&[*byte]).is_err() {
                return true;
            }
            thread::sleep(Duration::from_secs(1));
        }
        is_closed(&mut stream)
    });
    let mut busy = connect(address);
    for _ in 0..9 {
        exchange(&mut busy);
        thread::sleep(Duration::from_secs(2));
    }
    assert!(clock.now().since_epoch() > Duration::from_secs(17));
    assert!(idle.is_finished(), "an idle connection lives on");
    assert!(idle.join().unwrap());
    exchange(&mut busy);
    assert!(dribbling.join().unwrap(), "a byte a second is no request within 15 s");
    if cfg!(unix) {
        server.signal("USR1");
        assert_eq!(server.statistics()["connections"]["timed_out"], 2);
    }
}

#[test]
fn connections_are_bounded_in_all_and_from_one_address() {
    let args = ["--listen", "tcp://127.0.0.1:0", "--listen", "tcp://[::1]:0"];
    let limits = ["--max-connections", "3", "--max-per-ip", "2"];
    let server = Server::start(&[&args[..], &limits].concat(), 2);
    let [v4, v6] = server.addresses[..] else { panic!() };
    let (mut one, mut two) = (connect(v4), connect(v4));
    exchange(&mut one);
    exchange(&mut two);
    assert!(is_closed(&mut connect(v4)), "a third one from one address");
    let mut three = connect(v6);
    exchange(&mut three);
    assert!(is_closed(&mut connect(v6)), "a fourth one in all");
    drop(one);
    // The place is free once the server has seen the end.
    let clock = Clock::start();
    while !is_answered(v4) {
        assert!(clock.now().since_epoch() < Duration::from_secs(10), "the place is not given back");
    }
    exchange(&mut two);
    exchange(&mut three);
}

fn is_answered(server: SocketAddr) -> bool {
    let mut stream = connect(server);
    stream.write_all(REQUEST).is_ok() && stream.read_exact(&mut [0; 32]).is_ok()
}

#[test]
fn requests_come_in_any_pieces_and_other_protocols_are_closed() {
    let server = Server::start(&["--listen", "tcp://127.0.0.1:0"], 1);
    let mut stream = connect(server.address());
    let three = [REQUEST; 3].concat();
    stream.write_all(&three[..27]).unwrap();
    thread::sleep(Duration::from_millis(50));
    stream.write_all(&three[27..]).unwrap();
    stream.read_exact(&mut [0; 96]).unwrap();
    for other in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xFF; 40], &[0, 1, 0xFF, 0xFC], &[0x40, 0, 0, 0]]
    {
        let mut stream = connect(server.address());
        stream.write_all(other).unwrap();
        assert!(is_closed(&mut stream), "{other:?}");
    }
    json(&["query", "--tcp", &server.name()]);
}
