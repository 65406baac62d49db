//! The tables of README.md: all operations, all contestants in turn. `cargo bench -p benches --bench
//! table` writes them; with `stun` or `hls` after `--` only the one.

mod operations {
    pub(crate) mod hls;
    pub(crate) mod stun;
}
mod peers {
    pub(crate) mod hls;
    pub(crate) mod hls_writing;
    pub(crate) mod stun;
}
mod report;

use benches::operation::Operation;
use operations::hls::{
    parse_rich, parse_simple, reload, seek, seek_date, seek_in_record, seek_uniform, write,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| {
        let mut names = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        names.peek().is_none() || names.any(|wanted| wanted == name)
    };
    if is_wanted("stun") {
        let all = operations::stun::operations().into_iter().map(Measured::new).collect();
        report::write("stun", &report::tables(all));
    }
    if is_wanted("hls") {
        report::write("hls", &report::tables(playlists()));
    }
}

/// One operation after the other is set up, as their texts take gigabytes together.
fn playlists() -> Vec<Measured> {
    let mut all = Vec::new();
    for segments in [10, 1_000, 100_000, 1_000_000] {
        all.push(Measured::new(parse_simple(segments)));
    }
    for segments in [10, 1_000, 100_000, 1_000_000] {
        all.push(Measured::new(parse_rich(segments)));
    }
    for segments in [1_000, 100_000] {
        all.push(Measured::new(write(segments)));
    }
    all.push(Measured::new(reload(100_000)));
    for segments in [10, 1_000, 100_000, 1_000_000, 10_000_000] {
        all.extend(seek(segments).map(Measured::new));
    }
    for segments in [1_000, 10_000_000] {
        all.push(Measured::new(seek_uniform(segments)));
    }
    for segments in [100_000, 1_000_000] {
        all.push(Measured::new(seek_date(segments)));
    }
    for segments in [100_000, 10_000_000] {
        all.push(Measured::new(seek_in_record(segments)));
    }
    all
}

/// An operation and what each contestant took, in nanoseconds an item.
pub(crate) struct Measured {
    operation: Operation,
    times: Vec<f64>,
}

impl Measured {
    fn new(mut operation: Operation) -> Self {
        let times = operation.measure();
        println!("{}", operation.name);
        for (contestant, time) in operation.contestants.iter().zip(&times) {
            println!("    {time:>10.2} ns  {}", contestant.name);
        }
        Self { operation, times }
    }
}
