//! Whole numbers as Go writes them: a base prefix, a leading zero for octal, underscores between digits.

use super::{Kind, Loose, Setting, last, wrong};
use crate::fault::ValueError;

/// The outermost floats that still are 64-bit integers; 2^63 itself is not one.
const FLOAT_LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// Reads a signed 64-bit integer: `42`, `-7`, `0x1f`, `0o17`, `017`, `0b1`, `1_000`.
pub(super) fn parse(text: &str) -> Result<i64, ValueError> {
    let refused = || ValueError::new("is not an integer", "write decimal digits");
    let (negative, unsigned) = split_sign(text);
    let (radix, digits, prefixed) = split_base(unsigned);
    if !underscores_stand_between_digits(digits, prefixed) {
        return Err(refused());
    }
    let digits = digits.replace('_', "");
    // from_str_radix would take a second sign.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(refused());
    }
    let magnitude = i128::from_str_radix(&digits, radix)
        .map_err(|_| ValueError::new("is out of range", "write an integer of 64 bits"))?;
    i64::try_from(if negative { -magnitude } else { magnitude })
        .map_err(|_| ValueError::new("is out of range", "write an integer of 64 bits"))
}

/// Whether a number is negative, and what stands behind its sign.
pub(super) fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The base a number is written in, its digits, and whether a prefix stood before them.
fn split_base(text: &str) -> (u32, &str, bool) {
    match (text.split_at_checked(2), text.strip_prefix('0')) {
        (Some(("0x" | "0X", digits)), _) => (16, digits, true),
        (Some(("0o" | "0O", digits)), _) => (8, digits, true),
        (Some(("0b" | "0B", digits)), _) => (2, digits, true),
        (_, Some(octal)) if !octal.is_empty() => (8, octal, true),
        _ => (10, text, false),
    }
}

/// An underscore needs a digit after it, and before it a digit or the base prefix.
fn underscores_stand_between_digits(digits: &str, prefixed: bool) -> bool {
    !digits.ends_with('_') && !digits.contains("__") && (prefixed || !digits.starts_with('_'))
}

impl Setting for i64 {
    const KIND: Kind = Kind::Int;
    const SECRET: bool = false;

    fn from_flag(occurrences: &[String]) -> Result<Self, ValueError> {
        parse(last(occurrences))
    }

    fn from_loose(value: &Loose) -> Result<Self, ValueError> {
        match value {
            Loose::Text(text) if text.is_empty() => Ok(0),
            Loose::Text(text) => parse(text),
            Loose::Bool(value) => Ok(Self::from(*value)),
            Loose::Int(value) => Ok(*value),
            Loose::Float(value) => truncated(*value),
            Loose::List(_) => Err(wrong("a list", "an integer", "write decimal digits")),
            Loose::Other(what) => Err(wrong(what, "an integer", "write decimal digits")),
        }
    }

    fn to_loose(&self) -> Loose {
        Loose::Int(*self)
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A float without its fraction, when an integer can hold it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is to go")]
pub(super) fn truncated(value: f64) -> Result<i64, ValueError> {
    if (-FLOAT_LIMIT..FLOAT_LIMIT).contains(&value) {
        return Ok(value.trunc() as i64);
    }
    Err(ValueError::new("is out of range", "write an integer of 64 bits"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_an_integer_is_read() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("42", 42),
            ("+42", 42),
            ("-42", -42),
            ("0x1F", 31),
            ("0X1f", 31),
            ("0o17", 15),
            ("017", 15),
            ("-017", -15),
            ("0b101", 5),
            ("1_000", 1000),
            ("0x_ff", 255),
            ("0_7", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse(text).expect(text), value, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_integer_is_refused() {
        for text in [
            "",
            "-",
            "+",
            "--1",
            "+-1",
            "1 ",
            " 1",
            "1.0",
            "1e3",
            "0x",
            "0b2",
            "08",
            "1__0",
            "_1",
            "1_",
            "0x-1",
            "٣",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999999999999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn floats_lose_their_fraction_and_have_limits() {
        assert_eq!(truncated(2.9).expect("fits"), 2);
        assert_eq!(truncated(-2.9).expect("fits"), -2);
        for value in [f64::NAN, f64::INFINITY, 1e19, FLOAT_LIMIT] {
            assert!(truncated(value).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_number_or_an_error(text in "\\PC{0,24}") {
            drop(parse(&text));
        }

        #[test]
        fn what_is_printed_is_read_back(value: i64) {
            prop_assert_eq!(parse(&value.to_string()).expect("decimal"), value);
        }
    }
}
