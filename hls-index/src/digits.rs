//! Numbers as decimal digits, appended to a text: what [`core::fmt`] does, several times as fast.

mod word;

use alloc::string::String;

pub(crate) use self::word::{Word, leading_digits};

use crate::time::Ticks;

/// .000, .001, … .999, one after the other.
const THREE: &str = {
    const DIGITS: [u8; 4000] = {
        let mut digits = [b'0'; 4000];
        let mut number = 0;
        while number < 1000 {
            digits[4 * number] = b'.';
            digits[4 * number + 1] += (number / 100) as u8;
            digits[4 * number + 2] += (number / 10 % 10) as u8;
            digits[4 * number + 3] += (number % 10) as u8;
            number += 1;
        }
        digits
    };
    match core::str::from_utf8(&DIGITS) {
        Ok(digits) => digits,
        Err(_) => "",
    }
};

/// The three digits of a number below 1000.
#[inline]
fn three(number: u64) -> &'static str {
    let at = number as usize * 4;
    &THREE[at + 1..at + 4]
}

/// The same after a point.
#[inline]
fn point_three(number: u64) -> &'static str {
    let at = number as usize * 4;
    &THREE[at..at + 4]
}

/// Appends the digits of `number`.
#[inline]
pub(crate) fn push_number(text: &mut String, number: u64) {
    if number < 10 {
        // Below 10, so one character.
        text.push(char::from(b'0' + number as u8));
    } else {
        push_long(text, number);
    }
}

#[inline(never)]
fn push_long(text: &mut String, number: u64) {
    if number < 1000 {
        text.push_str(&three(number)[if number < 100 { 1 } else { 0 }..]);
    } else {
        push_number(text, number / 1000);
        text.push_str(three(number % 1000));
    }
}

/// Appends the two digits of a number below 100.
#[inline]
pub(crate) fn push_two(text: &mut String, number: u64) {
    text.push_str(&three(number % 100)[1..]);
}

/// Appends the three digits of a number below 1000.
#[inline]
pub(crate) fn push_three(text: &mut String, number: u64) {
    text.push_str(three(number % 1000));
}

/// Appends a number of seconds, with as many decimals as it takes.
#[inline]
pub(crate) fn push_seconds(text: &mut String, time: Ticks) {
    const TICKS_PER_SECOND: u64 = 1_000_000_000;
    let (whole, fraction) = (time.count() / TICKS_PER_SECOND, time.count() % TICKS_PER_SECOND);
    push_number(text, whole);
    if fraction == 0 {
        return;
    }
    let (millis, rest) = (fraction / 1_000_000, fraction % 1_000_000);
    text.push_str(point_three(millis));
    if rest != 0 {
        push_three(text, rest / 1000);
        push_three(text, rest % 1000);
    }
    // The zeros at the end.
    while text.as_bytes().last() == Some(&b'0') {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn numbers_and_seconds_are_written_as_they_print() {
        let powers = (0..20).map(|n| 10_u64.pow(n));
        let near = powers.flat_map(|power| [power - 1, power, power + 1, power / 3 * 5]);
        for number in near.chain(0..2000).chain([12_345, 100_100_100, u64::MAX]) {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
            for ticks in [number, number.wrapping_mul(1_000_000), number.wrapping_mul(1_000)] {
                let mut text = String::new();
                push_seconds(&mut text, Ticks::new(ticks));
                assert_eq!(text, Ticks::new(ticks).to_string());
            }
        }
    }
}
