use alloc::vec::Vec;

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
    pub(crate) fn begin(&mut self, segment: u32, value: T) {
        match self.entries.last_mut() {
            Some(last) if last.0 == segment => last.1 = value,
            _ => self.entries.push((segment, value)),
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
        let after = self.entries.partition_point(|&(first, _)| first <= segment);
        let (first, value) = self.entries.get(after.checked_sub(1)?)?;
        Some((*first, value))
    }

    /// The first value of all, with the segment at which it begins.
    pub(crate) fn first(&self) -> Option<(u32, &T)> {
        self.entries.first().map(|(first, value)| (*first, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_until_the_next() {
        let mut runs = Runs::default();
        runs.begin(2, 'a');
        runs.begin(5, 'b');
        runs.begin(5, 'c');
        assert_eq!(runs.first(), Some((2, &'a')));
        let held: [_; 7] = core::array::from_fn(|n| runs.holding_at(n as u32).copied());
        assert_eq!(held, [None, None, Some('a'), Some('a'), Some('a'), Some('c'), Some('c')]);
        assert_eq!(runs.starting_at(3), None);
        assert_eq!(runs.starting_at(5), Some(&'c'));
    }
}
