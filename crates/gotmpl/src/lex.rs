//! From the text of a file to tokens: the text between actions, and the words inside them.
//!
//! An action stands between `{{` and `}}`. `{{- ` and ` -}}` take the white space away before and after the action. Comments
//! are gone when the parser comes.

use crate::error::TemplateError;

/// One word of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Outside of actions, as it is to be printed.
    Text,
    /// `{{`
    Open,
    /// `}}`
    Close,
    /// White space inside an action, which tells `.A .B` from `.A.B`.
    Space,
    /// A keyword, a function, `true`, `false` or `nil`.
    Word,
    /// `.Name`, with its dot.
    Field,
    /// `$name`, or `$` alone.
    Variable,
    /// A number, or a character in quotes.
    Number,
    /// Text in double quotes, with its quotes and escapes.
    Quoted,
    /// Text in backquotes, with these.
    Raw,
    /// `.` alone
    Dot,
    /// `|`
    Pipe,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `,`
    Comma,
    /// `=`
    Assign,
    /// `:=`
    Declare,
    /// The end of the file.
    End,
}

/// What a trim marker takes away.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// Splits a file into its tokens and its end.
pub(crate) fn lex<'a>(file: &str, text: &'a str) -> Result<(Vec<Token<'a>>, Token<'a>), TemplateError> {
    let mut lexer = Lexer { file, rest: text, line: 1, tokens: Vec::new() };
    let mut trimmed = Trim::No;
    while let Some((outside, inside)) = lexer.rest.split_once("{{") {
        let before = if starts_trim(inside) { Trim::Yes } else { Trim::No };
        lexer.outside(outside, trimmed, before);
        trimmed = lexer.action(before)?;
    }
    lexer.outside(lexer.rest, trimmed, Trim::No);
    let end = Token { kind: Kind::End, text: "", line: lexer.line };
    Ok((lexer.tokens, end))
}

/// Whether a trim marker stands on this side of an action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trim {
    Yes,
    No,
}

struct Lexer<'a, 'f> {
    file: &'f str,
    rest: &'a str,
    line: usize,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a, '_> {
    fn fault(&self, fault: impl Into<String>) -> TemplateError {
        TemplateError { file: self.file.to_owned(), line: self.line, fault: fault.into() }
    }

