//! What our machines really send, for a dissector: `messages_pcap FILE` writes a pcap file of a TURN
//! session and an ICE session, and prints a line for each packet with what the dissector should say.
//!
//! The fields of a line are separated by tabs: message type, transaction id, username, realm, nonce,
//! lifetime, channel number, the error's class and number, IP addresses, ports, `1` when there is
//! a FINGERPRINT, and the channel of ChannelData. What comes several times is joined with commas.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use bytes::Bytes;
use ice_agent::{Agent, Config, Event as IceEvent, Role, TurnCredentials};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::channel_data::ChannelData;
use stun_codec::{Message, attr};
use turn_proto::client::{Client, Config as ClientConfig, MAX_OVERHEAD};
use turn_proto::server::{Config as ServerConfig, Event, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: messages_pcap FILE")?;
    let mut capture = Capture::default();
    turn_session(&mut capture);
    ice_session(&mut capture);
    std::fs::write(file, capture.pcap())?;
    for (_, datagram) in &capture.packets {
        println!("{}", expected(&datagram.payload));
    }
    Ok(())
}

const SERVER: ([u8; 4], u16) = ([198, 51, 100, 2], 3478);
const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
const PEER: ([u8; 4], u16) = ([203, 0, 113, 5], 6000);

/// All that has been sent, and when.
#[derive(Default)]
struct Capture {
    packets: Vec<(Timestamp, Transmit<Bytes>)>,
}

impl Capture {
    fn record(&mut self, now: Timestamp, datagram: Transmit<impl AsRef<[u8]>>) -> Transmit<Bytes> {
        let datagram = datagram.map(|payload| Bytes::copy_from_slice(payload.as_ref()));
        self.packets.push((now, datagram.clone()));
        datagram
    }

    /// The classic format with microseconds, of raw IP packets.
    fn pcap(&self) -> Vec<u8> {
        const RAW_IP: u32 = 101;
        let mut file = Vec::new();
        file.extend(0xA1B2_C3D4_u32.to_le_bytes());
        file.extend([2, 0, 4, 0]);
        file.extend([0; 8]);
        file.extend(65_535_u32.to_le_bytes());
        file.extend(RAW_IP.to_le_bytes());
        for (now, datagram) in &self.packets {
            let packet = ip_packet(datagram);
            let time = now.since_epoch();
            file.extend((time.as_secs() as u32).to_le_bytes());
            file.extend(time.subsec_micros().to_le_bytes());
            file.extend((packet.len() as u32).to_le_bytes());
            file.extend((packet.len() as u32).to_le_bytes());
            file.extend(packet);
        }
        file
    }
}

/// An IPv4 packet with a UDP datagram, without the latter's checksum.
fn ip_packet(datagram: &Transmit<Bytes>) -> Vec<u8> {
    let (from, to) = (v4(datagram.five_tuple.local), v4(datagram.five_tuple.remote));
    let udp_length = 8 + datagram.payload.len() as u16;
    let mut packet = vec![0x45, 0];
    packet.extend((20 + udp_length).to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    packet.extend(from.ip().octets());
    packet.extend(to.ip().octets());
    let sum: u32 = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let checksum = !((sum & 0xFFFF) + (sum >> 16)) as u16;
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(from.port().to_be_bytes());
    packet.extend(to.port().to_be_bytes());
    packet.extend(udp_length.to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(&datagram.payload);
    packet
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
    }
}

/// A client and a server: challenge, allocation, permission, channel, data in both forms both ways, a
/// peer that is forbidden, the refreshes and the end.
fn turn_session(capture: &mut Capture) {
    let mut config = ServerConfig::new("example.org", SERVER.into(), SERVER.0.into());
    config.add_user("alice", "wonderland");
    config.software = Some("thalweg".into());
    config.peer_policy.allow.push(SocketAddr::from(PEER).ip().into());
    config.peer_policy.allow.push(SocketAddr::from(SERVER).ip().into());
    let mut stage = Stage {
        server: Server::new(config, [1; 32]),
        client: {
            let path = FiveTuple::udp(CLIENT.into(), SERVER.into());
            let mut config = ClientConfig::new(path, TurnCredentials::new("alice", "wonderland"));
            config.lifetime = Some(Duration::from_secs(1200));
            config.software = Some("thalweg client".into());
            Client::new(config, [2; 32])
        },
        now: Timestamp::from_secs(1),
        capture,
    };
    stage.client.allocate(stage.now);
    stage.client.create_permission(stage.now, SocketAddr::from(PEER).ip());
    stage.settle();
    stage.exchange(b"in indications");
    stage.client.bind_channel(stage.now, PEER.into());
    // Loopback is no peer for strangers' relays.
    stage.client.create_permission(stage.now, [127, 0, 0, 1].into());
    stage.settle();
    stage.exchange(b"on a channel");
    // The nonce is too old by the time of the refreshes.
    for _ in 0..8 {
        stage.now += Duration::from_secs(195);
        stage.client.handle_timeout(stage.now);
        stage.settle();
    }
    stage.client.close(stage.now);
    stage.settle();
}

struct Stage<'a> {
    server: Server,
    client: Client,
    now: Timestamp,
    capture: &'a mut Capture,
}

