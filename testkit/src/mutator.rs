//! Broken datagrams from good ones, the same ones each time: for the tests that hand a parser or
//! a machine 10⁵ of them and see that none makes it panic.
//!
//! ```
//! use testkit::Mutator;
//!
//! fn parse(datagram: &[u8]) -> Option<u16> {
//!     Some(u16::from_be_bytes(datagram.get(2..4)?.try_into().ok()?))
//! }
//!
//! let mut mutator = Mutator::new([7; 32], &[b"\x00\x01\x00\x00 a request", b"#EXTINF:5.0,"]);
//! for _ in 0..1000 {
//!     parse(mutator.next_datagram());
//! }
//! ```

use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};

/// Makes broken datagrams out of a corpus of good ones.
///
/// Each is one of the corpus with one to four things done to it: bits flipped, bytes set, the end
/// cut off or made longer, the head of one joined to the tail of another, a part doubled, removed
/// or moved, two bytes that may be a length set to a value that lies (with an eye on what really
/// follows), a decimal number replaced by an odd one. One in sixteen is random from end to end.
#[derive(Debug)]
pub struct Mutator {
    rng: ChaCha12Rng,
    corpus: Vec<Vec<u8>>,
    datagram: Vec<u8>,
}

impl Mutator {
    /// No datagram is longer: the most that fits into one of UDP over IPv4.
    pub const MAX_LENGTH: usize = 65_507;

    /// A mutator whose datagrams follow from `seed` and `corpus` alone. An empty corpus
    /// makes it start from an empty datagram.
    #[must_use]
    pub fn new(seed: [u8; 32], corpus: &[&[u8]]) -> Self {
        let mut corpus: Vec<_> = corpus.iter().map(|datagram| datagram.to_vec()).collect();
        if corpus.is_empty() {
            corpus.push(Vec::new());
        }
        Self { rng: ChaCha12Rng::from_seed(seed), corpus, datagram: Vec::new() }
    }

    /// The next one.
    pub fn next_datagram(&mut self) -> &[u8] {
        if self.below(16) == 0 {
            self.randomize();
        } else {
            let start = self.below(self.corpus.len());
            self.datagram.clone_from(&self.corpus[start]);
            for _ in 0..=self.below(4) {
                self.mutate_once();
            }
        }
        self.datagram.truncate(Self::MAX_LENGTH);
        &self.datagram
    }

    fn mutate_once(&mut self) {
        match self.below(10) {
            0 => self.flip_bits(),
            1 => self.set_byte(),
            2 => self.cut(),
            3 => self.lengthen(),
            4 => self.splice(),
            5 => self.double_part(),
            6 => self.remove_part(),
            7 => self.move_part(),
            8 => self.lie_about_length(),
            _ => self.change_number(),
        }
    }

    fn randomize(&mut self) {
        let length = self.some_length();
        self.datagram.clear();
        self.append_random(length);
    }

    fn flip_bits(&mut self) {
        for _ in 0..=self.below(8) {
            let bit = self.below(8);
            let at = self.below(self.datagram.len());
            if let Some(byte) = self.datagram.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }

    fn set_byte(&mut self) {
        const ODD: [u8; 8] = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];
        let value = if self.below(2) == 0 { ODD[self.below(ODD.len())] } else { self.rng.random() };
        let at = self.below(self.datagram.len());
        if let Some(byte) = self.datagram.get_mut(at) {
            *byte = value;
        }
    }

    fn cut(&mut self) {
        let length = self.below(self.datagram.len());
        self.datagram.truncate(length);
    }

    fn lengthen(&mut self) {
        let length = self.some_length();
        self.append_random(length);
    }

    fn splice(&mut self) {
        let other = &self.corpus[self.rng.random_range(0..self.corpus.len())];
        let from = self.rng.random_range(0..=other.len());
        let at = self.rng.random_range(0..=self.datagram.len());
        self.datagram.truncate(at);
        self.datagram.extend_from_slice(&other[from..]);
    }

    fn double_part(&mut self) {
        let (start, end) = self.part();
        let part = self.datagram[start..end].to_vec();
        self.datagram.splice(end..end, part);
    }

    fn remove_part(&mut self) {
        let (start, end) = self.part();
        self.datagram.drain(start..end);
    }

    fn move_part(&mut self) {
        let (start, end) = self.part();
        let part: Vec<u8> = self.datagram.drain(start..end).collect();
        let to = self.rng.random_range(0..=self.datagram.len());
        self.datagram.splice(to..to, part);
    }

