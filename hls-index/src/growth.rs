//! How the parser's lists grow: few allocations, and little room left over.

use alloc::vec::Vec;

/// How far a parser has come in its text, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) read: usize,
    pub(crate) of: usize,
}

/// Appends `value`. A full list makes room for as many values as the rest of the text will bring
/// if it goes on as it began.
#[inline(always)]
pub(crate) fn push<T>(list: &mut Vec<T>, value: T, progress: Progress) {
    if list.len() == list.capacity() {
        grow(list, progress);
    }
    list.push(value);
}

#[cold]
#[inline(never)]
fn grow<T>(list: &mut Vec<T>, Progress { read, of }: Progress) {
    /// From this length on a text is worth a guess that rests on more than a few values.
    const LONG_TEXT: usize = 64 * 1024;
    let count = list.len();
    let additional = if count == 0 {
        if of < LONG_TEXT { 8 } else { 64 }
    } else {
        let rest = of.saturating_sub(read) as u64;
        // Both are below 2³², and so few values as the text has bytes.
        let expected = rest * count as u64 / read.max(1) as u64;
        // Lines change along a text: rather some room too much than a copy of all that is there.
        expected as usize + (expected as usize + count) / 32 + 8
    };
    list.reserve_exact(additional);
}

/// Gives back the room of a list that will not grow any more, where it is worth it.
pub(crate) fn trim<T>(list: &mut Vec<T>) {
    if list.capacity() - list.len() > list.len() / 16 {
        list.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_text_takes_few_allocations() {
        let (mut list, mut allocations, mut capacity) = (Vec::new(), 0, 0);
        for n in 0..100_000 {
            push(&mut list, n, Progress { read: 50 + n * 40, of: 4_000_050 });
            allocations += usize::from(list.capacity() != capacity);
            capacity = list.capacity();
        }
        assert!(allocations <= 4, "{allocations}");
        assert!(capacity <= 110_000, "{capacity}");
    }

    #[test]
    fn a_text_that_changes_costs_no_more_than_its_length() {
        // All values at the very end, where nothing is left to guess from.
        let mut list = Vec::new();
        let mut allocations = 0;
        for n in 0..100_000 {
            let capacity = list.capacity();
            push(&mut list, n, Progress { read: 4_000_000, of: 4_000_000 });
            allocations += usize::from(list.capacity() != capacity);
        }
        assert!(allocations < 300, "{allocations}");
        trim(&mut list);
        assert!(list.capacity() < 107_000);
    }
}
