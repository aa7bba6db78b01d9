//! Scripts: telling strings, expressions, regular expressions and comments apart.

use super::context::{Js, JsState, Printed, Slash, Step};
use crate::limits::MAX_DEPTH;

/// Words after which a `/` begins a regular expression.
const BEFORE_REGEXP: &[&str] = &[
    "break",
    "case",
    "continue",
    "delete",
    "do",
    "else",
    "finally",
    "in",
    "instanceof",
    "return",
    "throw",
    "try",
    "typeof",
    "void",
];

const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

impl JsState {
    /// Whether the text is between the quotes of something.
    pub(super) fn is_literal(self) -> bool {
        matches!(self, Self::SingleQuoted | Self::DoubleQuoted | Self::Template | Self::Regexp)
    }
}

impl Js {
    /// One step, to the next change.
    pub(super) fn step(&self, text: &str) -> Result<Step<Self>, String> {
        match self.state {
            JsState::Code => self.code(text),
            JsState::SingleQuoted => self.quoted(text, '\''),
            JsState::DoubleQuoted => self.quoted(text, '"'),
            JsState::Regexp => self.quoted(text, '/'),
            JsState::Template => self.template(text),
            JsState::BlockComment => {
                let (comment, next, length) = match text.split_once("*/") {
                    Some((comment, _)) => (comment, self.to(JsState::Code, self.slash), comment.len() + 2),
                    None => (text, self.clone(), text.len()),
                };
                // A comment over several lines ends the statement as a line's end does.
                let blank = if comment.contains(LINE_ENDS) { "\n" } else { " " };
                Ok(Step { next, length, printed: Printed::Instead(blank) })
            }
            JsState::LineComment | JsState::HtmlOpen | JsState::HtmlClose => {
                let end = text.find(LINE_ENDS);
                let next = if end.is_some() { self.to(JsState::Code, self.slash) } else { self.clone() };
                Ok(Step { next, length: end.unwrap_or(text.len()), printed: Printed::Instead("") })
            }
        }
    }

    fn to(&self, state: JsState, slash: Slash) -> Self {
        Self { state, slash, braces: self.braces.clone() }
    }

    fn code(&self, text: &str) -> Result<Step<Self>, String> {
        let special: &[char] = if self.braces.is_empty() {
            &['"', '\'', '`', '/', '<', '-', '#']
        } else {
            &['"', '\'', '`', '/', '<', '-', '#', '{', '}']
        };
        let at = text.find(special).unwrap_or(text.len());
        let (before, rest) = text.split_at(at);
        let slash = after(before, self.slash);
        let Some(sign) = rest.chars().next() else {
            return Ok(Step::over(self.to(JsState::Code, slash), at));
        };
        for (opening, state) in [
            ("//", JsState::LineComment),
            ("/*", JsState::BlockComment),
            ("<!--", JsState::HtmlOpen),
            ("-->", JsState::HtmlClose),
            ("#!", JsState::LineComment),
        ] {
            if rest.starts_with(opening) {
                let length = at + opening.len();
                return Ok(Step { next: self.to(state, slash), length, printed: Printed::First(at) });
            }
        }
        let next = match sign {
            '"' => self.to(JsState::DoubleQuoted, Slash::Regexp),
            '\'' => self.to(JsState::SingleQuoted, Slash::Regexp),
            '`' => self.to(JsState::Template, Slash::Regexp),
            '/' => match slash {
                Slash::Regexp => self.to(JsState::Regexp, Slash::Regexp),
                Slash::Division => self.to(JsState::Code, Slash::Regexp),
                Slash::Unknown => return Err("'/' could divide or begin a regular expression".to_owned()),
            },
            '{' | '}' => self.brace(sign, slash),
            _ => self.to(JsState::Code, slash),
        };
        Ok(Step::over(next, at + 1))
    }

    /// A brace inside of `${…}`, the last of which leads back into the text around it.
    fn brace(&self, sign: char, slash: Slash) -> Self {
        let mut next = self.to(JsState::Code, Slash::Regexp);
        match (next.braces.last_mut(), sign) {
            (Some(open), '{') => *open += 1,
            (Some(0), _) => {
                next.braces.pop();
                next.state = JsState::Template;
                next.slash = slash;
            }
            (Some(open), _) => *open -= 1,
            (None, _) => {}
        }
        next
    }

    /// Inside of quotes, or of a regular expression, in whose `[…]` a `/` does not end it.
    fn quoted(&self, text: &str, quote: char) -> Result<Step<Self>, String> {
        let regexp = quote == '/';
        let mut in_class = false;
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => {
                    letters.next().ok_or("a backslash stands before a value in a script")?;
                }
                '[' if regexp => in_class = true,
                ']' if regexp => in_class = false,
                // Not the end of an expression: it will be printed so that it ends no script either.
                '<' if regexp && begins_end_tag(letters.as_str()) => drop(letters.next()),
                _ if letter == quote && !in_class => {
                    return Ok(Step::over(self.to(JsState::Code, Slash::Division), at + 1));
                }
                _ => {}
            }
        }
        if in_class {
            return Err("a value stands inside the brackets of a regular expression".to_owned());
        }
        Ok(Step::over(self.clone(), text.len()))
    }

    fn template(&self, text: &str) -> Result<Step<Self>, String> {
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => {
                    letters.next().ok_or("a backslash stands before a value in a script")?;
                }
                '`' => return Ok(Step::over(self.to(JsState::Code, self.slash), at + 1)),
                '$' if letters.as_str().starts_with('{') => {
                    if self.braces.len() == MAX_DEPTH {
                        return Err("template literals are nested too deeply".to_owned());
                    }
                    let mut next = self.to(JsState::Code, self.slash);
                    next.braces.push(0);
                    return Ok(Step::over(next, at + 2));
                }
                _ => {}
            }
        }
        Ok(Step::over(self.clone(), text.len()))
    }
}

/// Whether a `<` before the text begins the end of a script.
fn begins_end_tag(text: &str) -> bool {
    text.get(..7).is_some_and(|tag| tag.eq_ignore_ascii_case("/script"))
}

/// What a `/` would be behind `text`; if that is blank, what it would have been `before`.
fn after(text: &str, before: Slash) -> Slash {
    let text = text.trim_end_matches(is_blank);
    let Some(last) = text.chars().next_back() else {
        return before;
    };
    let regexp = match last {
        // `x++ / y` divides, `x + /y/` does not.
        '+' | '-' => (text.len() - text.trim_end_matches(last).len()) % 2 == 1,
        // `42. / y`
        '.' => !text.strip_suffix('.').is_some_and(|text| text.ends_with(|digit: char| digit.is_ascii_digit())),
        ',' | '<' | '>' | '=' | '*' | '%' | '&' | '|' | '^' | '?' | '!' | '~' | '(' | '[' | ':' | ';' | '{' | '}' => {
            true
        }
        _ => {
            let before =
                text.trim_end_matches(|letter: char| letter == '$' || letter == '_' || letter.is_ascii_alphanumeric());
            text.strip_prefix(before).is_some_and(|word| BEFORE_REGEXP.contains(&word))
        }
    };
    if regexp { Slash::Regexp } else { Slash::Division }
}

/// What JavaScript calls white space.
fn is_blank(letter: char) -> bool {
    matches!(letter, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}
