//! Paths of request targets: cleaning, and the one reading that open-route rules may rely on.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::form::percent_decode;

/// The cleaned form of an escaped path: `//` merged, `.` and `..` segments resolved, a trailing slash kept.
///
/// `None` when it is clean already. Percent-escapes are not touched.
#[must_use]
pub fn cleaned(path: &str) -> Option<String> {
    if is_clean(path) {
        return None;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut clean = String::with_capacity(path.len());
    for segment in &segments {
        clean.push('/');
        clean.push_str(segment);
    }
    if clean.is_empty() || path.ends_with('/') {
        clean.push('/');
    }
    Some(clean)
}

fn is_clean(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if segment == "." || segment == ".." || (segment.is_empty() && !last) {
            return false;
        }
    }
    true
}

/// A target as a header line can carry it: every byte that is not visible ASCII or a space becomes `%xx`.
#[must_use]
pub fn visible(target: String) -> String {
    if target.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return target;
    }
    let mut visible = String::with_capacity(target.len() + 16);
    for byte in target.bytes() {
        if matches!(byte, b' '..=b'~') {
            visible.push(char::from(byte));
        } else {
            let _ = write!(visible, "%{byte:02x}");
        }
    }
    visible
}

/// The path as Go escapes it: one that only has letters which may stand in a path stays as it is; any other is decoded
/// and escaped anew.
///
/// compat: v7 puts addresses of pages into logins in this form.
#[must_use]
pub fn escaped(path: &str) -> Cow<'_, str> {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@[]/%".contains(&byte);
    match percent_decode(path) {
        Some(decoded) if !path.bytes().all(may_stand) => Cow::Owned(escape(&decoded)),
        Some(_) | None => Cow::Borrowed(path),
    }
}

/// Percent-encodes what may not stand in a path as it is (RFC 3986 3.3), and `!'()*` too, as Go does.
#[must_use]
pub fn escape(path: &[u8]) -> String {
    let mut escaped = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}"); // a String takes everything
        }
    }
    escaped
}

/// Why a request target has no reading that every program would agree on, so that no open-route rule applies to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguity {
    /// It is not in origin form.
    #[error("the target does not start with a slash")]
    NotOriginForm,
    /// A raw `#`, space, tab or line break stands in it.
    #[error("the target has a raw fragment mark or white space")]
    RawByte,
    /// A percent escape of the path is incomplete.
    #[error("the path has an invalid percent escape")]
    Escape,
    /// The path holds, decoded, what some program takes for the end or a part of a segment.
    #[error("the decoded path has a delimiter, a control character or a dot segment")]
    Delimiter,
    /// An encoded slash: one program sees a separator, the next does not.
    #[error("the path has an encoded slash")]
    EncodedSlash,
    /// The decoded path holds another percent escape.
    #[error("the path is encoded twice")]
    DoubleEncoding,
    /// The decoded path is not UTF-8.
    #[error("the decoded path is not UTF-8")]
    Utf8,
}

/// The percent-decoded path of a request target, if every lenient reader would see the same place in it.
///
/// compat: v7 decodes once and lets an encoded slash, a double encoding and bad UTF-8 through; D04.
///
/// # Errors
/// The first [`Ambiguity`]; such a target needs a session, whatever the rules say.
pub fn unambiguous(target: &str) -> Result<Cow<'_, str>, Ambiguity> {
    if !target.starts_with('/') {
        return Err(Ambiguity::NotOriginForm);
    }
    if target.bytes().any(|byte| matches!(byte, b'#' | b' ' | b'\t' | b'\r' | b'\n')) {
        return Err(Ambiguity::RawByte);
    }
    let path = target.split('?').next().unwrap_or(target);
    let decoded = if path.contains('%') {
        let bytes = percent_decode(path).ok_or(Ambiguity::Escape)?;
        Cow::Owned(String::from_utf8(bytes).map_err(|_| Ambiguity::Utf8)?)
    } else {
        Cow::Borrowed(path)
    };
    if has_delimiter(&decoded) {
        return Err(Ambiguity::Delimiter);
    }
    if path.len() != decoded.len() && decoded.matches('/').count() != path.matches('/').count() {
        return Err(Ambiguity::EncodedSlash);
    }
    if decoded.split('%').skip(1).any(begins_with_two_digits) {
        return Err(Ambiguity::DoubleEncoding);
    }
    Ok(decoded)
}

