//! The NAT box on real sockets on loopback. Each test has addresses of its own, as they run at the
//! same time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sansio::{FiveTuple, Transmit, Transport};
use testkit::nat::{NatConfig, RemoteScope};
use testkit::natbox::{NatBoxConfig, NatBoxError, frame};
use testkit::{LanSocket, NatBox};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout};

/// Long enough for loopback on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing must come before it is believed that nothing comes.
const SILENCE: Duration = Duration::from_millis(100);

/// Runs a test on a runtime of two threads, as a program would.
fn run(test: impl Future<Output = io::Result<()>>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(test).unwrap();
}

/// The box of the private network 127.`number`.0.0/16; its outer address is 127.`128 + number`.0.1.
fn config(number: u8, nat: NatConfig) -> NatBoxConfig {
    NatBoxConfig {
        subnet: format!("127.{number}.0.0/16").parse().unwrap(),
        gateway: ([127, number, 0, 1], 0).into(),
        outer: [127, 128 + number, 0, 1].into(),
        public: vec!["127.128.0.0/9".parse().unwrap()],
        nat,
        seed: [number; 32],
    }
}

async fn start(number: u8, nat: NatConfig) -> NatBox {
    NatBox::start(config(number, nat)).await.unwrap()
}

async fn send(socket: &LanSocket, to: SocketAddr, payload: &[u8]) -> io::Result<()> {
    socket.send(Transmit::new(FiveTuple::udp(socket.local_addr(), to), payload)).await
}

/// What comes next to a peer, and from whom; none when nothing does.
async fn recv(socket: &LanSocket, patience: Duration) -> Option<(SocketAddr, Vec<u8>)> {
    let mut buf = vec![0; 2048];
    let received = timeout(patience, socket.recv(&mut buf)).await.ok()?.unwrap();
    assert_eq!(received.five_tuple.local, socket.local_addr());
    Some((received.five_tuple.remote, received.payload.to_vec()))
}

async fn recv_plain(socket: &UdpSocket, patience: Duration) -> Option<(SocketAddr, Vec<u8>)> {
    let mut buf = vec![0; 2048];
    let (length, from) = timeout(patience, socket.recv_from(&mut buf)).await.ok()?.unwrap();
    Some((from, buf[..length].to_vec()))
}

