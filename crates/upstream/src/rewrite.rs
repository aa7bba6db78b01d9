//! What a path becomes on its way to the app (`rewriteTarget`).

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use http::uri::PathAndQuery;
use regex::{Captures, Regex};
use sidecar_core::form::{encode_into, percent_decode};

use crate::local::escape_path;

/// A pattern and what stands in place of whatever it matches.
#[derive(Debug, Clone)]
pub(crate) struct Rewrite {
    pattern: Regex,
    template: Vec<Piece>,
}

/// A piece of a template, as Go's `regexp` reads one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
}

/// The target that the app is sent in place of the visitor's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// Path and query as they are sent.
    pub(crate) target: PathAndQuery,
    /// The path, decoded.
    pub(crate) path: Vec<u8>,
}

/// Why a result is sent to no app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is longer than a target may be.
    TooLong,
    /// The match put a `.` or `..` segment together, which leads out of the place that was judged.
    DotSegment,
}

impl Rewrite {
    pub(crate) fn new(pattern: &Regex, template: &str) -> Self {
        Self { pattern: pattern.clone(), template: pieces(template, pattern) }
    }

    pub(crate) fn is_match(&self, path: &[u8]) -> bool {
        self.pattern.is_match(&Lossy::new(path).text)
    }

    /// Every match in `path` replaced, and the queries merged: the visitor's pairs first, each name's values together,
    /// sorted by name. Pairs of the visitor with a bad escape or a `;` are left out.
    ///
    /// # Errors
    /// [`Unfit`] for what is no target of the app.
    pub(crate) fn apply(&self, path: &[u8], query: Option<&str>) -> Result<Rewritten, Unfit> {
        let (path, added) = split_query(self.replaced(path));
        let mut pairs = Pairs::default();
        pairs.add_good(query.unwrap_or_default().as_bytes());
        if let Some(added) = added {
            // compat: a bad query in the result makes the target `/`, with nothing else.
            if pairs.add_all(&added).is_err() {
                return Ok(Rewritten { target: PathAndQuery::from_static("/"), path: b"/".to_vec() });
            }
        }
        let path = with_one_slash(path);
        if path.split(|byte| *byte == b'/').any(|segment| segment == b"." || segment == b"..") {
            return Err(Unfit::DotSegment);
        }
        let mut target = escape_path(&path);
        // compat: a bare `?` stays.
        if query == Some("") || !pairs.is_empty() {
            target.push('?');
            pairs.write(&mut target);
        }
        let target = PathAndQuery::try_from(target).map_err(|_| Unfit::TooLong)?;
        Ok(Rewritten { target, path })
    }

    fn replaced(&self, path: &[u8]) -> Vec<u8> {
        let text = Lossy::new(path);
        let mut replaced = Vec::with_capacity(path.len());
        let mut end = 0;
        for captures in self.pattern.captures_iter(&text.text) {
            let Some(whole) = captures.get(0) else { continue };
            replaced.extend_from_slice(text.original(end..whole.start()));
            self.expand(&captures, &text, &mut replaced);
            end = whole.end();
        }
        replaced.extend_from_slice(text.original(end..text.text.len()));
        replaced
    }

    fn expand(&self, captures: &Captures<'_>, text: &Lossy<'_>, out: &mut Vec<u8>) {
        for piece in &self.template {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Group(group) => {
                    if let Some(matched) = captures.get(*group) {
                        out.extend_from_slice(text.original(matched.range()));
                    }
                }
            }
        }
    }
}

/// The path with one slash before it. Without any it would be no target of a request (RFC 9112 3.2.1), and with two some
/// readers take what follows for a host; the original does so itself and sends `GET http://…`.
fn with_one_slash(path: Vec<u8>) -> Vec<u8> {
    let mut below = path.as_slice();
    while let [b'/', rest @ ..] = below {
        below = rest;
    }
    if path.len() == below.len() + 1 { path } else { [b"/", below].concat() }
}

fn split_query(mut path: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
    let Some(at) = path.iter().position(|byte| *byte == b'?') else { return (path, None) };
    let query = path.split_off(at + 1);
    path.truncate(at);
    (path, Some(query))
}

/// Whether a pattern matches a decoded path.
pub(crate) fn is_match(pattern: &Regex, path: &[u8]) -> bool {
    pattern.is_match(&Lossy::new(path).text)
}

// === The path as a text ===

/// Bytes as the text that Go's `regexp` sees: each byte that is not part of a character is one U+FFFD.
struct Lossy<'a> {
    bytes: &'a [u8],
    text: Cow<'a, str>,
    /// Where each byte of `text` is in `bytes`; empty when they are the same.
    places: Vec<usize>,
}

