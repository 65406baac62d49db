//! Writes the seeds from which the corpora were grown: `cargo run --example seeds` within `fuzz/`.
//! Messages are written by our own builder; sessions are commands as each target reads them.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use stun_codec::{ErrorCode, Key, Message, MessageBuilder, Method, TransactionId, attr};

fn main() -> Result<(), Box<dyn Error>> {
    write("stun_message", &stun_messages()?)?;
    write("channel_data", &[&b"\x40\0\0\x05hello"[..], b"\x4F\xFF\0\x02hi\0\0", b"\x40\x01\0\0"])?;
    write("turn_server", &[turn_server(false), turn_server(true)])?;
    write("turn_client", &[turn_client(false), turn_client(true)])?;
    write("ice_agent", &[direct(), through_nat(), relayed()])?;
    write("candidate", &CANDIDATES)?;
    write("playlist", &PLAYLISTS)?;
    Ok(())
}

fn write(target: &str, seeds: &[impl AsRef<[u8]>]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

fn stun_messages() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let key = Key::long_term("alice", "example.org", "wonderland");
    let id = TransactionId::new(*b"some request");
    let request = |method, buffer| MessageBuilder::request(method, id, buffer);
    let [mut a, mut b, mut c, mut d, mut e, mut f] = [[0; 512]; 6];
    let allocate = request(Method::ALLOCATE, &mut a)
        .put(attr::REQUESTED_TRANSPORT, 17)
        .put(attr::EVEN_PORT, true)
        .put(attr::DONT_FRAGMENT, ())
        .put(attr::SOFTWARE, "seeds")
        .put(attr::USERNAME, "alice")
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, "a nonce")
        .sign(&key)
        .finish()?;
    let check = request(Method::BINDING, &mut b)
        .put(attr::USERNAME, "ours:theirs")
        .put(attr::PRIORITY, 1_845_501_695)
        .put(attr::ICE_CONTROLLING, 1 << 63)
        .put(attr::USE_CANDIDATE, ())
        .sign(&key)
        .fingerprint()
        .finish()?;
    let asked = Message::parse(check)?;
    let success = MessageBuilder::success(&asked, &mut c)
        .put(attr::XOR_MAPPED_ADDRESS, "[2001:db8::1]:5000".parse()?)
        .put(attr::MAPPED_ADDRESS, "192.0.2.1:5000".parse()?)
        .put(attr::XOR_RELAYED_ADDRESS, "192.0.2.2:50000".parse()?)
        .put(attr::LIFETIME, Duration::from_secs(600))
        .sign(&key)
        .sign_sha256(&key)
        .fingerprint()
        .finish()?;
    let error = MessageBuilder::error(&asked, ErrorCode::STALE_NONCE, &mut d)
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, "another nonce")
        .put(attr::ALTERNATE_SERVER, "192.0.2.3:3478".parse()?)
        .put(attr::UNKNOWN_ATTRIBUTES, asked.unknown_required(|_| false))
        .finish()?;
    let data = MessageBuilder::indication(Method::DATA, id, &mut e)
        .put(attr::XOR_PEER_ADDRESS, "198.51.100.9:6000".parse()?)
        .put(attr::DATA, b"hello")
        .finish()?;
    let bind = request(Method::CHANNEL_BIND, &mut f)
        .put(attr::CHANNEL_NUMBER, 0x4000)
        .put(attr::ICE_CONTROLLED, 7)
        .finish()?;
    Ok([allocate, check, success, error, data, bind].map(<[u8]>::to_vec).to_vec())
}

/// Commands one after the other.
fn script(commands: &[(u8, &[u8])]) -> Vec<u8> {
    let command = |(number, body): &(u8, &[u8])| [&[*number, body.len() as u8], *body].concat();
    commands.iter().flat_map(command).collect()
}

fn turn_server(late: bool) -> Vec<u8> {
    let wait: (u8, &[u8]) = (0, if late { &[0x17, 0x70] } else { &[0, 10] });
    script(&[
        (3, b"\x00\x03\x00"),
        (2, b"\x00\x03\x00"),
        (7, b"\x00"),
        (2, b"\x02\x00\x01\x00"),
        (4, b"\x00\x01\x00\x0c\x05hello"),
        (2, b"\x03\x01\x01\x00\x00\x01\x00"),
        (5, b"\x00hello"),
        (6, b"\x00hello"),
        (6, b"\x01hello"),
        wait,
        (2, b"\x01\x02\x02\x02\x58"),
        (0x33, b"\x00\x03\x00"),
        (0x32, b"\x00\x03\x00\x04\x01\x00"),
        (7, b"\x01"),
        (7, b"\x00"),
        (2, b"\x01\x02\x02\x00\x00"),
    ])
}