/// Waits until `test` holds. What the box counts, it counts after it has acted.
async fn eventually(what: &str, test: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !test() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Asks a public server how a peer looks from outside.
async fn outer_address(peer: &LanSocket, server: &UdpSocket) -> SocketAddr {
    let server_address = server.local_addr().unwrap();
    send(peer, server_address, b"who am I?").await.unwrap();
    let (outer, _) = recv_plain(server, PATIENCE).await.expect("the server hears the peer");
    server.send_to(outer.to_string().as_bytes(), outer).await.unwrap();
    let answer = recv(peer, PATIENCE).await.expect("the peer hears the server");
    assert_eq!(answer, (server_address, outer.to_string().into_bytes()));
    outer
}

struct TwoHomes {
    boxes: [NatBox; 2],
    peers: [LanSocket; 2],
    outer: [SocketAddr; 2],
    server: UdpSocket,
}

/// Two peers behind two boxes, each of which has asked the server.
async fn two_homes(numbers: [u8; 2], nat: NatConfig) -> io::Result<TwoHomes> {
    let server = UdpSocket::bind(SocketAddr::from(([127, 128 + numbers[0], 0, 100], 0))).await?;
    let boxes = [start(numbers[0], nat.clone()).await, start(numbers[1], nat).await];
    let peers = [
        boxes[0].lan_socket(([127, numbers[0], 0, 2], 0).into()).await?,
        boxes[1].lan_socket(([127, numbers[1], 0, 2], 0).into()).await?,
    ];
    let outer = [outer_address(&peers[0], &server).await, outer_address(&peers[1], &server).await];
    for (nat_box, outer) in boxes.iter().zip(outer) {
        assert_eq!(outer.ip(), nat_box.outer(), "the server sees the outer address");
    }
    Ok(TwoHomes { boxes, peers, outer, server })
}

#[test]
fn peers_behind_port_restricted_nats_punch_through() {
    run(async {
        let TwoHomes { boxes, peers, outer, .. } =
            two_homes([20, 21], NatConfig::port_restricted()).await?;
        send(&peers[0], outer[1], b"first").await?;
        // The other NAT knows no such remote yet.
        eventually("it is filtered", || boxes[1].counters().filtered == 1).await;
        assert_eq!(recv(&peers[1], SILENCE).await, None);
        send(&peers[1], outer[0], b"second").await?;
        assert_eq!(recv(&peers[0], PATIENCE).await, Some((outer[1], b"second".to_vec())));
        send(&peers[0], outer[1], b"third").await?;
        assert_eq!(recv(&peers[1], PATIENCE).await, Some((outer[0], b"third".to_vec())));

        let [mapping] = boxes[0].mappings()[..] else { panic!("one mapping for all remotes") };
        assert_eq!((mapping.inside, mapping.outer), (peers[0].local_addr(), outer[0]));
        assert_eq!(mapping.remote, RemoteScope::Any);
        eventually("three out and two in", || {
            let counters = boxes[0].counters();
            (counters.sent_out, counters.let_in) == (3, 2)
        })
        .await;
        assert_eq!(boxes[0].last_error(), None);
        Ok(())
    });
}

#[test]
fn peers_behind_symmetric_nats_do_not() {
    run(async {
        let TwoHomes { boxes, peers, outer, .. } =
            two_homes([22, 23], NatConfig::symmetric()).await?;
        for _ in 0..5 {
            send(&peers[0], outer[1], b"a").await?;
            send(&peers[1], outer[0], b"b").await?;
        }
        for nat_box in &boxes {
            eventually("all are filtered", || nat_box.counters().filtered == 5).await;
            assert_eq!(nat_box.mappings().len(), 2, "one for the server, one for the other peer");
        }
        assert_eq!(recv(&peers[0], SILENCE).await, None);
        assert_eq!(recv(&peers[1], SILENCE).await, None);
        Ok(())
    });
}

#[test]
fn private_addresses_of_other_networks_are_unreachable() {
    run(async {
        let TwoHomes { boxes, peers, outer, server } =
            two_homes([24, 25], NatConfig::full_cone()).await?;
        // Through the box: not routed. So is the address of a loopback service outside of the
        // public block.
        send(&peers[0], peers[1].local_addr(), b"private").await?;
        send(&peers[0], ([127, 0, 0, 1], 53).into(), b"private").await?;
        send(&peers[0], boxes[0].gateway(), b"to the router itself").await?;
        eventually("none is routed", || boxes[0].counters().unroutable == 3).await;
        assert_eq!(recv(&peers[1], SILENCE).await, None);
        // Past the box, from a public address: dropped by the peer's socket.
        server.send_to(b"stranger", peers[1].local_addr()).await?;
        assert_eq!(recv(&peers[1], SILENCE).await, None);
        assert_eq!(peers[1].strays(), 1);
        // The outer address is the way in.
        server.send_to(b"welcome", outer[1]).await?;
        let from_server = (server.local_addr()?, b"welcome".to_vec());
        assert_eq!(recv(&peers[1], PATIENCE).await, Some(from_server));
        Ok(())
    });
}

#[test]
fn neighbours_talk_directly_and_by_hairpin() {
    run(async {
        let server = UdpSocket::bind("127.154.0.100:0").await?;
        let nat_box = start(26, NatConfig::full_cone()).await;
        let first = nat_box.lan_socket(([127, 26, 0, 2], 0).into()).await?;
        let second = nat_box.lan_socket(([127, 26, 0, 3], 0).into()).await?;
        send(&first, second.local_addr(), b"direct").await?;
        let direct = (first.local_addr(), b"direct".to_vec());
        assert_eq!(recv(&second, PATIENCE).await, Some(direct));
        assert_eq!(nat_box.mappings(), [], "the box had no part in it");

        let [first_outer, second_outer] =
            [outer_address(&first, &server).await, outer_address(&second, &server).await];
        send(&first, second_outer, b"around").await?;
        assert_eq!(recv(&second, PATIENCE).await, Some((first_outer, b"around".to_vec())));
        eventually("it is counted", || nat_box.counters().hairpinned == 1).await;
        Ok(())
    });
}

#[test]
fn a_mapping_ends_and_its_socket_closes() {
    run(async {
        let nat = NatConfig { timeout: Duration::from_secs(1), ..NatConfig::full_cone() };
        let TwoHomes { boxes, outer, .. } = two_homes([27, 28], nat).await?;
        assert!(std::net::UdpSocket::bind(outer[1]).is_err(), "the mapping's socket has it");
        eventually("the mapping ends", || boxes[1].mappings().is_empty()).await;
        // Now somebody else can have the port.
        eventually("the socket closes", || std::net::UdpSocket::bind(outer[1]).is_ok()).await;
        Ok(())
    });
}

#[test]
fn dropping_the_box_closes_all_its_sockets() {
    run(async {
        let TwoHomes { boxes, outer, .. } = two_homes([29, 30], NatConfig::full_cone()).await?;
        let gateway = boxes[0].gateway();
        drop(boxes);
        for address in [gateway, outer[0], outer[1]] {
            // The tasks end the next time that they run.
            eventually("it closes", || std::net::UdpSocket::bind(address).is_ok()).await;
        }
        Ok(())
    });
}

#[test]
fn a_port_that_somebody_has_is_passed_over() {
    run(async {
        let server = UdpSocket::bind("127.160.0.100:0").await?;
        // A pair of ports, the first of which is taken.
        let (taken, port) = loop {
            let taken = UdpSocket::bind("127.160.0.1:0").await?;
            let port = taken.local_addr()?.port();
            if port < u16::MAX && UdpSocket::bind(("127.160.0.1", port + 1)).await.is_ok() {
                break (taken, port);
            }
        };
        let nat = NatConfig { ports: port..=port + 1, ..NatConfig::full_cone() };
        let nat_box = start(32, nat).await;
        let first = nat_box.lan_socket(([127, 32, 0, 2], 0).into()).await?;
        assert_eq!(outer_address(&first, &server).await, ([127, 160, 0, 1], port + 1).into());
        // And when none is left it is counted, while those that have one go on.
        let second = nat_box.lan_socket(([127, 32, 0, 3], 0).into()).await?;
        send(&second, server.local_addr()?, b"x").await?;
        eventually("it is refused", || nat_box.counters().refused == 1).await;
        assert_eq!(recv_plain(&server, SILENCE).await, None);
        assert_eq!(outer_address(&first, &server).await.port(), port + 1);
        drop(taken);
        assert_eq!(outer_address(&second, &server).await.port(), port);
        Ok(())
    });
}

#[test]
fn the_gateway_serves_only_its_peers_and_only_frames() {
    run(async {
        let nat_box = start(33, NatConfig::full_cone()).await;
        let mut buf = [0; 64];
        let framed = frame::encode(([127, 161, 0, 100], 9).into(), b"x", &mut buf).unwrap();
        let stranger = UdpSocket::bind("127.161.0.100:0").await?;
        stranger.send_to(framed, nat_box.gateway()).await?;
        let confused = UdpSocket::bind("127.33.0.9:0").await?;
        confused.send_to(b"\x04no", nat_box.gateway()).await?;
        eventually("both are counted", || {
            let counters = nat_box.counters();
            (counters.strangers, counters.malformed) == (1, 1)
        })
        .await;
        assert_eq!(nat_box.mappings(), []);
        Ok(())
    });
}

#[test]
fn large_datagrams_pass() {
    run(async {
        let server = UdpSocket::bind("127.162.0.100:0").await?;
        let nat_box = start(34, NatConfig::full_cone()).await;
        let peer = nat_box.lan_socket(([127, 34, 0, 2], 0).into()).await?;
        // The header of a frame takes seven bytes of the longest datagram.
        let longest: Vec<u8> = (0..65_500u32).map(|i| i as u8).collect();
        send(&peer, server.local_addr()?, &longest).await?;
        let mut buf = vec![0; 65_507];
        let (length, outer) = timeout(PATIENCE, server.recv_from(&mut buf)).await??;
        assert!(buf[..length] == longest[..]);
        server.send_to(&longest, outer).await?;
        let received = timeout(PATIENCE, peer.recv(&mut buf)).await??;
        assert!(received.payload == &longest[..]);
        let error = send(&peer, server.local_addr()?, &[0; 65_501]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        Ok(())
    });
}

#[test]
fn a_socket_sends_only_as_itself() {
    run(async {
        let nat_box = start(35, NatConfig::full_cone()).await;
        let peer = nat_box.lan_socket(([127, 35, 0, 2], 0).into()).await?;
        let remote = ([127, 163, 0, 100], 9).into();
        let other = FiveTuple::udp(([127, 35, 0, 3], 5).into(), remote);
        let stream = FiveTuple { transport: Transport::Tcp, local: peer.local_addr(), remote };
        for five_tuple in [other, stream] {
            let error = peer.try_send(Transmit::new(five_tuple, b"x")).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().contains(&peer.local_addr().to_string()), "{error}");
        }
        let foreign = nat_box.lan_socket(([127, 36, 0, 2], 0).into()).await.unwrap_err();
        let why = "the peer's socket 127.36.0.2:0: not an address of 127.35.0.0/16";
        assert_eq!(foreign.to_string(), why);
        Ok(())
    });
}

#[test]
fn what_cannot_start_says_why() {
    run(async {
        let mut outside = config(37, NatConfig::full_cone());
        outside.gateway = ([127, 38, 0, 1], 0).into();
        let error = NatBox::start(outside).await.unwrap_err();
        assert!(matches!(error, NatBoxError::GatewayOutsideSubnet { .. }), "{error}");
        for outer in [[127, 37, 0, 9], [127, 1, 0, 1]] {
            let mut private = config(37, NatConfig::full_cone());
            private.outer = outer.into();
            let error = NatBox::start(private).await.unwrap_err();
            assert!(matches!(error, NatBoxError::OuterNotPublic { .. }), "{error}");
        }
        let mut nowhere = config(37, NatConfig::full_cone());
        nowhere.outer = IpAddr::from([192, 0, 2, 1]);
        nowhere.public.push("192.0.2.0/24".parse().unwrap());
        let error = NatBox::start(nowhere).await.unwrap_err().to_string();
        assert!(error.starts_with("can't bind the outer address 192.0.2.1:0: "), "{error}");
        let taken = UdpSocket::bind("127.37.0.1:0").await?;
        let mut busy = config(37, NatConfig::full_cone());
        busy.gateway = taken.local_addr()?;
        let error = NatBox::start(busy).await.unwrap_err();
        assert!(matches!(error, NatBoxError::Bind { what: "gateway", .. }), "{error}");
        Ok(())
    });
}
