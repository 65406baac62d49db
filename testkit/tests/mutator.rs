//! The mutator: the same datagrams from the same seed, and of all kinds.

use std::collections::BTreeSet;

use testkit::Mutator;

const CORPUS: [&[u8]; 3] = [
    b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x04test",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5.000,\nSegment_1.mp4\n",
    b"",
];

fn datagrams(seed: u8, corpus: &[&[u8]], count: usize) -> Vec<Vec<u8>> {
    let mut mutator = Mutator::new([seed; 32], corpus);
    (0..count).map(|_| mutator.next_datagram().to_vec()).collect()
}

#[test]
fn the_seed_decides() {
    assert_eq!(datagrams(1, &CORPUS, 500), datagrams(1, &CORPUS, 500));
    assert_ne!(datagrams(1, &CORPUS, 500), datagrams(2, &CORPUS, 500));
}

#[test]
fn few_are_equal_and_none_too_long() {
    let all = datagrams(1, &CORPUS[..2], 10_000);
    assert!(all.iter().all(|datagram| datagram.len() <= Mutator::MAX_LENGTH));
    let different: BTreeSet<_> = all.iter().collect();
    assert!(different.len() > 7_000, "{}", different.len());
    let unchanged = all.iter().filter(|datagram| CORPUS.contains(&datagram.as_slice())).count();
    assert!(unchanged < 2_000, "{unchanged}");
}

#[test]
fn every_kind_is_among_them() {
    let [stun, playlist, _] = CORPUS;
    let all = datagrams(1, &CORPUS[..2], 20_000);
    let some = |what: &str, test: &dyn Fn(&[u8]) -> bool| {
        let count = all.iter().filter(|datagram| test(datagram)).count();
        assert!(count >= 20, "{what}: {count}");
    };
    let differs_in = |datagram: &[u8], bytes: &[usize]| {
        datagram.len() == stun.len()
            && (0..stun.len()).all(|i| (datagram[i] == stun[i]) != bytes.contains(&i))
    };
    some("one byte changed", &|d| (0..stun.len()).any(|at| differs_in(d, &[at])));
    some("cut off", &|d| !d.is_empty() && d.len() < stun.len() && stun.starts_with(d));
    some("longer", &|d| d.len() > stun.len() && d.starts_with(stun));
    some("spliced", &|d| d.starts_with(&stun[..8]) && d.ends_with(&playlist[playlist.len() - 8..]));
    some("attribute length of all that follows", &|d| {
        differs_in(d, &[2, 3]) || differs_in(d, &[3])
    });
    some("huge number", &|d| d.windows(20).any(|w| w == b"18446744073709551616"));
    some("negative number", &|d| d.windows(5).any(|w| w == b"ON:-1"));
    some("long", &|d| d.len() > 500);
}

#[test]
fn an_empty_corpus_will_do() {
    for corpus in [&[][..], &[b"".as_slice()][..]] {
        let all = datagrams(1, corpus, 10_000);
        assert!(all.iter().any(|datagram| !datagram.is_empty()));
    }
}
