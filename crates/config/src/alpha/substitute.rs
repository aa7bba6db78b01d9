//! Environment variables in the text of a structured configuration, as the original's library fills them in:
//! before the text is YAML, in comments and quotes too, and without looking at what was filled in.

mod word;

use std::collections::HashMap;

use sidecar_yaml::Position;

use self::word::Otherwise;

/// A text with its variables filled in, and where each piece of it was written.
pub(crate) struct Substituted {
    /// The text to read.
    pub(crate) text: String,
    /// Where runs of characters begin: here, and where they were written. In the order of the text.
    runs: Vec<Run>,
}

struct Run {
    here: Position,
    written: Position,
    /// Whether the characters are those that were written, rather than a variable's.
    is_copy: bool,
}

/// A `${` whose `}` is not on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed {
    /// Where it was written.
    pub(crate) at: Position,
}

/// Fills `variables` into `text`. One that is unset is empty.
///
/// A `$` before a digit stays what it is: the target of a rewrite has numbered groups (D31).
pub(crate) fn substitute(text: &str, variables: &HashMap<String, String>) -> Result<Substituted, Unclosed> {
    let mut writer = Writer::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, found) = rest.split_at(at);
        writer.copy(before);
        let (token, after) = token(found).ok_or(Unclosed { at: writer.written })?;
        let written = found.strip_suffix(after).unwrap_or(found);
        match token {
            Token::Literal => writer.copy(written),
            Token::Dollar => writer.fill("$", 2),
            Token::Variable { name, otherwise } => {
                let known = || variables.get(name).cloned().unwrap_or_default();
                let value = otherwise.map_or_else(known, |otherwise| otherwise.value(name, variables));
                writer.fill(&value, written.chars().count());
            }
        }
        rest = after;
    }
    writer.copy(rest);
    Ok(Substituted { text: writer.text, runs: writer.runs })
}

/// What begins with a `$`.
enum Token<'a> {
    /// It stays as it is.
    Literal,
    /// `$$`
    Dollar,
    /// A variable, and what to take in place of its value.
    Variable { name: &'a str, otherwise: Option<Otherwise<'a>> },
}

/// The token at the start of `found`, which is a `$`, and what follows it; `None` when it is never closed.
fn token(found: &str) -> Option<(Token<'_>, &str)> {
    let after = found.strip_prefix('$')?;
    if let Some(after) = after.strip_prefix('$') {
        return Some((Token::Dollar, after));
    }
    if let Some(inner) = after.strip_prefix('{') {
        return braced(inner);
    }
    let (name, behind) = split_name(after);
    Some(match name {
        "_" => (Token::Literal, behind),
        name if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) => (Token::Literal, after),
        name => (Token::Variable { name, otherwise: None }, behind),
    })
}

/// `${…}`, of which `inner` is what stands behind the brace.
fn braced(inner: &str) -> Option<(Token<'_>, &str)> {
    let (inside, after) = inner.split_once('}').filter(|(inside, _)| !inside.contains(['\n', '\r']))?;
    let (name, behind) = split_name(inside);
    // compat: what is no name and no operator is a variable that nobody set.
    if name == "_" || (name.is_empty() && (behind.is_empty() || behind.starts_with(['-', '=', '+', ':']))) {
        return Some((Token::Literal, after));
    }
    if behind == ":" {
        return None;
    }
    Some((Token::Variable { name, otherwise: Otherwise::read(behind) }, after))
}

/// The longest run of letters, digits and underscores, and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}

/// The text so far, and where its end is in both.
struct Writer {
    text: String,
    here: Position,
    written: Position,
    runs: Vec<Run>,
}

const START: Position = Position { line: 1, column: 1 };

impl Default for Writer {
    fn default() -> Self {
        Self { text: String::new(), here: START, written: START, runs: Vec::new() }
    }
}

impl Writer {
    /// Takes over what was written.
    fn copy(&mut self, text: &str) {
        self.begin(true);
        self.text.push_str(text);
        advance(&mut self.here, text);
        advance(&mut self.written, text);
    }