fn turn_client(late: bool) -> Vec<u8> {
    let wait: (u8, &[u8]) = (0, if late { &[0xEA, 0x60] } else { &[0, 10] });
    script(&[
        (0x06, b""),
        (0x46, b"\x00"),
        (0x86, b"\x01"),
        (3, b"\x06\x09\x01\x00\x0a\x00\x0b\x01\x00"),
        (3, b"\x00\x07\x01\x00\x08\x01\x01\x02\x02\x02\x58"),
        (3, b"\x00"),
        (3, b"\x00"),
        (4, b"\x00\x01\x00\x0c\x05hello"),
        (5, b"\x00hello"),
        (0x07, b"hello"),
        wait,
        (3, b"\x06\x09\x01\x01\x0a\x00\x0b\x01\x01"),
        (3, b"\x00\x02\x02\x02\x58"),
        (0xF6, b""),
        (3, b"\x00\x02\x02\x00\x00"),
    ])
}

/// Controlling, host to host, until consent.
fn direct() -> Vec<u8> {
    let session = script(&[
        (0xC4, b"\x07\x7f\x7f\x7f\x7f"),
        (0, b"\x00\x32"),
        (3, b"\x00\x00"),
        (0, b"\x00\x32"),
        (3, b"\x00\x00"),
        (5, b"hello"),
        (0x41, b"hello"),
        (0x42, b"\x40\x01\x6e\x00\x00\xff"),
        (0, b"\x13\x88"),
        (3, b"\x01\x00"),
        (0, b"\x75\x30"),
    ]);
    [&[0][..], &session].concat()
}

/// Controlled, with a STUN server, and nominated by the peer; then a role conflict.
fn through_nat() -> Vec<u8> {
    let session = script(&[
        (0, b"\x00\x32"),
        (3, b"\x04\x0f"),
        (4, b"candidate:1 1 udp 1694498815 203.0.113.4 6000 typ srflx raddr 10.0.0.1 rport 6000"),
        (0x07, b""),
        (0, b"\x00\x32"),
        (3, b"\x00\x0f"),
        (0x42, b"\x41\x01\x6e\x00\x00\xff"),
        (0, b"\x00\x32"),
        (0x42, b"\x83\xff\x6e\x00\x00\xff"),
        (3, b"\x02\x00"),
        (5, b"hello"),
    ]);
    [&[5][..], &session].concat()
}

/// Controlling, with a TURN server, through the relay.
fn relayed() -> Vec<u8> {
    let session = script(&[
        (0, b"\x00\x32"),
        (3, b"\x46\x08"),
        (3, b"\x00\x0e"),
        (0xC4, b"\x07\x7f\x7f\x7f\x7f"),
        (0, b"\x00\x32"),
        (3, b"\x00\x00"),
        (0, b"\x00\x32"),
        (3, b"\x00\x00"),
        (0, b"\x00\x32"),
        (3, b"\x01\x00"),
        (0x42, b"\x44\x01\x6e\x00\x00\xff"),
        (0x46, b"hello"),
        (0, b"\x03\xe8"),
        (5, b"hello"),
    ]);
    [&[8][..], &session].concat()
}

const CANDIDATES: [&str; 5] = [
    "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
    "candidate:2 1 UDP 1694498815 198.51.100.7 4000 typ srflx raddr 10.0.0.2 rport 5000",
    "a=candidate:r+/9 256 udp 16777215 2001:db8::1 50000 typ relay raddr 2001:db8::2 rport 9 generation 0",
    "candidate:4 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active network-cost 50",
    "candidate:5 1 udp 1862270975 192.0.2.9 6000 typ prflx raddr 0.0.0.0 rport 0 ufrag abcd",
];

const PLAYLISTS: [&str; 5] = [
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXTINF:5.005,a title\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:6\nb.ts?x=1#y\n#EXT-X-ENDLIST\n",
    "#EXTM3U\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-PLAYLIST-TYPE:VOD\r\n#EXT-X-INDEPENDENT-SEGMENTS\r\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"700@0\"\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:500@700\r\nv.mp4\r\n#EXTINF:1.5,\r\n#EXT-X-BYTERANGE:400\r\nv.mp4\r\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xABCDEF\n#EXTINF:3,\na\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"f\",KEYFORMATVERSIONS=\"1/2\"\n#EXT-X-GAP\n#EXTINF:3,\nb\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-BITRATE:800\n#EXTINF:0,\nc\n",
    "\u{FEFF}#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n# a comment\n#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:60.5+0530\n#EXTINF:4,\na\n#EXT-X-OTHER:A=1,B=0x2,C=\"d\",E=3x4,F=-1.5\n#EXTINF:4,\nb\n",
    "#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:18446744000,\na\n#EXTINF:.000000001,\nhttps://example.com/b\n",
];
