//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use std::fs;
use std::path::Path;

mod playlist;

/// Runs every file of the target's corpus. A packaged crate has none, and says so.
fn replay(target: &str, run: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    if !fuzz.is_dir() {
        eprintln!("left out: fuzz/ does not lie beside this crate");
        return;
    }
    let corpus = fuzz.join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&corpus)
        .unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    for file in files {
        // Its name is shown when the run panics.
        eprintln!("{}", file.display());
        run(&fs::read(&file).expect("readable"));
    }
}

#[test]
fn playlist() {
    replay("playlist", playlist::run);
}
