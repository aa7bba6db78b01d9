//! Times as Go prints them by default, which headers and logs of v7 show.

use std::time::{SystemTime, UNIX_EPOCH};

/// `2026-11-23 10:44:46.311576865 +0000 UTC`: always in UTC, the fraction without trailing zeros.
#[must_use]
pub fn go_time(time: SystemTime) -> String {
    let (seconds, nanoseconds) = since_epoch(time);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = format!("{nanoseconds:09}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{point}{fraction} +0000 UTC")
}

/// Whole seconds since the Unix epoch, rounded down, and the nanoseconds on top.
fn since_epoch(time: SystemTime) -> (i64, u32) {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            let seconds = -i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanoseconds => (seconds - 1, 1_000_000_000 - nanoseconds),
            }
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Years are taken from March on, so that the leap day is the last of its year; 146 097 days make 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_march_0000 = days + 719_468;
    let era = from_march_0000.div_euclid(146_097);
    let day_of_era = from_march_0000.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_printed_as_go_prints_them() {
        for (seconds, nanoseconds, text) in [
            (0, 0, "1970-01-01 00:00:00 +0000 UTC"),
            (1_700_000_000, 123_456_789, "2023-11-14 22:13:20.123456789 +0000 UTC"),
            (1_709_164_800, 100_000_000, "2024-02-29 00:00:00.1 +0000 UTC"),
            (951_868_799, 0, "2000-02-29 23:59:59 +0000 UTC"),
            (4_107_542_400, 0, "2100-03-01 00:00:00 +0000 UTC"),
        ] {
            assert_eq!(go_time(UNIX_EPOCH + Duration::new(seconds, nanoseconds)), text);
        }
        assert_eq!(go_time(UNIX_EPOCH - Duration::from_millis(500)), "1969-12-31 23:59:59.5 +0000 UTC");
    }
}
