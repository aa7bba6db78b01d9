//! Regular expressions as operators wrote them for Go, in terms of the `regex` crate.
//!
//! Both are RE2's children and match in linear time; the dialects differ in what the translation here evens out:
//! `\d \w \s \b` mean ASCII in Go, a `{` that starts no repetition means itself, a class has no set operations,
//! `\Q…\E` quotes, and an escaped punctuation mark is that mark. Groups become non-capturing but for rewrites, which
//! alone ask what a group matched. A repetition right after a flag group, as in `a(?i)*`, is refused here; Go applies it to the `a`.

mod class;
mod escape;

use regex::Regex;
use regex_syntax::hir::Look;

/// The largest repetition count of Go.
const MAX_REPEAT: u32 = 1000;

/// A compiled pattern and how much it reaches.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    pub(crate) reach: Reach,
}

/// How much of the paths of a site a pattern may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Paths that begin in one way.
    Anchored,
    /// It may match anywhere within a path.
    Unanchored,
    /// It matches paths that have nothing in common.
    Everything,
}

/// Why a pattern is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// The pattern ends with a backslash.
    #[error("it ends in a backslash")]
    TrailingBackslash,
    /// An escape sequence that has no meaning.
    #[error("the escape sequence \\{0} has no meaning")]
    Escape(char),
    /// A group that begins with `(?` and is none.
    #[error("it has a group of a kind that is not supported (look-around and the like)")]
    Group,
    /// A class that is not closed, or a bad range in one.
    #[error("it has a character class that is not closed, or a bad range in one")]
    Class,
    /// `**` and the like.
    #[error("it repeats a repetition")]
    NestedRepetition,
    /// A count above 1000, or a range from more to less.
    #[error("it has a repetition count that is above 1000 or a range from more to less")]
    RepeatCount,
    /// What the `regex` crate says.
    #[error("{0}")]
    Syntax(String),
    /// It compiles to more than we are willing to hold.
    #[error("it is too big")]
    TooBig,
}

/// Paths that have nothing in common but their slash.
const PROBES: [&str; 3] = ["/", "/q7Zx", "/Kw3.k/0~J"];

/// Compiles a pattern as Go would understand it.
pub(crate) fn compile(pattern: &str) -> Result<Pattern, PatternError> {
    let translated = translate(pattern, Groups::Dropped)?;
    let tree = regex_syntax::parse(&translated).map_err(|error| PatternError::Syntax(kind(&error)))?;
    let regex = Regex::new(&translated).map_err(|_| PatternError::TooBig)?;
    let reach = if PROBES.iter().all(|probe| regex.is_match(probe)) {
        Reach::Everything
    } else if tree.properties().look_set_prefix().contains(Look::Start) {
        Reach::Anchored
    } else {
        Reach::Unanchored
    };
    Ok(Pattern { regex, reach })
}

/// Compiles a pattern whose groups somebody asks for, as Go would understand it. A name that begins with a digit is
/// refused here.
pub(crate) fn compile_with_groups(pattern: &str) -> Result<Regex, PatternError> {
    let translated = translate(pattern, Groups::Kept)?;
    regex_syntax::parse(&translated).map_err(|error| PatternError::Syntax(kind(&error)))?;
    Regex::new(&translated).map_err(|_| PatternError::TooBig)
}

/// What is wrong, without the picture of the pattern that the error's own text draws.
fn kind(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it is not a regular expression".to_owned(),
    }
}

/// The pattern in the dialect of the `regex` crate.
fn translate(pattern: &str, groups: Groups) -> Result<String, PatternError> {
    let mut translation =
        Translation { rest: pattern, out: String::with_capacity(pattern.len() + 16), repeated: false, groups };
    while let Some((c, after)) = escape::first(translation.rest) {
        translation.step(c, after)?;
    }
    Ok(translation.out)
}

/// Whether groups capture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Groups {
    Dropped,
    Kept,
}

/// A translation under way.
struct Translation<'a> {
    rest: &'a str,
    out: String,
    /// Whether what was written last is a repetition.
    repeated: bool,
    groups: Groups,
}

impl<'a> Translation<'a> {
    /// Translates what begins with `c`, behind which is `after`.
    fn step(&mut self, c: char, after: &'a str) -> Result<(), PatternError> {
        let repeated = std::mem::take(&mut self.repeated);
        match c {
            '*' | '+' | '?' => {
                self.rest = after;
                self.out.push(c);
                self.repeat(repeated)
            }
            '{' => self.brace(after, repeated),
            '(' => self.group(after),
            '[' => {
                let (class, after) = class::translate(self.rest)?;
                self.out.push_str(&class);
                self.rest = after;
                Ok(())
            }
            '\\' => self.escaped(after),
            '.' | '^' | '$' | '|' | ')' => {
                self.rest = after;
                self.out.push(c);
                Ok(())
            }
            c => {
                self.literal(c, after);
                Ok(())
            }
        }
    }

