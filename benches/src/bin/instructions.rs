//! Runs one operation, named by the argument, many times inside a function that valgrind looks for.
//! `instructions.sh` counts the instructions of that function.

use std::hint::black_box;

use benches::messages::{self, RESPONSE};
use benches::stun;
use stun_codec::Key;

const RUNS: u32 = 1000;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let key = Key::short_term(messages::PASSWORD);
    let (request, response, rtp) = (messages::request(), messages::response(), messages::rtp());
    let mut buffer = [0; 96];
    match name.as_str() {
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
        _ => {
            eprintln!("no operation {name:?}");
            std::process::exit(2);
        }
    }
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
