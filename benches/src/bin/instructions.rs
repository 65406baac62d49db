//! Runs one operation, named by the argument, many times inside a function that valgrind looks for.
//! `instructions.sh` counts the instructions of that function.

use std::hint::black_box;

use benches::hls::{self, Window};
use benches::messages::{self, RESPONSE};
use benches::playlists::{self, Random};
use benches::stun;
use hls_index::{Buffers, MediaPlaylist, Ticks};
use stun_codec::Key;

const RUNS: u32 = 1000;

/// How many segments a playlist has that is read or written, and how many one that is searched.
const FEW: usize = 20;
const MANY: usize = 10_000;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    if !(stun(&name) || reading(&name) || seeking(&name)) {
        eprintln!("no operation {name:?}");
        std::process::exit(2);
    }
}

/// Whether it is one of these.
fn stun(name: &str) -> bool {
    let key = Key::short_term(messages::PASSWORD);
    let (request, response, rtp) = (messages::request(), messages::response(), messages::rtp());
    let mut buffer = [0; 96];
    match name {
        "decode" => measured(|| stun::decode(black_box(&request)).is_some()),
        "decode-and-verify" => {
            measured(|| stun::decode_and_verify(black_box(&request), black_box(&key)).is_some());
        }
        "decode-response" => measured(|| stun::decode_response(black_box(&response)).is_some()),
        "encode" => {
            measured(|| stun::encode(black_box(&mut buffer), black_box(&RESPONSE)).is_some());
        }
        "encode-and-sign" => {
            measured(|| {
                let response = black_box(&RESPONSE);
                stun::encode_and_sign(black_box(&mut buffer), response, black_box(&key)).is_some()
            });
        }
        "is-stun" => measured(|| !stun::is_stun(black_box(&rtp))),
        _ => return false,
    }
    true
}

/// Whether it is one of these: playlists read, written, and loaded again.
fn reading(name: &str) -> bool {
    let (simple, rich) = (playlists::simple(FEW), playlists::rich(FEW));
    let mut memory = Buffers::default();
    match name {
        "parse-simple" => measured(|| hls::parse_into(black_box(&simple), &mut memory).is_some()),
        "parse-rich" => measured(|| hls::parse_into(black_box(&rich), &mut memory).is_some()),
        "write-rich" => {
            let playlist = parsed(rich).to_builder().expect("it can be written");
            measured(|| hls::write(black_box(&playlist)).is_some());
        }
        "reload" => {
            let mut window = Window::new(MANY, 2 * RUNS as usize);
            measured(|| window.reload() == MANY);
        }
        _ => return false,
    }
    true
}

/// Whether it is one of these: seeks to moments that are all over the playlist.
fn seeking(name: &str) -> bool {
    let uniform = name == "seek-uniform";
    let text = match uniform {
        true => playlists::of_one_length(MANY),
        false => playlists::dated(MANY),
    };
    let playlist = parsed(text);
    let index = playlist.index();
    let mut random = Random::new(9);
    let end = index.end().count();
    let mut moment = || random.below_after(end, 0);
    match name {
        "seek" | "seek-uniform" => measured(|| hls::seek(black_box(&index), moment()) < u64::MAX),
        "seek-date" => {
            let dates = index.by_date();
            let first = playlist.segment(0).and_then(|segment| segment.date());
            let first = first.expect("it has dates");
            measured(|| hls::seek_date(black_box(&dates), first + Ticks::new(moment())) < u64::MAX);
        }
        "seek-1000" => {
            let moments: Vec<Ticks> = (0..1000).map(|_| Ticks::new(moment())).collect();
            measured(|| hls::seek_many(black_box(&index), black_box(&moments)) < u64::MAX);
        }
        _ => return false,
    }
    true
}

fn parsed(text: String) -> MediaPlaylist<'static> {
    hls::parse(text.leak()).expect("the playlist is right")
}

/// The first run is not counted: it finds out what the processor can do.
fn measured(mut run: impl FnMut() -> bool) {
    assert!(run(), "the operation fails");
    counted(&mut run);
}

#[inline(never)]
fn counted(run: &mut impl FnMut() -> bool) {
    for _ in 0..RUNS {
        black_box(run());
    }
}