    /// A repetition with counts, or a brace that means itself.
    fn brace(&mut self, after_brace: &'a str, repeated: bool) -> Result<(), PatternError> {
        let Some((min, max, after)) = counted(after_brace) else {
            self.literal('{', after_brace);
            return Ok(());
        };
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            return Err(PatternError::RepeatCount);
        }
        let max = max.map(|max| max.to_string()).unwrap_or_default();
        self.out.extend(["{", &min.to_string(), ",", &max, "}"]);
        self.rest = after;
        self.repeat(repeated)
    }

    fn literal(&mut self, c: char, after: &'a str) {
        self.rest = after;
        escape::push(&mut self.out, c);
    }

    /// The end of a repetition: a `?` after it makes it lazy.
    fn repeat(&mut self, repeated: bool) -> Result<(), PatternError> {
        if repeated {
            return Err(PatternError::NestedRepetition);
        }
        if let Some(after) = self.rest.strip_prefix('?') {
            self.rest = after;
            self.out.push('?');
        }
        self.repeated = true;
        Ok(())
    }

    /// What begins with a parenthesis: a group with or without a name, or flags.
    fn group(&mut self, after: &'a str) -> Result<(), PatternError> {
        let Some(special) = after.strip_prefix('?') else {
            self.rest = after;
            self.out.push_str(if self.groups == Groups::Kept { "(" } else { "(?:" });
            return Ok(());
        };
        if let Some(name) = special.strip_prefix("P<").or_else(|| special.strip_prefix('<')) {
            let (name, after) = name.split_once('>').ok_or(PatternError::Group)?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(PatternError::Group);
            }
            self.rest = after;
            match self.groups {
                Groups::Kept => self.out.extend(["(?P<", name, ">"]),
                Groups::Dropped => self.out.push_str("(?:"),
            }
            return Ok(());
        }
        let (written, end) = special.split_at(special.find([':', ')']).ok_or(PatternError::Group)?);
        let (end, after) = escape::first(end).ok_or(PatternError::Group)?;
        match (flags(written)?.as_str(), end) {
            ("", ')') => {}
            (flags, end) => {
                self.out.extend(["(?", flags]);
                self.out.push(end);
            }
        }
        self.rest = after;
        Ok(())
    }

    /// What begins with a backslash, outside of a class.
    fn escaped(&mut self, text: &'a str) -> Result<(), PatternError> {
        let (c, after) = escape::first(text).ok_or(PatternError::TrailingBackslash)?;
        match c {
            'Q' => {
                let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
                quoted.chars().for_each(|c| escape::push(&mut self.out, c));
                self.rest = after;
            }
            'A' | 'z' => {
                self.rest = after;
                self.out.extend(['\\', c]);
            }
            'b' => {
                self.rest = after;
                self.out.push_str(r"(?-u:\b)");
            }
            'B' => {
                self.rest = after;
                self.out.push_str(r"(?-u:\B)");
            }
            _ => {
                if let Some((class, after)) = escape::class(text)? {
                    self.out.extend(["[", class.as_str(), "]"]);
                    self.rest = after;
                } else {
                    let (c, after) = escape::character(text)?;
                    escape::push(&mut self.out, c);
                    self.rest = after;
                }
            }
        }
        Ok(())
    }
}

/// The flags of a group without repetitions: those that are on, then those that are off.
fn flags(text: &str) -> Result<String, PatternError> {
    let (on, off) = match text.split_once('-') {
        Some((_, "")) => return Err(PatternError::Group),
        Some((on, off)) => (on, off),
        None => (text, ""),
    };
    if !on.chars().chain(off.chars()).all(|flag| "imsU".contains(flag)) {
        return Err(PatternError::Group);
    }
    let pick = |wanted: &dyn Fn(char) -> bool| "imsU".chars().filter(|flag| wanted(*flag)).collect::<String>();
    let on = pick(&|flag| on.contains(flag) && !off.contains(flag));
    let off = pick(&|flag| off.contains(flag));
    Ok(if off.is_empty() { on } else { format!("{on}-{off}") })
}

/// `n}`, `n,}` or `n,m}` at the start of `text`: the counts, `None` for no upper one, and what follows.
fn counted(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (min, rest) = count(text)?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((min, Some(min), after));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((min, None, after));
    }
    let (max, rest) = count(rest)?;
    rest.strip_prefix('}').map(|after| (min, Some(max), after))
}

/// A decimal number without a leading zero; a huge one is the largest.
fn count(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

#[cfg(test)]
mod tests;
