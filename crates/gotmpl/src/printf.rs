//! `printf`: the verbs `%v %s %q %d %t %x %X %c`, with flags, width and precision, as Go's `fmt` prints them.
//!
//! What is not supported (other verbs, `%+v`, `*`, argument numbers) is an error and never printed.

use std::fmt::Write;
use std::iter::repeat_n;

use crate::error::Fault;
use crate::limits::MAX_OUTPUT;
use crate::print::{float, quote};
use crate::value::Value;

/// Wider than any page needs; keeps one verb from filling the memory.
const MAX_WIDTH: usize = 1000;

/// One verb of a format.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that the format has or has not")]
struct Verb {
    letter: char,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// A part of a format.
enum Part<'a> {
    Plain(&'a str),
    Verb(Verb),
    Percent,
    /// A percent sign at the end of the format.
    Lone,
}

/// Whether every verb of the format is supported.
pub(crate) fn check(format: &str) -> Result<(), Fault> {
    parse(format).map(drop)
}

/// Prints the arguments after the first, which is the format.
pub(crate) fn printf(arguments: &[Value]) -> Result<String, Fault> {
    let (format, mut rest) = match arguments.split_first() {
        Some((Value::Text(format), rest)) => (format, rest),
        Some((other, _)) => return Err(Fault::argument("printf", other)),
        None => return Err(Fault::Arity("printf")),
    };
    let mut out = String::new();
    for part in parse(format)? {
        match part {
            Part::Plain(text) => out.push_str(text),
            Part::Percent => out.push('%'),
            Part::Lone => out.push_str("%!(NOVERB)"),
            Part::Verb(verb) => match rest.split_first() {
                Some((value, others)) => {
                    verb.print(value, &mut out)?;
                    rest = others;
                }
                None => drop(write!(out, "%!{}(MISSING)", verb.letter)),
            },
        }
        if out.len() > MAX_OUTPUT {
            return Err(Fault::Budget);
        }
    }
    if !rest.is_empty() {
        let extra = rest.iter().map(tagged).collect::<Result<Vec<_>, _>>()?;
        let _ = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    Ok(out)
}

/// A value with its type, as it is printed where it does not fit.
fn tagged(value: &Value) -> Result<String, Fault> {
    match value {
        Value::Nil => Ok(value.to_string()),
        // Go spells out the whole type.
        Value::Record(_) => Err(Fault::argument("printf", value)),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Html(_) | Value::List(_) => {
            Ok(format!("{}={value}", value.type_name()))
        }
    }
}

fn parse(format: &str) -> Result<Vec<Part<'_>>, Fault> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Part::Plain(before));
        let end = after.find(|letter| !"-+# 0123456789.".contains(letter)).unwrap_or(after.len());
        let (options, behind) = after.split_at(end);
        let mut letters = behind.chars();
        let Some(letter) = letters.next() else {
            if !options.is_empty() {
                return Err(Fault::Format(format!("%{options}")));
            }
            parts.push(Part::Lone);
            return Ok(parts);
        };
        parts.push(part(options, letter).ok_or_else(|| Fault::Format(format!("%{options}{letter}")))?);
        rest = letters.as_str();
    }
    parts.push(Part::Plain(rest));
    Ok(parts)
}

/// A verb and what stands between it and its percent sign.
fn part(options: &str, letter: char) -> Option<Part<'static>> {
    let mut verb = Verb { letter, ..Verb::default() };
    let (flags, numbers) = options.split_at(options.find(|letter| !"-+# 0".contains(letter)).unwrap_or(options.len()));
    for flag in flags.chars() {
        match flag {
            '-' => verb.minus = true,
            '+' => verb.plus = true,
            '#' => verb.sharp = true,
            ' ' => verb.space = true,
            _ => verb.zero = true,
        }
    }
    let number = |digits: &str| match digits {
        "" => Some(0),
        _ => digits.parse().ok().filter(|number| *number <= MAX_WIDTH),
    };
    match numbers.split_once('.') {
        Some((width, precision)) => {
            verb.width = number(width)?;
            verb.precision = Some(number(precision)?);
        }
        None => verb.width = number(numbers)?,
    }
    let supported = match letter {
        '%' => return options.is_empty().then_some(Part::Percent),
        'd' => !verb.sharp,
        'x' | 'X' => !verb.plus,
        's' | 'v' | 'q' | 't' | 'c' => !verb.sharp && !verb.plus && !verb.space,
        _ => false,
    };
    supported.then_some(Part::Verb(verb))
}

