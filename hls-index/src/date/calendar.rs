//! The Gregorian calendar: which day since 1970-01-01 a date is.

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const DAYS_PER_4_YEARS: i64 = 4 * 365 + 1;
const DAYS_PER_100_YEARS: i64 = 25 * DAYS_PER_4_YEARS - 1;
const DAYS_PER_400_YEARS: i64 = 4 * DAYS_PER_100_YEARS + 1;

/// The day since 1970-01-01 of March 1 in the year 0. Years are counted from March here, so that
/// the leap day is the last of its year.
const MARCH_OF_YEAR_0: i64 = -719_468;

/// How many days of a year that begins with March come before its `month`th, counted from 0.
fn days_before_month(month: i64) -> i64 {
    // Any five months from March or August on take 153 days.
    (153 * month + 2) / 5
}

/// The day since 1970-01-01 of a date of the Gregorian calendar.
pub(super) fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    MARCH_OF_YEAR_0 + year * 365 + leap_days + days_before_month(month) + day - 1
}

/// The date (year, month, day) of a day since 1970-01-01.
pub(super) fn date_of_day(day: i64) -> (i64, i64, i64) {
    let day = day - MARCH_OF_YEAR_0;
    let (cycles, day) = (day.div_euclid(DAYS_PER_400_YEARS), day.rem_euclid(DAYS_PER_400_YEARS));
    // The last century of a cycle and the last year of four are a day longer.
    let centuries = (day / DAYS_PER_100_YEARS).min(3);
    let day = day - centuries * DAYS_PER_100_YEARS;
    let (fours, day) = (day / DAYS_PER_4_YEARS, day % DAYS_PER_4_YEARS);
    let years = (day / 365).min(3);
    let day = day - years * 365;
    let month = (5 * day + 2) / 153;
    let day = day - days_before_month(month) + 1;
    let year = cycles * 400 + centuries * 100 + fours * 4 + years;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let (mut year, mut month, mut day) = (0, 1, 1);
        let first = day_of_date(0, 1, 1);
        for since_epoch in first..=day_of_date(9999, 12, 31) {
            assert_eq!(date_of_day(since_epoch), (year, month, day));
            assert_eq!(day_of_date(year, month, day), since_epoch);
            day += 1;
            if day > days_in_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }
}
