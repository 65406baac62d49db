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
        let difference = match bytes.get(at..).and_then(|bytes| bytes.first_chunk()) {
            // What belongs to the next ones is shifted out; that of all eight bytes is none.
            Some(eight) if self.width > 0 => {
                let rest = u64::BITS - u32::from(self.width.min(8)) * u8::BITS;
                u64::from_le_bytes(*eight) << rest >> rest
            }
            _ => self.last_difference(at, bytes),
        };
        let line = self.base.wrapping_add(self.step.wrapping_mul(u64::from(number)));
        line.wrapping_add(difference.wrapping_mul(u64::from(self.unit)))
    }

    /// A difference with fewer than eight bytes from where it begins.
    fn last_difference(self, at: usize, bytes: &[u8]) -> u64 {
        let bytes = bytes.get(at..).and_then(|bytes| bytes.get(..self.width())).unwrap_or(&[]);
        let mut difference = [0; 8];
        for (to, from) in difference.iter_mut().zip(bytes) {
            *to = *from;
        }
        u64::from_le_bytes(difference)
    }

    /// Whether the `count` numbers with these differences never go down, from `first` to at most `last`.
    pub(super) fn ascends(self, count: u32, bytes: &[u8], first: u64, last: u64) -> bool {
        match self.width {
            0 => {
                let steps = u128::from(self.step) * u128::from(count.saturating_sub(1));
                self.base == first && u128::from(first) + steps <= u128::from(last)
            }
            1 => self.ascends_by::<1>(bytes, first, last),
            2 => self.ascends_by::<2>(bytes, first, last),
            3 => self.ascends_by::<3>(bytes, first, last),
            4 => self.ascends_by::<4>(bytes, first, last),
            5 => self.ascends_by::<5>(bytes, first, last),
            6 => self.ascends_by::<6>(bytes, first, last),
            7 => self.ascends_by::<7>(bytes, first, last),
            _ => self.ascends_by::<8>(bytes, first, last),
        }
    }

    fn ascends_by<const WIDTH: usize>(self, bytes: &[u8], first: u64, last: u64) -> bool {
        let (mut line, mut before, mut ascends) = (self.base, first, true);
        for written in bytes.as_chunks::<WIDTH>().0 {
            let mut difference = [0; 8];
            difference[..WIDTH].copy_from_slice(written);
            let difference = u64::from_le_bytes(difference).wrapping_mul(u64::from(self.unit));
            let value = line.wrapping_add(difference);
            ascends &= before <= value;
            before = value;
            line = line.wrapping_add(self.step);
        }
        ascends && self.value(0, bytes) == first && before <= last
    }
}

/// A column as it comes about, one number after the other. All columns of a page have as many: their `count` is
/// the page's.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnBuilder {
    line: Line,
    /// How far the numbers lie from two lines; `None` while all lie on `line`.
    spreads: Option<Spreads>,
    /// The numbers, as soon as they no longer lie on the line.
    values: Vec<u64>,
}

/// The line of the first two numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    first: u64,
    step: i128,
}

impl Line {
    /// The number `number` on it, which is below 2⁶⁴ where all so far lie on it.
    fn at(self, number: u32) -> i128 {
        i128::from(self.first) + self.step * i128::from(number)
    }
}

/// How far numbers lie from a line without slope, and from that of the first two.
#[derive(Clone, Copy, Debug)]
struct Spreads {
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
        if self.unit != 1 {
            self.unit = greatest_common_divisor(size, self.unit);
        }
        self
    }

    fn column(self, first: u64, step: i128) -> Option<Column> {
        let unit = u32::try_from(self.unit).ok().filter(|&unit| unit > 0).unwrap_or(1);
        let mut most = u64::try_from(self.most - self.least).ok()?;
        if unit > 1 {
            most /= u64::from(unit);
        }
        let width = (u64::BITS - most.leading_zeros()).div_ceil(8) as u8;
        // The low 64 bits: sums are taken modulo 2⁶⁴.
        let base = first.wrapping_add(self.least as u64);
        Some(Column { base, step: step as u64, unit, width })
    }
}

impl Spreads {
    /// Those of the first `count` numbers of `line`.
    fn of_line(line: Line, count: u32) -> Self {
        let last = line.at(count.saturating_sub(1)) - i128::from(line.first);
        let unit = if count > 1 { u64::try_from(line.step.unsigned_abs()).unwrap_or(1) } else { 0 };
        let flat = Spread { least: last.min(0), most: last.max(0), unit };
        Self { flat, steep: Spread::default() }
    }

    fn with(self, line: Line, count: u32, value: u64) -> Self {
        let offset = i128::from(value) - i128::from(line.first);
        let steep = self.steep.with(offset - line.step * i128::from(count));
        Self { flat: self.flat.with(offset), steep }
    }

    fn column(self, line: Line) -> Column {
        // The flat one always fits.
        let flat = self.flat.column(line.first, 0).unwrap_or_default();
        let steep = self.steep.column(line.first, line.step);
        steep.filter(|steep| steep.width < flat.width).unwrap_or(flat)
    }
}