impl Verb {
    fn print(&self, value: &Value, out: &mut String) -> Result<(), Fault> {
        match (value, self.letter) {
            (Value::List(items), _) => self.all('[', items.iter(), ']', out)?,
            (Value::Record(record), _) => self.all('{', record.iter().map(|(_, value)| value), '}', out)?,
            (Value::Nil, 'v') => self.pad("<nil>", out),
            (Value::Bool(value), 'v' | 't') => self.pad(if *value { "true" } else { "false" }, out),
            (Value::Int(value), 'v' | 'd' | 'x' | 'X') => self.whole(*value, out),
            (Value::Int(value), 'c') => self.pad(&character(*value).to_string(), out),
            (Value::Int(value), 'q') => self.pad(&quote(&character(*value).to_string(), '\''), out),
            (Value::Float(value), 'v') if self.is_plain() => self.real(*value, out),
            (Value::Float(_), 'v' | 'x' | 'X') => return Err(Fault::Format(format!("%{}", self.letter))),
            (Value::Text(text) | Value::Html(text), 'v' | 's') => self.pad(self.cut(text), out),
            (Value::Text(text) | Value::Html(text), 'q') => self.pad(&quote(self.cut(text), '"'), out),
            (Value::Text(text) | Value::Html(text), 'x' | 'X') => self.bytes(text, out),
            _ => {
                let _ = write!(out, "%!{}(", self.letter);
                if *value == Value::Nil {
                    out.push_str("<nil>");
                } else {
                    let _ = write!(out, "{}=", value.type_name());
                    Self { letter: 'v', ..*self }.print(value, out)?;
                }
                out.push(')');
            }
        }
        Ok(())
    }

    /// Whether there is nothing but a width, and how to fill it.
    fn is_plain(&self) -> bool {
        self.precision.is_none() && !self.plus && !self.space && !self.sharp
    }

    fn all<'a>(
        &self,
        open: char,
        items: impl Iterator<Item = &'a Value>,
        close: char,
        out: &mut String,
    ) -> Result<(), Fault> {
        out.push(open);
        for (at, item) in items.enumerate() {
            if at > 0 {
                out.push(' ');
            }
            if *item == Value::Nil {
                out.push_str("<nil>");
            } else {
                self.print(item, out)?;
            }
        }
        out.push(close);
        Ok(())
    }

    /// The text with blanks, or zeros, up to the width.
    fn pad(&self, text: &str, out: &mut String) {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.minus {
            out.push_str(text);
            out.extend(repeat_n(' ', missing));
        } else {
            out.extend(repeat_n(if self.zero { '0' } else { ' ' }, missing));
            out.push_str(text);
        }
    }

    /// As many characters as the precision lets through.
    fn cut<'a>(&self, text: &'a str) -> &'a str {
        match self.precision {
            Some(count) => text.char_indices().nth(count).and_then(|(end, _)| text.get(..end)).unwrap_or(text),
            None => text,
        }
    }

    fn whole(&self, value: i64, out: &mut String) {
        let sign = match value {
            ..0 => "-",
            _ if self.plus => "+",
            _ if self.space => " ",
            _ => "",
        };
        let magnitude = value.unsigned_abs();
        let mut digits = match self.letter {
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            _ => magnitude.to_string(),
        };
        let zeros = match self.precision {
            Some(0) if value == 0 => {
                digits.clear();
                return Self { zero: false, ..*self }.pad("", out);
            }
            Some(precision) => precision,
            None if self.zero && !self.minus => self.width.saturating_sub(sign.len()),
            None => 0,
        };
        let filled = "0".repeat(zeros.saturating_sub(digits.len()));
        let prefix = match self.letter {
            'x' if self.sharp => "0x",
            'X' if self.sharp => "0X",
            _ => "",
        };
        Self { zero: false, ..*self }.pad(&format!("{sign}{prefix}{filled}{digits}"), out);
    }

    fn real(&self, value: f64, out: &mut String) {
        let text = float(value, 6);
        match text.strip_prefix('-') {
            Some(digits) if self.zero && !self.minus => {
                out.push('-');
                Self { width: self.width.saturating_sub(1), ..*self }.pad(digits, out);
            }
            _ => self.pad(&text, out),
        }
    }

    /// Each byte as two digits. The precision says how many bytes, the flags what stands between and before them.
    fn bytes(&self, text: &str, out: &mut String) {
        let prefix = match self.letter {
            'x' if self.sharp => "0x",
            'X' if self.sharp => "0X",
            _ => "",
        };
        let mut digits = String::new();
        for (at, byte) in text.bytes().take(self.precision.unwrap_or(usize::MAX)).enumerate() {
            if self.space && at > 0 {
                digits.push(' ');
            }
            if at == 0 || self.space {
                digits.push_str(prefix);
            }
            let _ = if self.letter == 'X' { write!(digits, "{byte:02X}") } else { write!(digits, "{byte:02x}") };
        }
        self.pad(&digits, out);
    }
}

fn character(code: i64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