    /// Puts `text` in the place of `characters` that were written on one line.
    fn fill(&mut self, text: &str, characters: usize) {
        self.begin(false);
        self.text.push_str(text);
        advance(&mut self.here, text);
        self.written.column += characters;
    }

    fn begin(&mut self, is_copy: bool) {
        self.runs.push(Run { here: self.here, written: self.written, is_copy });
    }
}

fn advance(position: &mut Position, text: &str) {
    for c in text.chars() {
        if c == '\n' {
            position.line += 1;
            position.column = 1;
        } else {
            position.column += 1;
        }
    }
}

impl Substituted {
    /// Where in the file the character at `here` was written; for a variable's, where the variable is named.
    pub(crate) fn written_at(&self, here: Position) -> Position {
        let run = self.runs.partition_point(|run| run.here <= here).checked_sub(1).and_then(|at| self.runs.get(at));
        run.map_or(here, |run| run.written_at(here))
    }

    /// Where in the file ends what ends at `here`; for a variable's, behind its name.
    pub(crate) fn written_end(&self, here: Position) -> Position {
        let next = self.runs.partition_point(|run| run.here < here);
        match (next.checked_sub(1).and_then(|last| self.runs.get(last)), self.runs.get(next)) {
            (Some(last), Some(next)) if !last.is_copy => next.written,
            (Some(last), _) => last.written_at(here),
            (None, _) => here,
        }
    }
}

