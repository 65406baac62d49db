use alloc::vec::Vec;

use super::{Frame, FrameKind, FramingError, Front, Split, split_first};

/// How much memory stays for the next frame that comes in pieces.
const KEPT: usize = 2048;

/// Cuts a stream into frames, in whatever pieces its bytes come.
///
/// A frame that lies whole in the input is handed out where it lies. Of one that does not, what is
/// there is copied once and kept until the rest has come. So it holds nothing but the one frame
/// that has begun, never more than the limit, and each byte costs the same, in whatever pieces.
///
/// It takes no byte behind the frame that it hands out: who finds that the stream goes on as
/// something else (RFC 6062 §4.3) has the rest in the input.
///
/// ChannelData on a reserved channel is dropped (RFC 8656 §12.6).
#[derive(Clone, Debug)]
pub struct Deframer {
    limit: usize,
    /// The front of a frame, or a whole one that was handed out.
    partial: Vec<u8>,
    is_handed_out: bool,
    lost: Option<FramingError>,
}

impl Deframer {
    /// For a stream whose frames have at most `limit` bytes, padding included;
    /// [`MAX_FRAME_LENGTH`](super::MAX_FRAME_LENGTH) lets each one through. It allocates when first
    /// a frame comes in pieces.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, partial: Vec::new(), is_handed_out: false, lost: None }
    }

    /// The next frame. Takes its bytes off the front of `input`; call it again with the rest, until
    /// it returns `None`: all of the input has been taken then, and more is to be read.
    ///
    /// # Errors
    /// When the stream is lost, now and ever after: close it.
    #[inline]
    pub fn next_frame<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'a>>, FramingError> {
        if let Some(error) = self.lost {
            return Err(error);
        }
        if self.is_handed_out {
            self.clear();
        }
        loop {
            if self.partial.is_empty() {
                match split_first(input, self.limit) {
                    Ok(Split::Whole { frame, rest }) => {
                        *input = rest;
                        if frame.kind != FrameKind::Reserved {
                            return Ok(Some(frame));
                        }
                    }
                    Ok(Split::Missing(_)) => {
                        self.take(input.len(), input);
                        return Ok(None);
                    }
                    Err(error) => return Err(self.lose(error)),
                }
            } else {
                let Some(front) = self.complete(input)? else { return Ok(None) };
                if front.kind != FrameKind::Reserved {
                    self.is_handed_out = true;
                    let bytes = self.partial.get(..front.length).unwrap_or_default();
                    return Ok(Some(Frame { kind: front.kind, bytes }));
                }
                self.clear();
            }
        }
    }

    /// At least so many bytes must come before there can be another frame, and never more than
    /// belong to it: reading exactly as many reads each frame to its end and nothing behind it.
    /// Zero when the stream is lost. It may change after any [`next_frame`](Self::next_frame).
    #[must_use]
    pub fn missing(&self) -> usize {
        if self.lost.is_some() {
            return 0;
        }
        let partial = if self.is_handed_out { &[] } else { &self.partial[..] };
        Front::read(partial, self.limit).map_or(0, |front| front.missing(partial.len()))
    }

    /// How many bytes it holds of a frame that has only begun. A stream that ends when this is not
    /// zero was cut off.
    #[must_use]
    pub fn held(&self) -> usize {
        if self.is_handed_out { 0 } else { self.partial.len() }
    }

    /// Adds to the frame that has begun what it lacks; `None` when the input ends before it does.
    fn complete(&mut self, input: &mut &[u8]) -> Result<Option<Front>, FramingError> {
        loop {
            let front = Front::read(&self.partial, self.limit).map_err(|error| self.lose(error))?;
            match front.missing(self.partial.len()) {
                0 => return Ok(Some(front)),
                _ if input.is_empty() => return Ok(None),
                missing => self.take(missing.min(input.len()), input),
            }
        }
    }

    /// Takes `length` bytes off `input`, and holds them. The memory grows with what has come, not
    /// with what a header announces.
    fn take(&mut self, length: usize, input: &mut &[u8]) {
        let Some((taken, rest)) = input.split_at_checked(length) else { return };
        let needed = self.partial.len() + length;
        if needed > self.partial.capacity() {
            let capacity = needed.max(2 * self.partial.capacity()).max(64).min(self.limit);
            self.partial.reserve_exact(capacity.max(needed) - self.partial.len());
        }
        self.partial.extend_from_slice(taken);
        *input = rest;
    }

    fn clear(&mut self) {
        self.is_handed_out = false;
        self.partial.clear();
        if self.partial.capacity() > KEPT {
            self.partial = Vec::new();
        }
    }

    fn lose(&mut self, error: FramingError) -> FramingError {
        self.lost = Some(error);
        self.partial = Vec::new();
        error
    }
}