impl<'a> Lossy<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { bytes, text: Cow::Borrowed(text), places: Vec::new() };
        }
        let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            places.extend(at..at + chunk.valid().len());
            at += chunk.valid().len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                places.extend([at; char::REPLACEMENT_CHARACTER.len_utf8()]);
                at += 1;
            }
        }
        Self { bytes, text: Cow::Owned(text), places }
    }

    /// What stands in `bytes` for a part of `text`.
    #[expect(clippy::indexing_slicing, reason = "an empty answer for a range beyond the text would be another path")]
    fn original(&self, range: Range<usize>) -> &'a [u8] {
        if self.places.is_empty() {
            return &self.bytes[range];
        }
        let place = |at: usize| self.places.get(at).copied().unwrap_or(self.bytes.len());
        &self.bytes[place(range.start)..place(range.end)]
    }
}

// === The template ===

/// Reads a template: `$1`, `$name`, `${1}`, `${name}` and `$$`. A name is as long as it can be, so that `$1x` is the
/// group `1x`; a group that is not there is empty; a `$` before anything else is itself.
fn pieces(template: &str, pattern: &Regex) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
        } else if let Some((name, after)) = reference(rest) {
            if let Some(group) = group(name, pattern) {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
            }
            rest = after;
        } else {
            text.push('$');
        }
    }
    text.push_str(rest);
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| *piece != Piece::Text(String::new()));
    pieces
}

/// The name behind a `$`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (in_braces, text) = text.strip_prefix('{').map_or((false, text), |text| (true, text));
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (name, after) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
    let after = if in_braces { after.strip_prefix('}')? } else { after };
    (!name.is_empty()).then_some((name, after))
}

/// The group of that number or name, if the pattern has it.
fn group(name: &str, pattern: &Regex) -> Option<usize> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if is_number {
        return name.parse().ok().filter(|number| *number < pattern.captures_len());
    }
    pattern.capture_names().position(|group| group == Some(name))
}

// === The query ===

