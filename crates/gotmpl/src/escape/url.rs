//! Values in URLs.

use std::fmt::Write;

use super::context::UrlPart;
use super::markup::BLANK;

/// What a URL becomes whose scheme could run code.
const BLOCKED: &str = "#ZgotmplZ";

/// Schemes that only lead elsewhere.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

impl UrlPart {
    /// The part behind more text.
    pub(super) fn after(self, text: &str) -> Self {
        if self == Self::Script || self == Self::Start && begins_script(text) {
            Self::Script
        } else if text.contains(['#', '?']) {
            Self::Query
        } else if self == Self::Start && !text.trim_start_matches(BLANK).is_empty() {
            Self::Path
        } else {
            self
        }
    }
}

/// Whether it begins with `javascript:` as browsers read URLs: whatever stands ahead that is not printed does not count, nor
/// do tabs and line ends anywhere (WHATWG URL, basic URL parser, steps 1 to 3).
fn begins_script(url: &str) -> bool {
    let url = url.trim_start_matches(|letter| letter <= ' ');
    let mut letters = url.chars().filter(|letter| !matches!(letter, '\t' | '\n' | '\r'));
    "javascript:".chars().all(|wanted| letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&wanted)))
}

fn is_safe(url: &str) -> bool {
    match url.split_once(':') {
        Some((scheme, _)) if !scheme.contains('/') => SCHEMES.iter().any(|safe| safe.eq_ignore_ascii_case(scheme)),
        _ => true,
    }
}

/// The URL, if it is relative or its scheme is harmless.
pub(super) fn filter(url: String) -> String {
    if is_safe(&url) { url } else { BLOCKED.to_owned() }
}

/// What cannot stand in a URL, in percent escapes; what already is one stays.
pub(super) fn normalize(url: &str) -> String {
    let bytes = url.as_bytes();
    let mut out = String::with_capacity(url.len());
    for (at, byte) in bytes.iter().enumerate() {
        let escape =
            *byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        push(*byte, escape || b"!#$&*+,/:;=?@[]".contains(byte), &mut out);
    }
    out
}

/// Everything that means something in a URL, in percent escapes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.bytes().for_each(|byte| push(byte, false, &mut out));
    out
}

fn push(byte: u8, kept: bool, out: &mut String) {
    if kept || byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, "%{byte:02x}");
    }
}

/// A list of URLs, each with a width or density behind it.
pub(super) fn srcset(list: &str) -> String {
    list.split(',').map(image).collect::<Vec<_>>().join(",")
}

fn image(entry: &str) -> String {
    let inner = entry.trim_start_matches(BLANK);
    let (url, size) = inner.split_at(inner.find(BLANK).unwrap_or(inner.len()));
    let plain = size.chars().all(|letter| letter.is_ascii_alphanumeric() || BLANK.contains(&letter));
    if plain && is_safe(url) {
        let (blank, _) = entry.split_at(entry.len() - inner.len());
        return format!("{blank}{}{size}", normalize(url));
    }
    BLOCKED.to_owned()
}