impl Stage<'_> {
    /// Carries what client and server send to each other, until there is no more.
    fn settle(&mut self) {
        while let Some(request) = self.client.poll_transmit(self.now) {
            let request = self.capture.record(self.now, request);
            self.serve(&request);
            while let Some(event) = self.server.poll_event() {
                if let Event::OpenRelay { relay } = event {
                    self.server.relay_opened(self.now, relay, true);
                }
            }
            while let Some(answer) = self.server.poll_transmit(self.now) {
                let answer = self.capture.record(self.now, answer);
                self.deliver(&answer);
            }
            self.now += Duration::from_millis(1);
        }
    }

    fn serve(&mut self, datagram: &Transmit<Bytes>) {
        let input = Transmit::new(datagram.five_tuple.reversed(), &datagram.payload[..]);
        if let Some(relayed) = self.server.handle_input(self.now, input) {
            assert_eq!(relayed.five_tuple.remote, PEER.into());
        }
    }

    fn deliver(&mut self, datagram: &Transmit<Bytes>) {
        let input = Transmit::new(datagram.five_tuple.reversed(), &datagram.payload[..]);
        let _ = self.client.handle_input(self.now, input);
    }

    /// One datagram to the peer and one from it, as they travel between client and server.
    fn exchange(&mut self, payload: &[u8]) {
        let mut buffer = vec![0; payload.len() + MAX_OVERHEAD];
        let sent = self.client.send(self.now, PEER.into(), payload, &mut buffer);
        let sent = self.capture.record(self.now, sent.expect("there is a permission"));
        self.serve(&sent);
        let relayed = self.client.relayed().expect("allocated");
        let input = Transmit::new(FiveTuple::udp(relayed, PEER.into()), payload);
        let back = self.server.handle_input(self.now, input).expect("there is a permission");
        let back = Transmit::new(back.five_tuple, back.parts().concat());
        let back = self.capture.record(self.now, back);
        self.deliver(&back);
    }
}

/// Two agents on the same network that both want to control, until one has nominated.
fn ice_session(capture: &mut Capture) {
    let sockets: [SocketAddr; 2] = [([192, 0, 2, 11], 5001).into(), ([192, 0, 2, 12], 5002).into()];
    let mut now = Timestamp::from_secs(3000);
    let mut agents = [3, 4].map(|seed| Agent::new(Config::new(Role::Controlling), [seed; 32]));
    for side in [0, 1] {
        agents[side].add_host(now, sockets[side]);
        let credentials = agents[1 - side].credentials().clone();
        agents[side].set_remote(now, credentials);
    }
    for _ in 0..100 {
        for side in [0, 1] {
            while let Some(event) = agents[side].poll_event() {
                if let IceEvent::LocalCandidate(candidate) = event {
                    agents[1 - side].add_remote_candidate(now, candidate);
                }
            }
        }
        for side in [0, 1] {
            while let Some(transmit) = agents[side].poll_transmit(now) {
                let sent = capture.record(now, transmit);
                let input = Transmit::new(sent.five_tuple.reversed(), &sent.payload[..]);
                let _ = agents[1 - side].handle_input(now, input);
            }
        }
        now += Duration::from_millis(10);
        agents.iter_mut().for_each(|agent| agent.handle_timeout(now));
    }
    assert!(agents.iter().all(|agent| agent.selected_pair().is_some()));
}

/// What the dissector should say of this datagram.
fn expected(datagram: &[u8]) -> String {
    let Ok(message) = Message::parse(datagram) else {
        let data = ChannelData::parse(datagram).expect("ours");
        return format!("{}0x{:04x}", "\t".repeat(12), data.channel.value());
    };
    let text = |attribute| message.get(attribute).ok().flatten().unwrap_or_default();
    let error = message.get(attr::ERROR_CODE).ok().flatten().map(|error| error.code());
    let addresses: Vec<SocketAddr> = message
        .attributes()
        .filter_map(|raw| {
            [attr::XOR_MAPPED_ADDRESS, attr::XOR_PEER_ADDRESS, attr::XOR_RELAYED_ADDRESS]
                .into_iter()
                .find(|attribute| attribute.attribute_type() == raw.attribute_type)
        })
        .filter_map(|attribute| message.get(attribute).ok().flatten())
        .collect();
    let joined =
        |part: fn(&SocketAddr) -> String| addresses.iter().map(part).collect::<Vec<_>>().join(",");
    let some = |value: Option<String>| value.unwrap_or_default();
    [
        format!("0x{:04x}", message.message_type().value()),
        message.transaction_id().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
        message.get(attr::USERNAME).ok().flatten().unwrap_or_default().into(),
        text(attr::REALM).into(),
        text(attr::NONCE).into(),
        some(message.get(attr::LIFETIME).ok().flatten().map(|value| value.as_secs().to_string())),
        some(
            message.get(attr::CHANNEL_NUMBER).ok().flatten().map(|value| format!("0x{value:04x}")),
        ),
        some(error.map(|code| (code / 100).to_string())),
        some(error.map(|code| (code % 100).to_string())),
        joined(|address| address.ip().to_string()),
        joined(|address| address.port().to_string()),
        some((message.verify_fingerprint() == Ok(true)).then(|| "1".into())),
        String::new(),
    ]
    .join("\t")
}