/// The pairs of queries, decoded, by name.
#[derive(Debug, Default)]
struct Pairs(BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

/// A pair with a bad escape or a `;`.
struct BadPair;

impl Pairs {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add_good(&mut self, query: &[u8]) {
        for pair in split(query) {
            let _ = self.add(pair); // left out
        }
    }

    fn add_all(&mut self, query: &[u8]) -> Result<(), BadPair> {
        split(query).try_for_each(|pair| self.add(pair))
    }

    fn add(&mut self, pair: &[u8]) -> Result<(), BadPair> {
        if pair.contains(&b';') {
            return Err(BadPair);
        }
        let mut sides = pair.splitn(2, |byte| *byte == b'=');
        let mut side = || decoded(sides.next().unwrap_or(b"")).ok_or(BadPair);
        let (name, value) = (side()?, side()?);
        self.0.entry(name).or_default().push(value);
        Ok(())
    }

    fn write(&self, out: &mut String) {
        let mut separator = "";
        for (name, values) in &self.0 {
            for value in values {
                out.push_str(separator);
                encode_into(name, out);
                out.push('=');
                encode_into(value, out);
                separator = "&";
            }
        }
    }
}

fn split(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty())
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(spaced)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(pattern: &str, template: &str, target: &str) -> String {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = percent_decode(path).unwrap();
        Rewrite::new(&Regex::new(pattern).unwrap(), template).apply(&path, query).unwrap().target.to_string()
    }

    // The right column was read off oauth2-proxy v7.15.6.
    #[test]
    fn paths_and_queries_become_what_the_original_makes_of_them() {
        let whole = ("^/path/(.*)$", "/$1");
        for ((pattern, template), target, expected) in [
            (("^/v([0-9]+)/(.*)$", "/new/$1"), "/v12/abc%2Fd?z=1&a=%20+b", "/new/12?a=++b&z=1"),
            (("/bare", "/x?a=1&b=2 3"), "/bare?x=1&a=0;b", "/x?a=1&b=2+3&x=1"),
            (("/bare", "/x?a=1&b=2 3"), "/x/bare", "/x/x?a=1&b=2+3"),
            (("/bare", "/x?a=1&b=2 3"), "/bare/bare/y", "/x?a=1&b=2+3%2Fx%3Fa%3D1&b=2+3%2Fy"),
            (("^/bad/(.*)$", "/b?$1"), "/bad/a=1", "/b?a=1"),
            (("^/bad/(.*)$", "/b?$1"), "/bad/a=%25zz?q=1", "/"),
            (("^/bad/(.*)$", "/b?$1"), "/bad/a;b=2?q=1;r", "/"),
            (("^/bad/(.*)$", "/b?$1"), "/bad/a%26b?q=1", "/b?a=&b=&q=1"),
            (whole, "/path/a%2Fb%20c?q", "/a/b%20c?q="),
            (whole, "/path/a%20b;c", "/a%20b;c"),
            (whole, "/path/%e9", "/%E9"),
            (whole, "/path/a%3Fb=1", "/a?b=1"),
            (whole, "/path/a%23b", "/a%23b"),
            (whole, "/path/%25zz", "/%25zz"),
            (whole, "/path/%252e%252e/x", "/%252e%252e/x"),
            (whole, "/path/a!'()*b", "/a%21%27%28%29%2Ab"),
            (whole, "/path/a;b,c=d&e+f@g:h$i~", "/a;b,c=d&e+f@g:h$i~"),
            (whole, "/path/%22%3C%3E%5C%7C%00", "/%22%3C%3E%5C%7C%00"),
            (whole, "/path/%C3%A9?%C3%A9=%e9", "/%C3%A9?%C3%A9=%E9"),
            (whole, "/path/x?", "/x?"),
            (whole, "/path/x?;", "/x"),
            (whole, "/path/x?&", "/x"),
            (whole, "/path/x?a=1&&b=2&=3&a=0", "/x?=3&a=1&a=0&b=2"),
            (whole, "/path/x?a=1&b=%zz&c=3", "/x?a=1&c=3"),
            (whole, "/path/x?a=b+c%20d%2B&A=~!*'()", "/x?A=~%21%2A%27%28%29&a=b+c+d%2B"),
            (whole, "/path/x?a[]=1&%zz=2&b", "/x?a%5B%5D=1&b="),
            (("/rep", "-"), "/a/rep/b", "/a-/b"),
        ] {
            assert_eq!(rewritten(pattern, template, target), expected, "{pattern} {template} {target}");
        }
    }

    #[test]
    fn a_result_without_a_slash_gets_one() {
        assert_eq!(rewritten("/rep", "-", "/rep/rep?x"), "/--?x=");
        assert_eq!(rewritten("^/abs/(.*)$", "$1", "/abs/http:%2F%2Fevil"), "/http://evil");
        assert_eq!(rewritten("^/abs(.*)$", "$1", "/abs"), "/");
        assert_eq!(rewritten("^/abs/(.*)$", "$1", "/abs/*"), "/%2A");
    }

    #[test]
    fn groups_are_named_as_in_go() {
        for (template, expected) in [
            ("/$1", "/a"),
            ("/$2$1", "/ba"),
            ("/${2}x", "/bx"),
            ("/$2x", "/"),
            ("/$0", "/ab"),
            ("/$who", "/b"),
            ("/${who}!", "/b%21"),
            ("/$whom-", "/-"),
            ("/$12", "/"),
            ("/${1}2", "/a2"),
            ("/$01", "/"),
            ("/$$1", "/$1"),
            ("/$", "/$"),
            ("/${1", "/$%7B1"),
            ("/${}", "/$%7B%7D"),
            ("/${a-b}", "/$%7Ba-b%7D"),
            ("/$-$1", "/$-a"),
        ] {
            assert_eq!(rewritten("^/(.)(?P<who>.)$", template, "/ab"), expected, "{template}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_characters_and_stay_as_they_are() {
        assert_eq!(rewritten("^/(..)(.*)$", "/$2/$1", "/%ff%feab%e9"), "/ab%E9/%FF%FE");
        assert_eq!(rewritten("b", "/", "/a%ffb%C3%A9"), "/a%FF/%C3%A9");
    }

    #[test]
    fn a_result_begins_with_one_slash_and_leads_nowhere_else() {
        for target in ["/api/x", "/api//x", "/api///x"] {
            assert_eq!(rewritten("^/api(.*)$", "/$1", target), "/x", "{target}");
        }
        let rewrite = Rewrite::new(&Regex::new("^/api(.*)$").unwrap(), "/$1");
        for path in ["/api../admin", "/api/..", "/api./x", "/api/a/../b", "/api.", "/api.."] {
            assert_eq!(rewrite.apply(path.as_bytes(), None), Err(Unfit::DotSegment), "{path}");
        }
        assert_eq!(rewritten("^/api(.*)$", "/$1", "/api.../a..b/.c"), "/.../a..b/.c");
    }

    #[test]
    fn a_result_that_is_too_long_is_none_of_an_apps() {
        let rewrite = Rewrite::new(&Regex::new("a").unwrap(), &"b".repeat(100));
        assert_eq!(
            rewrite.apply(&b"/".iter().chain(&[b'a'; 1000]).copied().collect::<Vec<_>>(), None),
            Err(Unfit::TooLong)
        );
    }

    proptest! {
        #[test]
        fn any_path_template_and_query_make_a_target_in_origin_form(
            path in prop::collection::vec(any::<u8>(), 0..40), template in "[ -~]{0,12}", query in "[!-~]{0,30}",
        ) {
            let pattern = Regex::new("(?s)(a|/)(.?)").unwrap();
            let path = [b"/", path.as_slice()].concat();
            let Ok(rewritten) = Rewrite::new(&pattern, &template).apply(&path, Some(&query)) else { return Ok(()) };
            prop_assert!(rewritten.target.as_str().starts_with('/') && !rewritten.target.as_str().starts_with("//"));
            prop_assert_eq!(percent_decode(rewritten.target.path()).unwrap(), rewritten.path);
        }
    }
}
