//! Durations as Go writes them: `1h30m`, `.5s`, `168h0m0s`.

use std::fmt;
use std::time::Duration;

use super::{Kind, Loose, Setting, integer, last, wrong};
use crate::fault::ValueError;

/// A signed number of nanoseconds in 64 bits, printed like `168h0m0s`.
///
/// What a negative one means is up to the option; [`GoDuration::to_std`] gives `None` for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(i64);

impl GoDuration {
    /// A duration of so many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Its length in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The same length as a [`Duration`]; `None` when it is negative.
    #[must_use]
    pub fn to_std(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", Decimal::of(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", Decimal::of(nanos, 1_000_000)),
            _ => {
                let minutes = nanos / 60_000_000_000;
                let (hours, minutes) = (minutes / 60, minutes % 60);
                match (hours, minutes) {
                    (0, 0) => {}
                    (0, _) => write!(f, "{minutes}m")?,
                    (_, _) => write!(f, "{hours}h{minutes}m")?,
                }
                write!(f, "{}s", Decimal::of(nanos % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

/// A fixed-point number, printed without trailing zeros.
struct Decimal {
    whole: u64,
    fraction: u64,
    unit: u64,
}

impl Decimal {
    const fn of(nanos: u64, unit: u64) -> Self {
        Self { whole: nanos / unit, fraction: nanos % unit, unit }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.whole)?;
        if self.fraction == 0 {
            return Ok(());
        }
        let width = self.unit.ilog10() as usize;
        write!(f, ".{}", format!("{:0width$}", self.fraction).trim_end_matches('0'))
    }
}

/// Reads an optional sign and one or more groups of number and unit; a bare zero needs no unit.
pub(super) fn parse(text: &str) -> Result<GoDuration, ValueError> {
    let refused = || ValueError::new("is not a duration", "write a number and a unit, as in 90s, 15m or 1h30m");
    let (negative, mut rest) = integer::split_sign(text);
    if rest == "0" {
        return Ok(GoDuration(0));
    }
    if rest.is_empty() {
        return Err(refused());
    }
    let mut nanos: u64 = 0;
    while !rest.is_empty() {
        let (group, after) = group(rest).ok_or_else(refused)?;
        nanos = nanos.checked_add(group).filter(|sum| *sum <= 1 << 63).ok_or_else(too_long)?;
        rest = after;
    }
    let signed = if negative { 0_i64.checked_sub_unsigned(nanos) } else { i64::try_from(nanos).ok() };
    signed.map(GoDuration).ok_or_else(too_long)
}

fn too_long() -> ValueError {
    ValueError::new("is too long a duration", "write at most 2562047h")
}

/// One number with its unit, in nanoseconds, and what follows it. Too large a number is no group.
fn group(text: &str) -> Option<(u64, &str)> {
    let whole_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(whole_end);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let unit = unit_nanos(unit)?;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(unit)?.checked_add(fraction_nanos(fraction, unit)).map(|nanos| (nanos, rest))
}

const fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit.as_bytes() {
        b"ns" => 1,
        // The micro sign and the Greek letter.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The fraction of a unit. Digits beyond the eighteenth are below a nanosecond of any unit.
fn fraction_nanos(digits: &str, unit: u64) -> u64 {
    let mut numerator: u128 = 0;
    let mut denominator: u128 = 1;
    for digit in digits.bytes().take(18) {
        numerator = numerator * 10 + u128::from(digit - b'0');
        denominator *= 10;
    }
    u64::try_from(numerator * u128::from(unit) / denominator).unwrap_or(u64::MAX)
}

impl Setting for GoDuration {
    const KIND: Kind = Kind::Duration;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        parse(last(occurrences))
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        match value {
            Loose::Text(text) => parse(text),
            // compat: a bare number is nanoseconds.
            Loose::Bool(value) => Ok(Self(i64::from(*value))),
            Loose::Int(value) => Ok(Self(*value)),
            Loose::Float(value) => integer::truncated(*value).map(Self),
            Loose::List(_) => Err(wrong("a list", "a duration", "write it like \"1h30m\"")),
            Loose::Other(what) => Err(wrong(what, "a duration", "write it like \"1h30m\"")),
        }
    }

    fn to_loose(&self) -> Loose {
        Loose::Text(self.to_string())
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_a_duration_is_read_and_printed_in_one_form() {
        for (text, printed) in [
            ("0", "0s"),
            ("-0", "0s"),
            ("+0", "0s"),
            ("0s", "0s"),
            ("168h", "168h0m0s"),
            ("15m", "15m0s"),
            ("90s", "1m30s"),
            ("1h15m30.918s", "1h15m30.918s"),
            ("1.5h", "1h30m0s"),
            (".5s", "500ms"),
            ("5.s", "5s"),
            ("-1.5s", "-1.5s"),
            ("+3ms", "3ms"),
            ("7us", "7µs"),
            ("7µs", "7µs"),
            ("7μs", "7µs"),
            ("1500ns", "1.5µs"),
            ("3600ns", "3.6µs"),
            ("1s1s", "2s"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(parse(text).expect(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in [
            "",
            "-",
            "+",
            "60",
            "1d",
            "1H",
            "1S",
            "1 h",
            " 1h",
            "1h ",
            "h",
            ".",
            ".s",
            "1e3s",
            "1h-5m",
            "--1s",
            "1_0s",
            "9223372036854775808ns",
            "2562048h",
            "99999999999999999999h",
            "1s.",
            "1.2.3s",
            "١s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_duration_or_an_error(text in "\\PC{0,24}") {
            drop(parse(&text));
        }

        #[test]
        fn what_is_printed_is_read_back(nanos: i64) {
            let duration = GoDuration(nanos);
            prop_assert_eq!(parse(&duration.to_string()).expect("printed form"), duration);
        }

        #[test]
        fn digits_and_units_never_overflow(text in "[+-]?([0-9]{0,25}(\\.[0-9]{0,25})?(ns|us|ms|s|m|h)){1,4}") {
            drop(parse(&text));
        }
    }
}
