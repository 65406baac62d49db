//! Numbers as decimal digits, appended to a text: what [`core::fmt`] does, several times as fast.

use alloc::string::String;

use crate::time::Ticks;

/// 000, 001, … 999, one after the other.
const THREE: &str = {
    const DIGITS: [u8; 3000] = {
        let mut digits = [b'0'; 3000];
        let mut number = 0;
        while number < 1000 {
            digits[3 * number] += (number / 100) as u8;
            digits[3 * number + 1] += (number / 10 % 10) as u8;
            digits[3 * number + 2] += (number % 10) as u8;
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
    let at = number as usize * 3;
    &THREE[at..at + 3]
}

/// Appends the digits of `number`.
#[inline]
pub(crate) fn push_number(text: &mut String, number: u64) {
    if number < 10 {
        // Below 10, so one character.
        text.push(char::from(b'0' + number as u8));
    } else if number < 1000 {
        text.push_str(&three(number)[if number < 100 { 1 } else { 0 }..]);
    } else {
        push_long(text, number);
    }
}

fn push_long(text: &mut String, number: u64) {
    push_number(text, number / 1000);
    text.push_str(three(number % 1000));
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
    text.push('.');
    let (millis, rest) = (fraction / 1_000_000, fraction % 1_000_000);
    if rest == 0 {
        return push_decimals(text, millis);
    }
    text.push_str(three(millis));
    let (micros, nanos) = (rest / 1000, rest % 1000);
    if nanos == 0 {
        return push_decimals(text, micros);
    }
    text.push_str(three(micros));
    push_decimals(text, nanos);
}

/// Appends three decimals without the zeros at their end.
#[inline]
fn push_decimals(text: &mut String, thousandths: u64) {
    let length = if !thousandths.is_multiple_of(10) {
        3
    } else if !thousandths.is_multiple_of(100) {
        2
    } else {
        1
    };
    text.push_str(&three(thousandths)[..length]);
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
