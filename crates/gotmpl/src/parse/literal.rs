//! Literals: numbers, characters and quoted text.

use crate::value::Value;

/// Reads a number, or a character in single quotes, which is a number too.
pub(super) fn number(word: &str) -> Result<Value, String> {
    if let Some(inside) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        let text = unquote(inside, '\'')?;
        let mut letters = text.chars();
        return match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok(Value::Int(i64::from(u32::from(letter)))),
            _ => Err(format!("{word} is not one character")),
        };
    }
    let value = if word.contains(['x', 'X']) || !word.contains(['.', 'e', 'E']) { whole(word) } else { float(word) };
    value.ok_or_else(|| format!("the number {word} is malformed, too large or not supported"))
}

fn whole(word: &str) -> Option<Value> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match (lower.split_at_checked(2), lower.strip_prefix('0')) {
        (Some(("0x", rest)), _) => (16, rest),
        (Some(("0b", rest)), _) => (2, rest),
        (Some(("0o", rest)), _) => (8, rest),
        (_, Some(octal)) if !octal.is_empty() => (8, octal),
        _ => (10, lower.as_str()),
    };
    let plain = without_underscores(digits, radix != 10)?;
    let magnitude = i128::from_str_radix(&plain, radix).ok().filter(|_| !plain.starts_with(['+', '-']))?;
    i64::try_from(sign * magnitude).ok().map(Value::Int)
}

fn float(word: &str) -> Option<Value> {
    let plain = without_underscores(word, false)?;
    let starts = |text: &str| text.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let value: f64 = plain.parse().ok().filter(|_| starts(unsigned))?;
    value.is_finite().then_some(Value::Float(value))
}

/// Underscores may stand between digits, and after the prefix of a base.
fn without_underscores(digits: &str, after_prefix: bool) -> Option<String> {
    let mut before = after_prefix;
    let mut letters = digits.chars();
    while let Some(letter) = letters.next() {
        let after = letters.as_str().starts_with(|next: char| next.is_ascii_hexdigit());
        if letter == '_' && !(before && after) {
            return None;
        }
        before = letter.is_ascii_hexdigit();
    }
    Some(digits.replace('_', ""))
}

/// Resolves the escapes of text that stood between two such quotes.
pub(super) fn unquote(inside: &str, quote: char) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.next().ok_or("a quoted string ends in a backslash")?;
        let byte = match escape {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' => b'\\',
            same if same == quote => u8::try_from(quote).unwrap_or_default(),
            'x' => u8::try_from(digits(&mut rest, 2, 16)?).unwrap_or_default(),
            '0'..='7' => {
                let high = escape.to_digit(8).unwrap_or_default() * 64;
                u8::try_from(high + digits(&mut rest, 2, 8)?).map_err(|_| "an octal escape is above \\377")?
            }
            'u' | 'U' => {
                let code = digits(&mut rest, if escape == 'u' { 4 } else { 8 }, 16)?;
                let letter = char::from_u32(code).ok_or("an escape stands for no character")?;
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return Err(format!("there is no escape \\{escape}")),
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_err(|_| "a quoted string is not UTF-8".to_owned())
}

fn digits(rest: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Result<u32, String> {
    let mut value = 0_u32;
    for _ in 0..count {
        let digit = rest.next().and_then(|digit| digit.to_digit(radix)).ok_or("an escape is too short")?;
        value = value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or("an escape is too large")?;
    }
    Ok(value)
}
