use alloc::vec::Vec;

/// One number for each segment of a page: `base + n · step + unit · difference`, where the
/// differences take as few bytes as the largest of them needs. Numbers that are all one, or that
/// count up evenly, take no bytes at all. Sums are taken modulo 2⁶⁴.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Column {
    base: u64,
    step: u64,
    unit: u32,
    width: u8,
}

impl Column {
    /// The bytes of its description.
    pub(super) const BYTES: usize = 24;

    pub(super) fn read(bytes: &[u8; Self::BYTES]) -> Self {
        let [base @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *bytes;
        let [_, _, _, _, _, _, _, _, step @ .., _, _, _, _, _, _, _, _] = *bytes;
        let [.., a, b, c, d, width, _, _, _] = *bytes;
        Self {
            base: u64::from_le_bytes(base),
            step: u64::from_le_bytes(step),
            unit: u32::from_le_bytes([a, b, c, d]),
            width,
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend(self.base.to_le_bytes());
        out.extend(self.step.to_le_bytes());
        out.extend(self.unit.to_le_bytes());
        out.extend([self.width, 0, 0, 0]);
    }

    /// How many bytes a segment it takes.
    pub(super) fn width(self) -> usize {
        usize::from(self.width)
    }

    /// The number of segment `number` of the page, whose differences are `bytes`.
    #[inline]
    pub(super) fn value(self, number: u32, bytes: &[u8]) -> u64 {
        let at = number as usize * self.width();
        let bytes = bytes.get(at..).and_then(|bytes| bytes.get(..self.width())).unwrap_or(&[]);
        let mut difference = [0; 8];
        for (to, from) in difference.iter_mut().zip(bytes) {
            *to = *from;
        }
        let difference = u64::from_le_bytes(difference).wrapping_mul(u64::from(self.unit));
        let line = self.base.wrapping_add(self.step.wrapping_mul(u64::from(number)));
        line.wrapping_add(difference)
    }
}

/// A column as it comes about, one number after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnBuilder {
    line: Line,
    /// The numbers, as soon as they no longer lie on the line of the first two.
    values: Vec<u64>,
}

/// What is known of the numbers so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    count: u32,
    first: u64,
    step: i128,
    /// How far they lie from a line without slope, and from that of the first two.
    flat: Spread,
    steep: Spread,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    least: i128,
    most: i128,
    /// The greatest common divisor of all.
    unit: u64,
}

impl Spread {
    fn with(mut self, difference: i128) -> Self {
        self.least = self.least.min(difference);
        self.most = self.most.max(difference);
        // A difference of two numbers below 2⁶⁴ or their multiples; what does not fit divides by 1.
        let size = u64::try_from(difference.unsigned_abs()).unwrap_or(1);
        self.unit = greatest_common_divisor(self.unit, size);
        self
    }

    fn is_none(self) -> bool {
        self.least == self.most
    }

    fn column(self, first: u64, step: i128) -> Option<Column> {
        let unit = u32::try_from(self.unit).ok().filter(|&unit| unit > 0).unwrap_or(1);
        let most = u64::try_from(self.most - self.least).ok()? / u64::from(unit);
        let width = (u64::BITS - most.leading_zeros()).div_ceil(8) as u8;
        // The low 64 bits: sums are taken modulo 2⁶⁴.
        let base = first.wrapping_add(self.least as u64);
        Some(Column { base, step: step as u64, unit, width })
    }
}

impl Line {
    /// The line with one more number.
    pub(super) fn with(mut self, value: u64) -> Self {
        match self.count {
            0 => self.first = value,
            1 => self.step = i128::from(value) - i128::from(self.first),
            _ => {}
        }
        let offset = i128::from(value) - i128::from(self.first);
        self.flat = self.flat.with(offset);
        self.steep = self.steep.with(offset - self.step * i128::from(self.count));
        self.count += 1;
        self
    }

    pub(super) fn column(&self) -> Column {
        // The flat one always fits.
        let flat = self.flat.column(self.first, 0).unwrap_or_default();
        let steep = self.steep.column(self.first, self.step);
        steep.filter(|steep| steep.width < flat.width).unwrap_or(flat)
    }
}

impl ColumnBuilder {
    /// What it would be with one more number.
    pub(super) fn line_with(&self, value: u64) -> Line {
        self.line.with(value)
    }

    /// Takes one more number, where `line` is [`ColumnBuilder::line_with`] it.
    pub(super) fn push(&mut self, value: u64, line: Line) {
        if !line.steep.is_none() {
            // Until now they could be told from the line.
            let Line { first, step, count, .. } = self.line;
            let known = self.values.len() as u32..count;
            let on_line = |n| first.wrapping_add((step as u64).wrapping_mul(u64::from(n)));
            self.values.extend(known.map(on_line));
            self.values.push(value);
        }
        self.line = line;
    }

    pub(super) fn column(&self) -> Column {
        self.line.column()
    }

    /// Writes the description of the column.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.column().write(out);
    }

    /// Writes the differences.
    pub(super) fn write_differences(&self, out: &mut Vec<u8>) {
        let Column { base, step, unit, .. } = self.column();
        let width = self.column().width();
        if width == 0 {
            return;
        }
        for number in 0..self.line.count {
            let on_line = || {
                let step = self.line.step as u64;
                self.line.first.wrapping_add(step.wrapping_mul(u64::from(number)))
            };
            let value = self.values.get(number as usize).copied().unwrap_or_else(on_line);
            let line = base.wrapping_add(step.wrapping_mul(u64::from(number)));
            let difference = value.wrapping_sub(line) / u64::from(unit);
            out.extend(&difference.to_le_bytes()[..width]);
        }
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[u64]) -> Column {
        let mut builder = ColumnBuilder::default();
        for &value in values {
            builder.push(value, builder.line_with(value));
        }
        let (mut description, mut differences) = (Vec::new(), Vec::new());
        builder.write(&mut description);
        builder.write_differences(&mut differences);
        let column = Column::read(description.first_chunk().unwrap());
        assert_eq!(column, builder.column());
        assert_eq!(differences.len(), values.len() * column.width());
        for (number, &value) in values.iter().enumerate() {
            assert_eq!(column.value(number as u32, &differences), value);
        }
        column
    }

    #[test]
    fn what_is_even_takes_no_bytes() {
        for values in [&[7][..], &[7, 7, 7], &[0, 6006, 12012], &[9, 6, 3, 0], &[0, u64::MAX]] {
            let column = round_trip(values);
            assert!(column.width() == 0 || values.len() == 2, "{values:?}");
        }
    }

    #[test]
    fn what_is_uneven_takes_as_few_bytes_as_it_can() {
        assert_eq!(round_trip(&[0, 1000, 5000, 255_000]).width(), 1, "a multiple of 1000");
        assert_eq!(round_trip(&[1000, 2000, 3001, 4000, 5255]).width(), 1, "near a line");
        assert_eq!(round_trip(&[70_000, 70_255, 70_001]).width(), 1);
        assert_eq!(round_trip(&[u64::MAX, 0, 1]).width(), 8);
    }

    proptest! {
        #[test]
        fn every_number_comes_back(values in prop::collection::vec(
            prop_oneof![any::<u64>(), 0..4u64, (0..9u64).prop_map(|n| n * 1_000_000_007)],
            1..50,
        )) {
            round_trip(&values);
        }
    }
}
