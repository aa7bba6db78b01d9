//! Stylesheets: telling values, strings, addresses and comments apart.

use std::fmt::Write;

use super::context::{Css, CssState, Printed, Step};
use super::markup::BLANK;

/// How many escapes a string may have: at each, all of it is looked at again.
const MAX_ESCAPES: usize = 1000;

impl Css {
    /// One step, to the next change.
    pub(super) fn step(self, text: &str) -> Result<Step<Self>, String> {
        match self.state {
            CssState::Code => Ok(self.code(text)),
            CssState::SingleQuoted | CssState::SingleQuotedUrl => self.quoted(text, &['\\', '\'']),
            CssState::DoubleQuoted | CssState::DoubleQuotedUrl => self.quoted(text, &['\\', '"']),
            CssState::Url => self.quoted(text, &['\\', ' ', '\t', '\n', '\u{c}', '\r', ')']),
            CssState::BlockComment => {
                let end = text.find("*/").map(|end| end + 2);
                Ok(self.comment(text, end, " "))
            }
            CssState::LineComment => Ok(self.comment(text, text.find(['\n', '\u{c}', '\r']), "")),
        }
    }

    fn to(self, state: CssState) -> Self {
        Self { state, ..self }
    }

    fn comment(self, text: &str, end: Option<usize>, blank: &'static str) -> Step<Self> {
        let next = if end.is_some() { self.to(CssState::Code) } else { self };
        Step { next, length: end.unwrap_or(text.len()), printed: Printed::Instead(blank) }
    }

    fn code(self, text: &str) -> Step<Self> {
        let mut from = 0;
        while let Some(at) = text[from..].find(['(', '"', '\'', '/']).map(|at| from + at) {
            let rest = &text[at..];
            from = at + 1;
            if rest.starts_with('"') {
                return Step::over(self.to(CssState::DoubleQuoted), from);
            }
            if rest.starts_with('\'') {
                return Step::over(self.to(CssState::SingleQuoted), from);
            }
            if rest.starts_with("/*") || rest.starts_with("//") {
                let state = if rest.starts_with("/*") { CssState::BlockComment } else { CssState::LineComment };
                return Step { next: self.to(state), length: at + 2, printed: Printed::First(at) };
            }
            if rest.starts_with('(') && ends_in_url(&text[..at]) {
                let inside = rest[1..].trim_start_matches(BLANK);
                let start = text.len() - inside.len();
                return match inside.chars().next() {
                    Some('"') => Step::over(self.to(CssState::DoubleQuotedUrl), start + 1),
                    Some('\'') => Step::over(self.to(CssState::SingleQuotedUrl), start + 1),
                    _ => Step::over(self.to(CssState::Url), start),
                };
            }
        }
        Step::over(self, text.len())
    }

    /// A string or address up to one of `ends`, the first of which escapes.
    fn quoted(self, text: &str, ends: &[char]) -> Result<Step<Self>, String> {
        let mut next = self;
        let mut start = 0;
        let mut count = 0;
        while let Some(at) = text[start..].find(ends).map(|at| start + at) {
            let Some(escaped) = text[at..].strip_prefix('\\') else {
                return Ok(Step::over(next.to(CssState::Code), at + 1));
            };
            let letter = escaped.chars().next().ok_or("a backslash stands before a value in a style")?;
            start = at + 1 + letter.len_utf8();
            count += 1;
            if count > MAX_ESCAPES {
                return Err("a string in a style has too many escapes".to_owned());
            }
            // Go looks at all from the start again, which can complete an escape.
            next.part = next.part.after(&unescape(&text[..start]));
        }
        next.part = next.part.after(&unescape(&text[start..]));
        Ok(Step::over(next, text.len()))
    }
}

/// Whether the text ends in the word `url`, blanks aside.
fn ends_in_url(text: &str) -> bool {
    let text = text.trim_end_matches(BLANK);
    let Some(start) = text.len().checked_sub(3) else {
        return false;
    };
    let is_word = text.get(start..).is_some_and(|word| word.eq_ignore_ascii_case("url"));
    is_word && !text[..start].ends_with(|letter: char| letter == '-' || letter == '_' || is_word_letter(letter))
}

fn is_word_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || !letter.is_ascii()
}

/// Resolves the escapes of CSS: up to six hexadecimal digits and one blank, or any other character as it is.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut code = 0;
        let mut length = 0;
        for digit in rest.chars().take(6).map_while(|letter| letter.to_digit(16)) {
            if code * 16 + digit > 0x10_ffff {
                break;
            }
            code = code * 16 + digit;
            length += 1;
        }
        rest = &rest[length..];
        if length > 0 {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(BLANK)).unwrap_or(rest);
        } else if let Some(letter) = rest.chars().next() {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// What a value could do in place of a property's value or name: leave it, or run code in browsers of old.
pub(super) fn value(text: &str) -> String {
    let plain = unescape(text);
    let mut word = String::new();
    let mut before = ' ';
    for letter in plain.chars() {
        match letter {
            '\0' | '"' | '\'' | '(' | ')' | '/' | ';' | '@' | '[' | '\\' | ']' | '`' | '{' | '}' | '<' | '>' => {
                return super::REPLACED.to_owned();
            }
            '-' if before == '-' => return super::REPLACED.to_owned(),
            '_' => word.push('_'),
            _ if letter.is_ascii_alphanumeric() => word.push(letter.to_ascii_lowercase()),
            _ => {}
        }
        before = letter;
    }
    if word.contains("expression") || word.contains("mozbinding") {
        return super::REPLACED.to_owned();
    }
    plain
}

/// A value between the quotes of a string.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\0' | '\t' | '\n' | '\u{c}' | '\r' | '"' | '&' | '\'' | '(' | ')' | '+' | '/' | ':' | ';' | '<' | '>'
            | '{' | '}' => {
                let _ = write!(out, "\\{:x}", u32::from(letter));
                let ambiguous = |next: &char| next.is_ascii_hexdigit() || BLANK.contains(next);
                if letters.peek().is_none_or(ambiguous) {
                    out.push(' ');
                }
            }
            _ => out.push(letter),
        }
    }
    out
}