impl Run {
    /// Where the character at `here`, which is one of the run, was written.
    fn written_at(&self, here: Position) -> Position {
        let Position { line, column } = self.written;
        if !self.is_copy {
            self.written
        } else if here.line == self.here.line {
            Position { line, column: column + (here.column - self.here.column) }
        } else {
            Position { line: line + (here.line - self.here.line), column: here.column }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables() -> HashMap<String, String> {
        [("A", "val"), ("B", "bee"), ("E", "")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn filled(text: &str) -> Option<String> {
        substitute(text, &variables()).ok().map(|substituted| substituted.text)
    }

    /// What github.com/a8m/envsubst v1.4.3, which the original uses, was seen to make of each.
    const SEEN: [(&str, &str); 94] = [
        ("${U:-a$$}", "a$"),
        ("${U:-a$$b}", "a$$b"),
        ("${U:-a$$$}", "a$$$"),
        ("${U:-a$$$$}", "a$$$"),
        ("${U:-a$A$}", "a$A"),
        ("${U:-a$-$}", "a$-$"),
        ("${U:-$$}", ""),
        ("${U:-$$a$$}", "$a$"),
        ("${U:-$$$A}", ""),
        ("${U:-$$$$a}", "$a"),
        ("${U:-$A$}", "val"),
        ("${U:-$A$B}", "$B"),
        ("${U:-$A/}", "val"),
        ("${U:-$A-}", "val"),
        ("${U:-a$/}", "a$"),
        ("${E:=$-a}", ""),
        ("${A+$-a}", "val"),
        ("${U:-$A-x}", "x"),
        ("${U:-$A-$B}", "bee"),
        ("${U:-$A:-$B-x}", "x"),
        ("${U:-$A+x}", ""),
        ("${A+$B-x}", "val"),
        ("${A+$B+x}", "x"),
        ("${U:-/$A}", "/$A"),
        ("${U:-$/$A}", ""),
        ("${U:-$A::b}", "::b"),
        ("${A+a$$}", "a$"),
        ("$A", "val"),
        ("$_", "$_"),
        ("$_X", ""),
        ("$_X $A", " val"),
        ("${_}", "${_}"),
        ("${_X}", ""),
        ("${}", "${}"),
        ("${-x}", "${-x}"),
        ("${A-b}", "val"),
        ("${U-b}", "b"),
        ("${U:-b}", "b"),
        ("${E-b}", ""),
        ("${E:-b}", "b"),
        ("${E=b}", ""),
        ("${U=b}", "b"),
        ("${E:=b}", "b"),
        ("${A+b}", "b"),
        ("${U+b}", ""),
        ("${E+b}", "b"),
        ("${E:+b}", "b"),
        ("${A x}", "val"),
        ("${A/x/y}", "val"),
        ("${A:3}", "val"),
        ("${A:?msg}", "val"),
        ("${A?msg}", "val"),
        ("${1}", ""),
        ("${U:-x$B}", "x$B"),
        ("${U:-$B/x}", "/x"),
        ("${U:-$B}", "bee"),
        ("${U:-${B}}", "}"),
        ("${U:-$$B}", "$B"),
        ("$$A", "$A"),
        ("$${X}", "${X}"),
        ("$$$A", "$val"),
        ("$", "$"),
        ("x$", "x$"),
        ("$ A", "$ A"),
        ("$\"A", "$\"A"),
        ("$A\u{e9}", ""),
        ("$\u{e9}", ""),
        ("${U:-}", ""),
        ("${U:-a b:c-d=e+f}", "a b:c-d=e+f"),
        ("${U:-$}", ""),
        ("a${U:-x}b}c", "axb}c"),
        ("${A}${B}", "valbee"),
        ("$A.$B-$_", "val.bee-$_"),
        ("${ A}", ""),
        ("${A }", "val"),
        ("${A:x}", "val"),
        ("${A:-}", "val"),
        ("${U:-x$Bx$B}", "x$Bx$B"),
        ("${U:-$B$A}", "$A"),
        ("${U:-$B x}", " x"),
        ("${U::-x}", ""),
        ("${U--x}", "-x"),
        ("${.A}", ""),
        ("${A:+}", "val"),
        ("${A:+$B}", "bee"),
        ("${U:-{x}}", "{x}"),
        ("$$$$A", "$$A"),
        ("${$A}", ""),
        ("${U:-pa$$word}", "pa$$word"),
        ("${U:-a$}", "a$"),
        ("${U:-a$.b}", "a$.b"),
        ("${U:-^a$|b$}", "^a$|b$"),
        ("${U:-$$a$$b}", "$a$$b"),
        ("${A+a$$b}", "a$$b"),
    ];

    #[test]
    fn variables_are_filled_in_as_the_original_was_seen_to_do_it() {
        for (text, seen) in SEEN {
            assert_eq!(filled(text).as_deref(), Some(seen), "{text}");
        }
    }

    #[test]
    fn numbered_groups_stay_what_they_are() {
        for text in ["/x/$1/$2", "$12", "$1x"] {
            assert_eq!(filled(text).as_deref(), Some(text));
        }
        assert_eq!(filled("/$${2}/$1").as_deref(), Some("/${2}/$1"));
    }

    #[test]
    fn a_brace_that_is_not_closed_on_its_line_is_told_by_its_place() {
        for (text, line, column) in [("${A", 1, 1), ("a: x\n# ${A\n}", 2, 3), ("$A ${A:}", 1, 4)] {
            let unclosed = substitute(text, &variables()).err().unwrap_or_else(|| panic!("{text} is closed"));
            assert_eq!(unclosed.at, Position { line, column }, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_file() {
        let mut variables = variables();
        variables.insert("LONG".to_owned(), "one\ntwo".to_owned());
        let substituted = substitute("a: $A b\nc: ${LONG} d\ne: f\n", &variables).expect("closed");
        assert_eq!(substituted.text, "a: val b\nc: one\ntwo d\ne: f\n");
        let at = |line, column| {
            let Position { line, column } = substituted.written_at(Position { line, column });
            (line, column)
        };
        assert_eq!(at(1, 1), (1, 1));
        assert_eq!(at(1, 5), (1, 4));
        assert_eq!(at(1, 8), (1, 7));
        assert_eq!(at(2, 4), (2, 4));
        assert_eq!(at(3, 2), (2, 4));
        assert_eq!(at(3, 5), (2, 12));
        assert_eq!(at(4, 1), (3, 1));
    }

    proptest! {
        #[test]
        fn any_text_is_filled_in_or_refused(text in "[a-z${}:=+_\\n1-]{0,40}") {
            drop(substitute(&text, &variables()));
        }

        #[test]
        fn a_text_without_a_dollar_stays_what_it_is(text in "[^$]{0,40}") {
            prop_assert_eq!(filled(&text), Some(text));
        }
    }
}