impl ColumnBuilder {
    /// The builder of a column that was written, of `count` numbers; `None` when it was not one of these who
    /// wrote it, and there is no telling what becomes of it.
    pub(super) fn of(column: Column, count: u32, differences: &[u8]) -> Option<Self> {
        let mut builder = Self::default();
        for number in 0..count.min(2) {
            builder.push(number, column.value(number, differences));
        }
        if column.width == 0 {
            let last = builder.line.at(count.saturating_sub(1));
            return (0..=i128::from(u64::MAX)).contains(&last).then_some(builder);
        }
        for number in 2..count {
            builder.push(number, column.value(number, differences));
        }
        Some(builder)
    }

    /// As if there had never been a number.
    pub(super) fn clear(&mut self) {
        self.line = Line::default();
        self.spreads = None;
        self.values.clear();
    }

    /// How many bytes a segment it would take with one more number after `count`.
    #[inline]
    pub(super) fn width_with(&self, count: u32, value: u64) -> usize {
        let line = self.line_with(count, value);
        let spreads = self.spreads_with(line, count, value);
        spreads.map_or(0, |spreads| spreads.column(line).width())
    }

    /// Takes one more number after `count`.
    #[inline]
    pub(super) fn push(&mut self, count: u32, value: u64) {
        let line = self.line_with(count, value);
        let spreads = self.spreads_with(line, count, value);
        if spreads.is_some() {
            if self.spreads.is_none() {
                // Until now they could be told from the line.
                self.values.extend((0..count).map(|number| line.at(number) as u64));
            }
            self.values.push(value);
        }
        (self.line, self.spreads) = (line, spreads);
    }

    #[inline]
    fn line_with(&self, count: u32, value: u64) -> Line {
        match count {
            0 => Line { first: value, step: 0 },
            1 => Line { step: i128::from(value) - i128::from(self.line.first), ..self.line },
            _ => self.line,
        }
    }

    #[inline]
    fn spreads_with(&self, line: Line, count: u32, value: u64) -> Option<Spreads> {
        if self.spreads.is_none() && line.at(count) == i128::from(value) {
            return None;
        }
        let spreads = self.spreads.unwrap_or_else(|| Spreads::of_line(line, count));
        Some(spreads.with(line, count, value))
    }

    pub(super) fn column(&self) -> Column {
        let Line { first, step } = self.line;
        let on_line = Column { base: first, step: step as u64, unit: 1, width: 0 };
        self.spreads.map_or(on_line, |spreads| spreads.column(self.line))
    }

    /// Writes the description of the column.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.column().write(out);
    }

    /// Writes the differences.
    pub(super) fn write_differences(&self, out: &mut Vec<u8>) {
        let Column { base, step, unit, width } = self.column();
        if width == 0 {
            return;
        }
        let mut line = base;
        for value in &self.values {
            let mut difference = value.wrapping_sub(line);
            if unit > 1 {
                difference /= u64::from(unit);
            }
            // Eight bytes at a time, and back: the bytes past the width are zeros.
            let end = out.len() + usize::from(width);
            out.extend_from_slice(&difference.to_le_bytes());
            out.truncate(end);
            line = line.wrapping_add(step);
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
        for (count, &value) in values.iter().enumerate() {
            builder.push(count as u32, value);
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
        let again = ColumnBuilder::of(column, values.len() as u32, &differences).unwrap();
        assert_eq!((again.column(), &again.values), (column, &builder.values));
        let (first, last) = (values[0], *values.last().unwrap());
        let ascends = |last| column.ascends(values.len() as u32, &differences, first, last);
        assert_eq!(ascends(last), values.is_sorted());
        assert!(last == 0 || !ascends(last - 1));
        assert!(!column.ascends(
            values.len() as u32,
            &differences,
            first.wrapping_add(1),
            u64::MAX
        ));
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

    #[test]
    fn numbers_of_every_width_ascend_or_not() {
        for width in 1..=8 {
            let most = u64::MAX >> (64 - 8 * width);
            // No unit but 1, and no line that is nearer than a flat one.
            let column = round_trip(&[0, 0, most / 3, most / 3 + 1, most - 1, most]);
            assert_eq!(column.width(), width);
            assert_eq!(round_trip(&[0, most / 2, 1, most]).width(), width, "down and up");
            // The base is not the first of them.
            assert_eq!(round_trip(&[2, 0, 1, most]).width(), width);
        }
    }

    #[test]
    fn what_no_builder_wrote_is_not_gone_on_with() {
        let column = |base, step| Column { base, step, unit: 1, width: 0 };
        assert!(ColumnBuilder::of(column(0, 1), u32::MAX, &[]).is_some());
        assert!(ColumnBuilder::of(column(9, 0u64.wrapping_sub(3)), 4, &[]).is_some());
        assert!(ColumnBuilder::of(column(9, 0u64.wrapping_sub(3)), 5, &[]).is_none(), "it wraps");
        assert!(ColumnBuilder::of(column(u64::MAX - 4, 2), 4, &[]).is_none(), "it wraps");
        assert!(!column(0, 3).ascends(4, &[], 0, 8) && column(0, 3).ascends(4, &[], 0, 9));
        assert!(!column(7, u64::MAX).ascends(3, &[], 7, u64::MAX), "it goes down");
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