    /// Sets two bytes, mostly at an even place as the lengths of STUN are, to what follows them, to
    /// what is near to what they say, or to an end of the range.
    fn lie_about_length(&mut self) {
        let mut at = self.below(self.datagram.len());
        if self.below(4) != 0 {
            at &= !1;
        }
        let rest = self.datagram.len().saturating_sub(at + 2) as u16;
        let near = [0u16, 1, 2, 3, 4, 8, 0xffff, 0xfffe, 0xfffd, 0xfffc][self.below(10)];
        let Some(field) = self.datagram.get_mut(at..at + 2) else { return };
        let said = u16::from_be_bytes([field[0], field[1]]);
        let lie = match self.rng.random_range(0..4) {
            0 => near,
            1 => rest.wrapping_add(near),
            2 => said.wrapping_add(near),
            _ => self.rng.random(),
        };
        field.copy_from_slice(&lie.to_be_bytes());
    }

    /// Replaces a run of decimal digits, as text formats have them.
    fn change_number(&mut self) {
        const ODD: [&str; 10] = [
            "",
            "0",
            "-1",
            "00000000000000000000000000000000000001",
            "65536",
            "4294967296",
            "18446744073709551616",
            "99999999999999999999999999999999999999999",
            "0.0000000000000000000000000000000000001",
            "1e309",
        ];
        let from = self.below(self.datagram.len());
        let Some(offset) = self.datagram[from..].iter().position(u8::is_ascii_digit) else {
            return;
        };
        let start = from + offset;
        let digits = self.datagram[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let odd = ODD[self.below(ODD.len())];
        self.datagram.splice(start..start + digits, odd.bytes());
    }

    /// The bounds of a part of the datagram, at most 256 bytes long.
    fn part(&mut self) -> (usize, usize) {
        let start = self.rng.random_range(0..=self.datagram.len());
        let longest = (self.datagram.len() - start).min(256);
        (start, start + self.rng.random_range(0..=longest))
    }

    /// Mostly short, now and then as long as a datagram of an Ethernet, seldom as long as possible.
    fn some_length(&mut self) -> usize {
        match self.below(256) {
            0 => self.below(Self::MAX_LENGTH),
            1..32 => self.below(1500),
            _ => self.below(64),
        }
    }

    fn append_random(&mut self, length: usize) {
        let start = self.datagram.len();
        self.datagram.resize(start + length, 0);
        self.rng.fill(&mut self.datagram[start..]);
    }

    /// A number from 0 to `end` - 1; 0 when `end` is 0.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.rng.random_range(0..end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `change` makes of 32 different bytes, many times over.
    fn changed(change: fn(&mut Mutator)) -> Vec<Vec<u8>> {
        let mut mutator = Mutator::new([1; 32], &[]);
        let mut many = vec![];
        for _ in 0..1000 {
            mutator.datagram = (100..132).collect();
            change(&mut mutator);
            many.push(mutator.datagram.clone());
        }
        many
    }

    fn sorted(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.sort_unstable();
        bytes
    }

    #[test]
    fn a_doubled_part_stands_twice() {
        let longer = |d: &&Vec<u8>| d.len() > 32;
        assert!(changed(Mutator::double_part).iter().filter(longer).count() > 500);
        for mut datagram in changed(Mutator::double_part) {
            let added = datagram.len() - 32;
            // Where the bytes stop to follow each other, the second one begins.
            let second = datagram.windows(2).position(|pair| pair[0] >= pair[1]);
            if let Some(end) = second {
                datagram.drain(end + 1..end + 1 + added);
            }
            assert!(datagram.iter().copied().eq(100..132));
        }
    }

    #[test]
    fn a_removed_part_is_gone_and_a_moved_one_is_elsewhere() {
        let removed = changed(Mutator::remove_part);
        assert!(removed.iter().filter(|datagram| datagram.len() < 32).count() > 500);
        assert!(removed.iter().all(|datagram| datagram.is_sorted()));
        let moved = changed(Mutator::move_part);
        assert!(moved.iter().filter(|datagram| !datagram.is_sorted()).count() > 500);
        assert!(moved.into_iter().all(|datagram| sorted(datagram).into_iter().eq(100..132)));
    }

    #[test]
    fn a_lie_about_the_length_is_two_bytes_long_and_often_near_the_truth() {
        let mut near_the_truth = 0;
        for datagram in changed(Mutator::lie_about_length) {
            let differs: Vec<_> = (0..32).filter(|&i| datagram[i] != 100 + i as u8).collect();
            assert_eq!(datagram.len(), 32);
            let (Some(&first), Some(&last)) = (differs.first(), differs.last()) else { continue };
            assert!(last - first < 2);
            let truth = |at: usize| 30u16.saturating_sub(at as u16);
            let value = |at: usize| u16::from_be_bytes([datagram[at], datagram[at + 1]]);
            let near = |at: &usize| value(*at).abs_diff(truth(*at)) <= 8;
            near_the_truth +=
                usize::from([first, first.max(1) - 1].iter().any(|at| at + 1 < 32 && near(at)));
        }
        assert!(near_the_truth > 150, "{near_the_truth}");
    }
}
