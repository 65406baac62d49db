use alloc::vec::Vec;

use crate::growth::{self, Progress};

/// What changes rarely along a playlist: the segment at which each value begins, in order.
///
/// Read with [`Runs::holding_at`] a value lasts until the next one (KEY, MAP, BITRATE); read with
/// [`Runs::starting_at`] it belongs to its own segment alone (BYTERANGE, PROGRAM-DATE-TIME).
#[derive(Clone, Debug)]
pub(crate) struct Runs<T> {
    entries: Vec<(u32, T)>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Runs<T> {
    /// Lets `value` begin at `segment`, which is not before the last one given; a value that was
    /// to begin there too is replaced.
    #[inline]
    pub(crate) fn begin(&mut self, segment: u32, value: T, progress: Progress) {
        match self.entries.last_mut() {
            Some(last) if last.0 == segment => last.1 = value,
            _ => growth::push(&mut self.entries, (segment, value), progress),
        }
    }

    /// The value that began at `segment` or last before it.
    pub(crate) fn holding_at(&self, segment: u32) -> Option<&T> {
        self.since(segment).map(|(_, value)| value)
    }

    /// The value that begins at `segment` itself.
    pub(crate) fn starting_at(&self, segment: u32) -> Option<&T> {
        let (first, value) = self.since(segment)?;
        (first == segment).then_some(value)
    }

    /// The value of [`Runs::holding_at`], with the segment at which it began.
    pub(crate) fn since(&self, segment: u32) -> Option<(u32, &T)> {
        // Most often it is a value of every segment or of none.
        let entries = match self.entries.get(segment as usize) {
            Some(&(first, _)) if first == segment => &self.entries[..=segment as usize],
            _ => {
                let after = self.entries.partition_point(|&(first, _)| first <= segment);
                &self.entries[..after]
            }
        };
        entries.last().map(|(first, value)| (*first, value))
    }

    /// The first value of all, with the segment at which it begins.
    pub(crate) fn first(&self) -> Option<(u32, &T)> {
        self.entries.first().map(|(first, value)| (*first, value))
    }

    /// The value given last, with its segment.
    pub(crate) fn last(&self) -> Option<(u32, &T)> {
        self.entries.last().map(|(first, value)| (*first, value))
    }

    /// All values in order, each with the segment at which it begins.
    pub(crate) fn entries(&self) -> &[(u32, T)] {
        &self.entries
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn trim(&mut self) {
        growth::trim(&mut self.entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_until_the_next() {
        let progress = Progress { read: 1, of: 10 };
        let mut runs = Runs::default();
        runs.begin(2, 'a', progress);
        runs.begin(5, 'b', progress);
        runs.begin(5, 'c', progress);
        assert_eq!(runs.first(), Some((2, &'a')));
        assert_eq!(runs.last(), Some((5, &'c')));
        let held: [_; 7] = core::array::from_fn(|n| runs.holding_at(n as u32).copied());
        assert_eq!(held, [None, None, Some('a'), Some('a'), Some('a'), Some('c'), Some('c')]);
        assert_eq!(runs.starting_at(3), None);
        assert_eq!(runs.starting_at(5), Some(&'c'));
        assert_eq!(runs.entries().len(), 2);
    }

    #[test]
    fn values_of_every_segment_are_found_where_they_are() {
        let mut runs = Runs::default();
        for n in 0..5u32 {
            runs.begin(n, n * 10, Progress { read: 1, of: 10 });
        }
        runs.begin(7, 70, Progress { read: 1, of: 10 });
        assert_eq!(runs.starting_at(3), Some(&30));
        assert_eq!(runs.starting_at(5), None);
        assert_eq!(runs.holding_at(6), Some(&40));
        assert_eq!(runs.holding_at(9), Some(&70));
    }
}
