//! The corpora of the fuzz targets, replayed as ordinary tests: what a fuzzer has once found is looked
//! at by every `cargo test`.
//!
//! ```
//! fn looks_at(input: &[u8]) {
//!     assert!(core::str::from_utf8(input).is_ok() || !input.is_empty());
//! }
//! // In the tests of a crate, where `fuzz/corpus/candidate` lies beside it:
//! testkit::corpus::replay(env!("CARGO_MANIFEST_DIR"), "candidate", looks_at);
//! ```

use std::fs;
use std::path::Path;

/// Hands every file of `fuzz/corpus/TARGET` to `run`. `crate_folder` is the `CARGO_MANIFEST_DIR` of the
/// crate, beside which `fuzz/` lies; a packaged crate has none, and the test says that it is left out.
///
/// # Panics
/// When `run` does, after the name of the file has been printed; and when the corpus is missing or
/// empty although `fuzz/` is there.
pub fn replay(crate_folder: &str, target: &str, run: fn(&[u8])) {
    let fuzz = Path::new(crate_folder).join("../fuzz");
    if !fuzz.is_dir() {
        eprintln!("left out: fuzz/ does not lie beside this crate");
        return;
    }
    let corpus = fuzz.join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&corpus)
        .unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    for file in files {
        eprintln!("{}", file.display());
        run(&fs::read(&file).expect("a readable file"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_file_is_handed_on() {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        replay(env!("CARGO_MANIFEST_DIR"), "candidate", |_| {
            SEEN.fetch_add(1, Ordering::Relaxed);
        });
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/candidate");
        let files = fs::read_dir(folder).expect("the corpus").count();
        assert_eq!(SEEN.load(Ordering::Relaxed), files);
    }

    #[test]
    #[should_panic(expected = "no_such_target")]
    fn a_missing_corpus_is_no_success() {
        replay(env!("CARGO_MANIFEST_DIR"), "no_such_target", |_| {});
    }

    #[test]
    fn a_packaged_crate_leaves_it_out() {
        replay("/nowhere/at/all", "candidate", |_| unreachable!());
    }
}
