//! Playlists, in criterion: each operation by itself, with its distribution.

mod clock;
mod operations {
    pub(crate) mod hls;
}
mod peers {
    pub(crate) mod hls;
    pub(crate) mod hls_writing;
}

use operations::hls::{
    parse_rich, parse_simple, reload, seek, seek_date, seek_in_record, seek_uniform, write,
};

fn main() {
    let mut operations = vec![parse_simple(1_000), parse_simple(100_000), parse_rich(1_000)];
    operations.extend(seek(1_000_000));
    operations.push(seek_uniform(1_000_000));
    operations.extend([write(1_000), reload(100_000), seek_date(100_000), seek_in_record(100_000)]);
    clock::run(operations);
}
