//! A sequence of commands out of bytes: a number, a length, and so many bytes, again and again.

/// The commands in `data`; the last one may be cut short.
pub(crate) fn commands(mut data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    core::iter::from_fn(move || {
        let (&[command, length], rest) = data.split_first_chunk()?;
        let (body, rest) = rest.split_at(usize::from(length).min(rest.len()));
        data = rest;
        Some((command, body))
    })
}
