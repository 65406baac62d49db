//! The work that nobody can leave out: what an operation costs at the least.

use sha1::block_api::compress;
use sha2::block_api::compress256;

/// The states of HMAC-SHA1 after a key, made once a key.
#[derive(Clone, Copy, Debug)]
pub struct Midstates {
    inner: [u32; 5],
    outer: [u32; 5],
}

impl Midstates {
    /// The states after `key`, which is no longer than a block.
    pub fn new(key: &[u8]) -> Self {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        let state = |mask: u8| {
            let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
            compress(&mut state, &[block.map(|byte| byte ^ mask)]);
            state
        };
        Self { inner: state(0x36), outer: state(0x5C) }
    }

    /// HMAC-SHA1 of `message`, which has a block at least, with `length` in its header.
    #[inline]
    pub fn mac(&self, message: &[u8], length: u16) -> [u32; 5] {
        let (blocks, rest) = message.as_chunks::<64>();
        let mut inner = self.inner;
        if let Some((first, others)) = blocks.split_first() {
            let mut first = *first;
            first[2..4].copy_from_slice(&length.to_be_bytes());
            compress(&mut inner, &[first]);
            compress(&mut inner, others);
        }
        let mut last = padded(64 + message.len());
        last[..rest.len()].copy_from_slice(rest);
        last[rest.len()] = 0x80;
        if blocks.is_empty() {
            last[2..4].copy_from_slice(&length.to_be_bytes());
        }
        compress(&mut inner, &[last]);

        let mut outer = self.outer;
        let mut last = padded(64 + 20);
        for (bytes, word) in last.as_chunks_mut().0.iter_mut().zip(inner) {
            *bytes = word.to_be_bytes();
        }
        last[20] = 0x80;
        compress(&mut outer, &[last]);
        outer
    }
}

/// A last block of a hash over `length` bytes, without the end of the message.
#[inline]
fn padded(length: usize) -> [u8; 64] {
    let mut block = [0; 64];
    block[56..].copy_from_slice(&(8 * length as u64).to_be_bytes());
    block
}

/// MESSAGE-INTEGRITY and FINGERPRINT over the bytes of a message that they cover, without reading or
/// writing the message. The last incomplete block must leave room for the padding.
#[inline]
pub fn integrity_and_fingerprint(
    midstates: &Midstates,
    message: &[u8],
    integrity: usize,
    fingerprint: usize,
) -> ([u32; 5], u32) {
    let length = (integrity + 24 - 20) as u16;
    (midstates.mac(&message[..integrity], length), crc32fast::hash(&message[..fingerprint]))
}

/// Four blocks of SHA-256, each waiting for the one before.
#[inline]
pub fn four_blocks(blocks: &[[u8; 64]; 4]) -> [u32; 8] {
    let mut state = [0; 8];
    for block in blocks {
        compress256(&mut state, &[*block]);
    }
    state
}

/// Whether the magic cookie stands where it should.
#[inline]
pub fn has_cookie(datagram: &[u8]) -> bool {
    datagram.len() >= 20 && datagram[4..8] == [0x21, 0x12, 0xA4, 0x42]
}

/// How many lines `text` has, each line's end found by itself.
#[inline]
pub fn newlines(text: &str) -> usize {
    let mut rest = text.as_bytes();
    let mut lines = 0;
    while let Some(newline) = memchr::memchr(b'\n', rest) {
        rest = &rest[newline + 1..];
        lines += 1;
    }
    lines
}

/// The cache lines of an index: whatever finds a segment must read one of them.
#[derive(Debug)]
pub struct CacheLines {
    lines: Vec<CacheLine>,
    /// Lines a tick, as a fraction of 2⁶⁴.
    density: u64,
}

#[derive(Clone, Debug)]
#[repr(align(64))]
struct CacheLine([u64; 8]);

impl CacheLines {
    /// The lines for `segments` segments, so many to a line, of which the last ends at the tick `end`;
    /// every line has been written to.
    pub fn new(segments: usize, to_a_line: usize, end: u64) -> Self {
        let count = segments.div_ceil(to_a_line) as u64;
        let density = ((u128::from(count) << 64) / u128::from(end)) as u64;
        Self { lines: (1..=count).map(|n| CacheLine([n; 8])).collect(), density }
    }

    /// Reads the line at this moment.
    #[inline]
    pub fn read(&self, moment: u64) -> u64 {
        let line = (u128::from(moment) * u128::from(self.density)) >> 64;
        self.lines[line as usize].0[0]
    }
}
