//! Writes the seeds from which the corpora were grown: `cargo run --example seeds` within `fuzz/`.
//! Messages are written by our own builder; sessions are commands as each target reads them.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use hls_index::record::Recorder;
use hls_index::{MediaPlaylist, Placement};
use stun_codec::{ErrorCode, Key, Message, MessageBuilder, Method, TransactionId, attr};

fn main() -> Result<(), Box<dyn Error>> {
    write("stun_message", &stun_messages()?)?;
    write("channel_data", &[&b"\x40\0\0\x05hello"[..], b"\x4F\xFF\0\x02hi\0\0", b"\x40\x01\0\0"])?;
    write("framing", &streams()?)?;
    write("uri", &URIS)?;
    write("discovery", &DISCOVERIES)?;
    write("long_term_client", &ANSWERS)?;
    write("long_term_server", &REQUESTS)?;
    write("turn_server", &[turn_server(false), turn_server(true)])?;
    write("turn_client", &[turn_client(false), turn_client(true)])?;
    write("ice_agent", &[direct(), through_nat(), relayed()])?;
    write("candidate", &CANDIDATES)?;
    write("playlist", &PLAYLISTS)?;
    write("write", &[&PLAYLISTS[..], &[MULTIVARIANT, LIVE]].concat())?;
    write("record", &[&records()?[..], &PLAYLISTS.map(|text| text.into())].concat())?;
    write("reload", &[reloads(false), reloads(true)])?;
    write("tracker", &[tracker(), steered_tracker()])?;
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

/// A limit in steps of 16, the lengths of four pieces less one, and a stream.
fn streams() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let messages = stun_messages()?;
    let data: &[u8] = b"\x40\0\0\x05hello\0\0\0\x4F\xFF\0\x02hi\xFF\xFF\x40\x01\0\0";
    let reserved: &[u8] = b"\x50\0\0\x01a\0\0\0\x7F\xFE\0\0";
    let all = [&messages.concat(), data, reserved].concat();
    let cut_short = all.split_last_chunk::<10>().map_or(&[][..], |(front, _)| front);
    Ok(vec![
        [&[32, 0, 0, 0, 0], &all[..]].concat(),
        [&[255, 2, 18, 6, 41], cut_short].concat(),
        [&[8, 255, 0, 30, 99], &all[..]].concat(),
        [&[4, 3, 0, 4, 7], data, reserved, b"\0\x01\0\0\x21\x12\xA4\x41"].concat(),
    ])
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

/// How it is set up; then what happens, in six bytes: a proper answer is 1 (to the last request) or 9
/// (to the oldest), a made-up one 3, an error 4, one's own request 5, a broken one 6, time 0.
const DISCOVERIES: [&[u8]; 4] = [
    // No NAT: each request is answered as it should be.
    b"\x84\
        \x01\0\x0A\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0A\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0A\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0A\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0A\0\0\0\0\0\x0A\0\0\0",
    // Behind a NAT, with a second socket, whose request comes back.
    b"\x85\
        \x01\0\x0E\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0E\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0E\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0E\0\0\0\0\0\x0A\0\0\0\
        \x01\0\x0C\0\0\0\0\0\x0A\0\0\0\
        \x25\0\0\0\0\0",
    // Two servers: an error, and then another address that cannot be; the lifetime.
    b"\x8B\x04\0\x78\0\0\0\0\0\x0A\0\0\0\x03\0\x0E\x14\x04\x10\0\0\xFF\xFF\0\0\0\x35\x80\0\0\0\0",
    b"\x84\x06\0\x08\x01\x7F\0\x13\x04\x0E\x05\0\x0F\0\x10\0\0\0\0\x41\0\x0A\0\0\0",
];

/// In four bytes: class and integrity, code and key, realm and nonce, list.
const ANSWERS: [&[u8]; 4] = [
    b"\x01\0\x04\x06\x08\0\0\0\x09\x01\x04\x06",
    b"\x01\0\x0C\0\x10\x08\0\0\x01\x01\x0C\0\x11\x0A\0\0",
    b"\x01\0\x14\x06\x01\x01\x08\x06",
    b"\x01\0\x06\x06\x01\0\x04\x06\x01\x01\x05\x06\x01\x01\x1C\x46\x81\x01\x04\x10",
];

/// What the server offers; then in five bytes: what, user and realm, algorithms, key and integrity,
/// where it is broken.
const REQUESTS: [&[u8]; 4] = [
    b"\0\x01\x03\x20\0\0\x01\0\0\x04\0\0\x02\x60\0\0\x01\0\0\x04\0\x01\0\0\x04\0",
    b"\x01\x01\x03\x20\0\0\x01\0\x14\x09\0\x01\0\x0D\x09\0\x01\x80\x14\x09\0",
    b"\x02\x01\x03\x20\0\0\x01\x07\x15\x09\0\x01\x03\x15\x09\0",
    b"\x03\x01\x03\x20\0\0\x01\x07\0\x04\0\x41\x07\0\x04\x12\x81\x07\0\x04\x15\x01\x01\0\x07\0",
];

const URIS: [&str; 6] = [
    "stun:stun.example.org",
    "STUNS:b%C3%BCcher.example:0443",
    "turn:192.0.2.1:3478?transport=udp",
    "turns:[2001:db8::ffff:192.0.2.1]:443?Transport=TCP",
    "turn:relay.example.org:?transport=sctp",
    "turns:a-b_c~d!$&'()*+,;=.:65535",
];

const PLAYLISTS: [&str; 5] = [
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXTINF:5.005,a title\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:6\nb.ts?x=1#y\n#EXT-X-ENDLIST\n",
    "#EXTM3U\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-PLAYLIST-TYPE:VOD\r\n#EXT-X-INDEPENDENT-SEGMENTS\r\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"700@0\"\r\n#EXTINF:2,\r\n#EXT-X-BYTERANGE:500@700\r\nv.mp4\r\n#EXTINF:1.5,\r\n#EXT-X-BYTERANGE:400\r\nv.mp4\r\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xABCDEF\n#EXTINF:3,\na\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"f\",KEYFORMATVERSIONS=\"1/2\"\n#EXT-X-GAP\n#EXTINF:3,\nb\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-BITRATE:800\n#EXTINF:0,\nc\n",
    "\u{FEFF}#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n# a comment\n#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:60.5+0530\n#EXTINF:4,\na\n#EXT-X-OTHER:A=1,B=0x2,C=\"d\",E=3x4,F=-1.5\n#EXTINF:4,\nb\n",
    "#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:18446744000,\na\n#EXTINF:.000000001,\nhttps://example.com/b\n",
];

const MULTIVARIANT: &str = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"h\",VALUE=\"b\"\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\",PATHWAY-ID=\"p\"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",URI=\"{$h}/a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\",PATHWAY-ID=\"p\"\n{$h}/l\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nl\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n";

const LIVE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:9\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,PART-HOLD-BACK=3\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-MAP:URI=\"i\"\n#EXT-X-DATERANGE:ID=\"d\",START-DATE=\"2024-01-01T00:00:00Z\"\n#EXTINF:4,\na\n#EXT-X-PART:DURATION=2,URI=\"b.0\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=2,URI=\"b.1\"\n#EXTINF:4,\nb\n#EXT-X-PART:DURATION=2,URI=\"c.0\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"c.1\"\n#EXT-X-RENDITION-REPORT:URI=\"r\"\n";

fn records() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut records = Vec::new();
    for text in &PLAYLISTS[..3] {
        let playlist = MediaPlaylist::parse(text)?;
        let mut recorder = Recorder::with_page_bits(1, 9);
        recorder.append(&playlist.index(), &Placement::new())?;
        let mut record = Vec::new();
        recorder.write_to(&mut record);
        records.push(record);
    }
    Ok(records)
}