    /// Goes `length` bytes on.
    fn skip(&mut self, length: usize) -> &'a str {
        let (word, rest) = self.rest.split_at(length);
        self.line += word.matches('\n').count();
        self.rest = rest;
        word
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let line = self.line;
        let text = self.skip(length);
        self.tokens.push(Token { kind, text, line });
    }

    /// The text before the next action, without what the markers on both sides take away.
    fn outside(&mut self, whole: &str, left: Trim, right: Trim) {
        let text = if right == Trim::Yes { whole.trim_end_matches(BLANK) } else { whole };
        let kept = if left == Trim::Yes { text.trim_start_matches(BLANK) } else { text };
        self.skip(text.len() - kept.len());
        if !kept.is_empty() {
            self.push(Kind::Text, kept.len());
        }
        self.skip(whole.len() - text.len());
    }

    /// One action or comment, from `{{` through `}}`.
    fn action(&mut self, before: Trim) -> Result<Trim, TemplateError> {
        let line = self.line;
        let opening = if before == Trim::Yes { 4 } else { 2 };
        if self.rest.get(opening..).is_some_and(|inside| inside.starts_with("/*")) {
            self.skip(opening);
            return self.comment();
        }
        self.push(Kind::Open, 2);
        self.skip(opening - 2);
        let mut parens = 0_usize;
        loop {
            if let Some((length, after)) = closing(self.rest) {
                if parens > 0 {
                    return Err(self.fault("a parenthesis is not closed"));
                }
                self.push(Kind::Close, length);
                return Ok(after);
            }
            let mut letters = self.rest.chars();
            let Some(first) = letters.next() else {
                self.line = line;
                return Err(self.fault("an action is not closed"));
            };
            let (kind, length) = self.word(first, letters.as_str())?;
            if kind == Kind::LeftParen {
                parens += 1;
            } else if kind == Kind::RightParen {
                parens = parens.checked_sub(1).ok_or_else(|| self.fault("a parenthesis is not opened"))?;
            }
            self.push(kind, length);
        }
    }

    /// From `/*` through `*/}}`.
    fn comment(&mut self) -> Result<Trim, TemplateError> {
        let comment = self.rest.strip_prefix("/*").and_then(|inside| inside.split_once("*/"));
        let (_, behind) = comment.ok_or_else(|| self.fault("a comment is not closed"))?;
        let (closing, after) = closing(behind).ok_or_else(|| self.fault("a comment must fill its action"))?;
        self.skip(self.rest.len() - behind.len() + closing);
        Ok(after)
    }

    /// The kind and length of the word that begins with `first`, which `behind` follows.
    fn word(&self, first: char, behind: &str) -> Result<(Kind, usize), TemplateError> {
        let rest = self.rest;
        Ok(match first {
            ' ' | '\t' | '\r' | '\n' => (Kind::Space, blanks(rest)),
            '|' => (Kind::Pipe, 1),
            '(' => (Kind::LeftParen, 1),
            ')' => (Kind::RightParen, 1),
            ',' => (Kind::Comma, 1),
            '=' => (Kind::Assign, 1),
            ':' if behind.starts_with('=') => (Kind::Declare, 2),
            '"' => (Kind::Quoted, self.quoted('"')?),
            '\'' => (Kind::Number, self.quoted('\'')?),
            '`' => {
                let end = behind.find('`').ok_or_else(|| self.fault("a raw string is not closed"))?;
                (Kind::Raw, end + 2)
            }
            '.' if !behind.starts_with(|next: char| next.is_ascii_digit()) => {
                self.name(behind, Kind::Field, Kind::Dot)?
            }
            '$' => self.name(behind, Kind::Variable, Kind::Variable)?,
            '0'..='9' | '+' | '-' | '.' => (Kind::Number, self.number()),
            letter if is_name(letter) => (Kind::Word, self.ended(rest.trim_start_matches(is_name))?),
            other => return Err(self.fault(format!("unexpected {other:?} in an action"))),
        })
    }

    /// A word of one sign and the name behind it, or of the sign alone.
    fn name(&self, behind: &str, kind: Kind, alone: Kind) -> Result<(Kind, usize), TemplateError> {
        let after = behind.trim_start_matches(is_name);
        let kind = if after == behind && ends_word(after) { alone } else { kind };
        Ok((kind, self.ended(after)?))
    }

    /// The length of the word before `after`, which must not run into another.
    fn ended(&self, after: &str) -> Result<usize, TemplateError> {
        if ends_word(after) {
            return Ok(self.rest.len() - after.len());
        }
        let next = after.chars().next().unwrap_or_default();
        Err(self.fault(format!("unexpected {next:?} in an action")))
    }

    /// As far as a number could go; whether it is one is for the parser to say.
    fn number(&self) -> usize {
        let mut before = ' ';
        let length = self.rest.find(|next: char| {
            let sign = matches!(next, '+' | '-') && matches!(before, ' ' | 'e' | 'E' | 'p' | 'P');
            before = next;
            !(sign || next == '.' || is_name(next))
        });
        length.unwrap_or(self.rest.len())
    }

    /// The length of text in quotes.
    fn quoted(&self, quote: char) -> Result<usize, TemplateError> {
        let mut escaped = false;
        for (at, next) in self.rest.char_indices().skip(1) {
            match next {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if next == quote => return Ok(at + 1),
                _ => {}
            }
        }
        Err(self.fault("a quoted string is not closed"))
    }
}

/// Whether the inside of an action begins with a trim marker.
fn starts_trim(inside: &str) -> bool {
    inside.strip_prefix('-').is_some_and(|rest| rest.starts_with(BLANK))
}

/// The length of the end of an action, if the text begins with one.
fn closing(text: &str) -> Option<(usize, Trim)> {
    if text.starts_with("}}") {
        return Some((2, Trim::No));
    }
    let marker = text.strip_prefix(BLANK)?;
    marker.starts_with("-}}").then_some((4, Trim::Yes))
}

/// The length of white space that belongs to no trim marker.
fn blanks(text: &str) -> usize {
    let behind = text.trim_start_matches(BLANK);
    let length = text.len() - behind.len();
    if length > 1 && behind.starts_with("-}}") { length - 1 } else { length }
}

fn is_name(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric()
}

/// Whether a word may end here.
fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', '.', ',', '|', ':', ')', '(']) || rest.starts_with("}}")
}
