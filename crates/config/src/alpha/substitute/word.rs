//! What stands behind the name in `${NAME…}`: an operator and a word, which is a text or one variable.
//!
//! compat: words of other forms are read as the original reads them, which `parity` compares for thousands of them: of
//! several pieces the last counts, of several operators too.

use std::collections::HashMap;

use super::split_name;

/// When a word is taken in place of the value of a variable: if that is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// `-`, `=`
    Unset,
    /// `:-`, `:=`
    Empty,
    /// `+`, `:+`
    Set,
}

/// A word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// An operator and its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Otherwise<'a> {
    operator: Operator,
    word: Word<'a>,
}

impl<'a> Otherwise<'a> {
    /// What `behind` the name says; `None` when it says nothing that counts.
    pub(super) fn read(behind: &'a str) -> Option<Self> {
        let (operator, word) = operator(behind)?;
        let mut read = Self { operator, word: Word::Text("") };
        read.take(word);
        Some(read)
    }

    /// What the variable called `name` comes to.
    pub(super) fn value(&self, name: &str, variables: &HashMap<String, String>) -> String {
        let known = variables.get(name);
        let takes_word = match self.operator {
            Operator::Unset => known.is_none(),
            Operator::Empty => known.is_none_or(String::is_empty),
            // An empty word says nothing.
            Operator::Set => known.is_some() && self.word != Word::Text(""),
        };
        match self.word {
            Word::Text(text) if takes_word => text.to_owned(),
            Word::Variable(name) if takes_word => variables.get(name).cloned().unwrap_or_default(),
            Word::Text(_) | Word::Variable(_) => known.cloned().unwrap_or_default(),
        }
    }

    fn take(&mut self, word: &'a str) {
        // Braces within braces come to nothing.
        if word.starts_with("${") {
            self.word = Word::Variable("");
        } else if let Some(after) = word.strip_prefix('$') {
            let (name, behind) = split_name(after);
            self.word = Word::Variable(name);
            self.take_behind(behind);
        } else {
            self.word = Word::Text(literal(word, Scan::Text));
        }
    }

    /// What is behind a variable in a word.
    fn take_behind(&mut self, behind: &'a str) {
        let mut letters = behind.chars();
        let Some(first) = letters.next() else { return };
        if let Some((operator, word)) = operator(behind) {
            self.operator = operator;
            if !word.is_empty() {
                self.take(word);
            }
            return;
        }
        let rest = letters.as_str();
        match (first, rest.strip_prefix('$')) {
            _ if rest.is_empty() => {}
            // A variable whose name begins with the character before it: nobody has set it.
            (_, Some(after)) => {
                self.word = Word::Variable("");
                let (_, behind) = split_name(after);
                self.take_behind(behind);
            }
            ('$', None) => self.word = Word::Text(literal(behind, Scan::AfterTwo)),
            (_, None) => self.word = Word::Text(literal(behind, Scan::Text)),
        }
    }
}

/// The operator that a text begins with, and what is behind it.
fn operator(text: &str) -> Option<(Operator, &str)> {
    let (colon, rest) = text.strip_prefix(':').map_or((false, text), |rest| (true, rest));
    let mut letters = rest.chars();
    let operator = match (letters.next()?, colon) {
        ('-' | '=', false) => Operator::Unset,
        ('-' | '=', true) => Operator::Empty,
        ('+', _) => Operator::Set,
        _ => return None,
    };
    Some((operator, letters.as_str()))
}

/// Where in a text the reader is.
#[derive(Clone, Copy)]
enum Scan {
    Text,
    /// Behind a dollar and a name.
    AfterDollar,
    /// Behind the character that ended such a name.
    AfterTwo,
}

/// A text as it is; but of the character that ends a dollar and its name nothing is left at the end.
fn literal(text: &str, start: Scan) -> &str {
    let skipped = usize::from(matches!(start, Scan::AfterTwo));
    let mut scan = start;
    for c in text.chars().skip(skipped) {
        scan = match (scan, c) {
            (Scan::Text | Scan::AfterTwo, '$') => Scan::AfterDollar,
            (Scan::AfterDollar, c) if c.is_alphanumeric() || c == '_' => Scan::AfterDollar,
            (Scan::AfterDollar, '-' | '=' | '+' | ':') | (Scan::Text | Scan::AfterTwo, _) => Scan::Text,
            (Scan::AfterDollar, _) => Scan::AfterTwo,
        };
    }
    let mut letters = text.chars();
    if let Scan::AfterTwo = scan {
        letters.next_back();
    }
    letters.as_str()
}