/// A window of a live playlist that slides, some of its texts as delta updates.
fn reloads(deltas: bool) -> Vec<u8> {
    let mut texts = Vec::new();
    for first in 5..11 {
        let skipped = if deltas && first > 5 { 3 } else { 0 };
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-MAP:URI=\"i\"\n");
        if skipped > 0 {
            text += &format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped},RECENTLY-REMOVED-DATERANGES=\"d{first}\"\n");
        }
        for number in first + skipped..first + 5 {
            text += &match number % 4 {
                0 => format!("#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:{number:02}Z\n"),
                1 => format!("#EXT-X-KEY:METHOD=AES-128,URI=\"k{number}\"\n"),
                2 => format!("#EXT-X-DATERANGE:ID=\"d{number}\",START-DATE=\"2024-01-01T00:00:00Z\"\n"),
                _ => format!("#EXT-X-BYTERANGE:9@{number}\n"),
            };
            text += &format!("#EXTINF:4.0{number},\ns{number}\n");
        }
        texts.push(format!("{text}#EXT-X-PART:DURATION=1,URI=\"p{first}\"\n").into_bytes());
    }
    texts.join(&0xFF)
}

/// A command that answers a load with `text`.
fn load(text: &str) -> Vec<u8> {
    [&[2, 0], &(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn tracker() -> Vec<u8> {
    let next = LIVE.replace("SEQUENCE:7", "SEQUENCE:8").replace("\na\n", "\nb\n");
    let skip = LIVE.replace("#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-MAP");
    [&load(LIVE)[..], &[4, 0, 4, 0, 0, 30], &load(&next), &[4, 0, 6, 0, 5, 3], &load(&skip), &[7, 2, 1, 0, 1, 0], &load(LIVE)]
        .concat()
}

fn steered_tracker() -> Vec<u8> {
    [&load(MULTIVARIANT)[..], &[5, 7, 1, 0], &load(LIVE), &[4, 0, 7, 4, 1, 0], &load(PLAYLISTS[0]), &[5, 1, 1, 0, 1, 0, 7, 1]]
        .concat()
}
