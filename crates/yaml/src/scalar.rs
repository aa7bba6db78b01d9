//! What an unquoted or tagged scalar is, by the rules of Go's yaml.v3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::node::Value;

/// The value of a scalar without quotes and tag.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        _ if text.starts_with(['+', '-', '.']) || text.starts_with(|c: char| c.is_ascii_digit()) => number(text),
        _ => Value::Text(text.to_owned()),
    }
}

/// The value of a scalar with a tag of YAML's own schema, such as `int` for `!!int`; `None` when it is none such.
pub(crate) fn tagged(suffix: &str, text: &str) -> Option<Value> {
    match suffix {
        "str" => Some(Value::Text(text.to_owned())),
        "binary" => {
            let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            STANDARD.decode(packed).ok().map(Value::Bytes)
        }
        "null" => (plain(text) == Value::Null).then_some(Value::Null),
        "bool" => Some(plain(text)).filter(|value| matches!(value, Value::Bool(_))),
        "int" => Some(plain(text)).filter(|value| matches!(value, Value::Int(_))),
        "float" => {
            let value = plain(text);
            #[expect(clippy::cast_precision_loss, reason = "as whoever writes !!float asks for")]
            let value = if let Value::Int(number) = value { Value::Float(number as f64) } else { value };
            Some(value).filter(|value| matches!(value, Value::Float(_)))
        }
        // A time, a set, … : nothing that a setting could be.
        _ => Some(Value::Other("of a type that has no use here")),
    }
}

fn number(text: &str) -> Value {
    if is_date(text) {
        return Value::Other("a date or time");
    }
    let bare = text.replace('_', "");
    if let Some(number) = integer(&bare) {
        return number;
    }
    if is_float(&bare)
        && let Ok(number) = bare.parse()
    {
        return Value::Float(number);
    }
    Value::Text(text.to_owned())
}

/// Go's `strconv.ParseInt(text, 0, 64)`: bases by prefix, a leading zero is octal.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (digits.split_at_checked(2), digits.strip_prefix('0')) {
        (Some(("0x" | "0X", digits)), _) => (16, digits),
        (Some(("0o" | "0O", digits)), _) => (8, digits),
        (Some(("0b" | "0B", digits)), _) => (2, digits),
        (_, Some(octal)) if !octal.is_empty() => (8, octal),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let Ok(magnitude) = u128::from_str_radix(digits, radix) else { return Some(TOO_LONG) };
    let magnitude = i128::try_from(magnitude).ok()?;
    let number = if negative { -magnitude } else { magnitude };
    Some(i64::try_from(number).map_or(TOO_LONG, Value::Int))
}

const TOO_LONG: Value = Value::Other("an integer of more than 64 bits");

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

/// Whether yaml.v3 takes it for a time: `2001-12-14`, with or without a time of day behind it.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let mut part = |least: usize, most: usize| {
        let part = parts.next()?;
        let is_number = (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse::<u16>().ok() } else { None }
    };
    let is_date = part(4, 4).is_some()
        && part(1, 2).is_some_and(|month| (1..=12).contains(&month))
        && part(1, 2).is_some_and(|day| (1..=31).contains(&day))
        && parts.next().is_none();
    is_date && time.is_none_or(|time| time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, value: &Value) -> bool {
        plain(text) == *value
    }

    #[test]
    fn scalars_are_what_go_takes_them_for() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (written, value) in [
            ("yes", text("yes")),
            ("on", text("on")),
            ("True", Value::Bool(true)),
            ("tRUE", text("tRUE")),
            ("~", Value::Null),
            ("Null", Value::Null),
            ("1_000", Value::Int(1000)),
            ("0777", Value::Int(511)),
            ("0o17", Value::Int(15)),
            ("0x1F", Value::Int(31)),
            ("-0b11", Value::Int(-3)),
            ("+7", Value::Int(7)),
            ("08", Value::Float(8.0)),
            ("1.5", Value::Float(1.5)),
            (".5", Value::Float(0.5)),
            ("1e3", Value::Float(1000.0)),
            ("1h", text("1h")),
            ("30s", text("30s")),
            ("127.0.0.1:4180", text("127.0.0.1:4180")),
            ("-", text("-")),
            ("2001-12-14", Value::Other("a date or time")),
            ("2001-12-14T21:59:43Z", Value::Other("a date or time")),
            ("2001-13-14", text("2001-13-14")),
            ("2001-12-14-x", text("2001-12-14-x")),
            ("99999999999999999999", TOO_LONG),
            ("-9223372036854775808", Value::Int(i64::MIN)),
        ] {
            assert!(is(written, &value), "{written} is {}", plain(written).name());
        }
    }

    #[test]
    fn a_tag_of_the_schema_makes_its_type_or_nothing() {
        assert!(tagged("str", "1") == Some(Value::Text("1".to_owned())));
        assert!(tagged("binary", "aGk=\n") == Some(Value::Bytes(b"hi".to_vec())));
        assert!(tagged("binary", "%").is_none());
        assert!(tagged("int", "x").is_none());
        assert!(tagged("float", "1") == Some(Value::Float(1.0)));
    }
}