fn begins_with_two_digits(behind_percent: &str) -> bool {
    matches!(behind_percent.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn has_delimiter(path: &str) -> bool {
    path.contains("//")
        || path.bytes().any(|byte| matches!(byte, b';' | b'\\' | b'#' | b'?' | 0..=0x1f | 0x7f))
        || path.split('/').any(|segment| matches!(segment.trim(), "." | ".."))
        || (!path.is_ascii() && has_compatible_delimiter(path))
}

/// Whether a path has what Unicode's compatibility forms (NFKC) make a separator or a dot segment of.
fn has_compatible_delimiter(path: &str) -> bool {
    let dots = |letter| match letter {
        '.' | '\u{2024}' | '\u{fe52}' | '\u{ff0e}' => 1,
        '\u{2025}' | '\u{fe30}' => 2,
        _ => 3,
    };
    let is_dot_segment = |segment: &str| (1..=2).contains(&segment.chars().map(dots).sum::<u32>());
    path.contains(['\u{ff0f}', '\u{fe68}', '\u{ff3c}']) || path.split('/').any(is_dot_segment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_with_letters_that_have_no_place_in_one_is_escaped_anew() {
        for (path, expected) in [
            ("/a!b/%7bx%7d;[c]", "/a!b/%7bx%7d;[c]"),
            ("/{x}", "/%7Bx%7D"),
            ("/a\\b|c!%2f", "/a%5Cb%7Cc%21/"),
            ("/\u{e9}", "/%C3%A9"),
            ("/{%zz", "/{%zz"),
        ] {
            assert_eq!(escaped(path), expected);
        }
    }

    #[test]
    fn unclean_paths_are_cleaned_and_clean_ones_left_alone() {
        for (path, clean) in [
            ("/", None),
            ("/a/b/", None),
            ("/a%2F%2Fb", None),
            ("/...", None),
            ("//", Some("/")),
            ("/a//b", Some("/a/b")),
            ("/a/./b/../c", Some("/a/c")),
            ("/a/..", Some("/")),
            ("/a/.", Some("/a")),
            ("/../x/", Some("/x/")),
            ("", Some("/")),
        ] {
            assert_eq!(cleaned(path).as_deref(), clean, "{path}");
        }
    }

    #[test]
    fn a_path_with_one_reading_is_unambiguous() {
        for (target, path) in [
            ("/any?x=1", "/any"),
            ("/any?x=a;b", "/any"),
            ("/any?x=%", "/any"),
            ("/%61ny", "/any"),
            ("/pub%20x", "/pub x"),
            ("/pub/%20/..%20x", "/pub/ /.. x"),
            ("/pub/...", "/pub/..."),
            ("/100%25", "/100%"),
            ("/pub/\u{3053}\u{308c}\u{306f}\u{ff1f}/\u{ff0e}x", "/pub/\u{3053}\u{308c}\u{306f}\u{ff1f}/\u{ff0e}x"),
            ("/pub/\u{2025}\u{ff0e}", "/pub/\u{2025}\u{ff0e}"),
        ] {
            assert_eq!(unambiguous(target).as_deref(), Ok(path), "{target}");
        }
    }

    #[test]
    fn a_path_that_another_program_could_read_differently_is_ambiguous() {
        for (target, why) in [
            ("http://x/pub", Ambiguity::NotOriginForm),
            ("/any?a#b", Ambiguity::RawByte),
            ("/pub%", Ambiguity::Escape),
            ("/any%23x", Ambiguity::Delimiter),
            ("/pub%2F..%2Fsecret", Ambiguity::Delimiter),
            ("/pub/%2e%2e/x", Ambiguity::Delimiter),
            ("/pub/./x", Ambiguity::Delimiter),
            ("/pub/..;/x", Ambiguity::Delimiter),
            ("/pub;v=1", Ambiguity::Delimiter),
            ("/pub%3Fx", Ambiguity::Delimiter),
            ("/pub%2F%2Fx", Ambiguity::Delimiter),
            ("/pub\\x", Ambiguity::Delimiter),
            ("/pub%5Cx", Ambiguity::Delimiter),
            ("/pub%00", Ambiguity::Delimiter),
            ("/pub/\u{ff0e}\u{ff0e}/x", Ambiguity::Delimiter),
            ("/pub/%ef%bc%8e./x", Ambiguity::Delimiter),
            ("/pub/\u{2025}", Ambiguity::Delimiter),
            ("/pub/\u{fe52}\u{2024}/x", Ambiguity::Delimiter),
            ("/pub/..%20/x", Ambiguity::Delimiter),
            ("/pub/%20./x", Ambiguity::Delimiter),
            ("/pub/%c2%a0..", Ambiguity::Delimiter),
            ("/pub\u{ff0f}..\u{ff0f}x", Ambiguity::Delimiter),
            ("/pub/x%ef%bc%bc..%ef%bc%bcx", Ambiguity::Delimiter),
            ("/pub%2Fx", Ambiguity::EncodedSlash),
            ("/pub%252f..%252fsecret", Ambiguity::DoubleEncoding),
            ("/pub%ff", Ambiguity::Utf8),
            ("/pub%c0%ae", Ambiguity::Utf8),
        ] {
            assert_eq!(unambiguous(target), Err(why), "{target}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing_more(path in "(/[a.]{0,3}){0,6}/?") {
            let once = cleaned(&path).unwrap_or(path);
            prop_assert_eq!(cleaned(&once), None);
        }

        #[test]
        fn any_target_is_judged_without_a_panic(target in ".*") {
            let _ = unambiguous(&target);
        }
    }
}
