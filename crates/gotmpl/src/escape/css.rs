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
        for (at, mark) in text.match_indices(['(', '"', '\'', '/']) {
            let (before, rest) = text.split_at(at);
            match mark {
                "\"" => return Step::over(self.to(CssState::DoubleQuoted), at + 1),
                "'" => return Step::over(self.to(CssState::SingleQuoted), at + 1),
                _ => {}
            }
            if rest.starts_with("/*") || rest.starts_with("//") {
                let state = if rest.starts_with("/*") { CssState::BlockComment } else { CssState::LineComment };
                return Step { next: self.to(state), length: at + 2, printed: Printed::First(at) };
            }
            if let Some(inside) = rest.strip_prefix('(')
                && ends_in_url(before)
            {
                let inside = inside.trim_start_matches(BLANK);
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
        let mut rest = text;
        let mut count = 0;
        while let Some(at) = rest.find(ends) {
            let (_, end) = rest.split_at(at);
            let Some(escaped) = end.strip_prefix('\\') else {
                return Ok(Step::over(next.to(CssState::Code), text.len() - end.len() + 1));
            };
            let mut letters = escaped.chars();
            letters.next().ok_or("a backslash stands before a value in a style")?;
            rest = letters.as_str();
            count += 1;
            if count > MAX_ESCAPES {
                return Err("a string in a style has too many escapes".to_owned());
            }
            // Go looks at all from the start again, which can complete an escape.
            let (all, _) = text.split_at(text.len() - rest.len());
            next.part = next.part.after(&unescape(all));
        }
        next.part = next.part.after(&unescape(rest));
        Ok(Step::over(next, text.len()))
    }
}

/// Whether the text ends in the word `url`, blanks aside.
fn ends_in_url(text: &str) -> bool {
    let text = text.trim_end_matches(BLANK);
    let end = text.len().checked_sub("url".len()).and_then(|start| text.split_at_checked(start));
    let goes_on = |letter: char| letter == '-' || letter == '_' || is_word_letter(letter);
    end.is_some_and(|(before, word)| word.eq_ignore_ascii_case("url") && !before.ends_with(goes_on))
}

fn is_word_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || !letter.is_ascii()
}

/// Resolves the escapes of CSS: up to six hexadecimal digits and one blank, or any other character as it is.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = after;
        let mut code = 0;
        let mut length = 0;
        for digit in rest.chars().take(6).map_while(|letter| letter.to_digit(16)) {
            if code * 16 + digit > 0x10_ffff {
                break;
            }
            code = code * 16 + digit;
            length += 1;
        }
        let mut letters = rest.chars();
        if length > 0 {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            (_, rest) = rest.split_at(length);
            rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(BLANK)).unwrap_or(rest);
        } else if let Some(letter) = letters.next() {
            out.push(letter);
            rest = letters.as_str();
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
