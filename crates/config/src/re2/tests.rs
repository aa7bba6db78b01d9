use proptest::prelude::*;

use super::*;

/// Whether Go's reading of the pattern matches the text.
fn matches(pattern: &str, text: &str) -> bool {
    compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).regex.is_match(text)
}

/// Each with a text, and whether Go finds the pattern in it.
fn assert_read_as_in_go(patterns: &[(&str, &str, bool)]) {
    for (pattern, text, matched) in patterns {
        assert_eq!(matches(pattern, text), *matched, "{pattern} {text:?}");
    }
}

#[test]
fn classes_and_repetitions_mean_what_they_mean_in_go() {
    assert_read_as_in_go(&[
        // Perl classes are ASCII, and white space has no vertical tab.
        (r"^\d$", "7", true),
        (r"^\d$", "٣", false),
        (r"^\D$", "٣", true),
        (r"^\w$", "é", false),
        (r"^\W$", "é", true),
        (r"^\s$", "\u{a0}", false),
        (r"^\s$", "\u{b}", false),
        (r"^\s$", "\t", true),
        (r"^\S$", "\u{b}", true),
        (r"^[\d_]+$", "1_2", true),
        (r"^[^\d]$", "٣", true),
        (r"^[\D]$", "٣", true),
        (r"^[\W0]$", "é", true),
        (r"^[\W0]$", "a", false),
        (r"\bx\b", "éx", true),
        (r"\bx\b", "ax", false),
        (r"a\Bb", "ab", true),
        // A brace that starts no repetition is a brace.
        (r"^/{id}$", "/{id}", true),
        (r"^a{$", "a{", true),
        (r"^a{,2}$", "a{,2}", true),
        (r"^a{01}$", "a{01}", true),
        (r"^a{x$", "a{x", true),
        (r"^a{2}$", "aa", true),
        (r"^a{2,}$", "aaa", true),
        (r"^a{1,2}?$", "aa", true),
        (r"^}$", "}", true),
        (r"^\b{2}x$", "x", true),
        // Classes have no set operations.
        (r"^[a&&b]$", "&", true),
        (r"^[a&&b]$", "a", true),
        (r"^[a~~b]$", "~", true),
        (r"^[[x]]$", "[]", true),
        (r"^[[x]]$", "x]", true),
        (r"^[[x]]$", "x", false),
        (r"^[]a]$", "]", true),
        (r"^[^]a]$", "]", false),
        (r"^[a-]$", "-", true),
        (r"^[-a]$", "-", true),
        (r"^[a-c-e]$", "-", true),
        (r"^[\]\-\\]+$", "]-\\", true),
        (r"^[[:alpha:]]$", "x", true),
        (r"^[[:^alpha:]]$", "x", false),
        (r"^[[:word:]-]+$", "a_-", true),
        (r"^[\x41-\x{43}\103]+$", "ABC", true),
        (r"^[\pL\d]$", "é", true),
        (r"^[^\n]$", "\r", true),
    ]);
}

#[test]
fn escapes_groups_and_flags_mean_what_they_mean_in_go() {
    assert_read_as_in_go(&[
        // Escapes.
        (r"^\Qa.b*\E+$", "a.b**", true),
        (r"^\Qa.b*\E+$", "axb", false),
        (r"^\Qa.b", "a.b", true),
        (r"^\<\>\-\_\/\#\ \@$", "<>-_/# @", true),
        (r"^\101\0\x42\x{e9}$", "A\0Bé", true),
        (r"^\07$", "\u{7}", true),
        (r"^\a\f\n\r\t\v$", "\u{7}\u{c}\n\r\t\u{b}", true),
        (r"^\p{Greek}\P{Greek}\p{^Greek}\pL$", "αaaé", true),
        (r"\Aa\z", "a", true),
        // Groups and flags.
        (r"^(?P<id>a)(?<x>b)(c)(?:d)$", "abcd", true),
        (r"^(?P<1x>a)$", "a", true),
        (r"(?i)^ABC$", "abc", true),
        (r"^(?i:A)b$", "ab", true),
        (r"^(?i-i:A)$", "a", false),
        (r"(?)^a$", "a", true),
        (r"(?s)^.$", "\n", true),
        (r"^.$", "\n", false),
        (r"(?m)^b$", "a\nb", true),
        (r"^b$", "a\nb", false),
        (r"a$", "a\n", false),
        (r"(?ii)^A$", "a", true),
        (r"(?i)^\w$", "\u{17f}", true),
        // What the regex crate would take for a comment or white space is none.
        ("^a b#c$", "a b#c", true),
        (r"^a|b$", "xb", true),
        ("", "anything", true),
        (r"^/api/v[0-9]+/health$", "/api/v12/health", true),
        (r"^é+$", "ééé", true),
    ]);
}

#[test]
fn what_go_refuses_and_we_could_misread_is_refused() {
    for pattern in [
        r"\",
        r"a**",
        r"a*+",
        r"a{2}{3}",
        r"a{2}*",
        r"a???",
        r"*a",
        r"(",
        r")",
        r"(a",
        r"[",
        r"[a",
        r"[]",
        r"[^]",
        r"[b-a]",
        r"[a-\d]",
        r"[\b]",
        r"[\Q]\E]",
        r"[[:nope:]]",
        r"\1",
        r"\8",
        r"\q",
        r"\Z",
        r"\G",
        r"\C",
        r"\E",
        r"\é",
        r"\x",
        r"\x4",
        r"\x{}",
        r"\x{110000}",
        r"\xé",
        r"\x4é",
        r"\p",
        r"\p{",
        r"\p{Nope}",
        r"\p{L}}{",
        r"(?=a)",
        r"(?!a)",
        r"(?<=a)",
        r"(?<!a)",
        r"(?P=a)",
        r"(?P>a)",
        r"(?<>a)",
        r"(?x)a",
        r"(?u)a",
        r"(?i",
        r"(?-)a",
        r"(?i-)a",
        r"(?#c)",
        r"a{1001}",
        r"a{2,1}",
        r"a{99999999999}",
        r"(((a{1000}){1000}){1000})",
    ] {
        if pattern == r"\p{L}}{" {
            assert!(compile(pattern).is_ok(), "stray braces are no error");
            continue;
        }
        assert!(compile(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn an_error_is_one_line() {
    for pattern in ["(a", "[b-a]", r"\p{Nope}", "(?=a)"] {
        let said = compile(pattern).expect_err(pattern).to_string();
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn the_reach_of_a_pattern_is_seen() {
    for (pattern, reach) in [
        ("^/public/", Reach::Anchored),
        (r"\A/public/", Reach::Anchored),
        ("^/a$|^/b$", Reach::Anchored),
        ("(^/a|^/b)", Reach::Anchored),
        ("^/a|/b", Reach::Unanchored),
        ("/public/", Reach::Unanchored),
        (r"\.css$", Reach::Unanchored),
        ("(?m)^/a", Reach::Unanchored),
        ("", Reach::Everything),
        (".*", Reach::Everything),
        ("^/", Reach::Everything),
        ("/", Reach::Everything),
        ("^/.*$", Reach::Everything),
        ("^/[^/]*", Reach::Everything),
        ("^/$", Reach::Anchored),
    ] {
        assert_eq!(compile(pattern).expect(pattern).reach, reach, "{pattern}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_an_error(pattern in "\\PC{0,24}") {
        drop(compile(&pattern));
    }

    #[test]
    fn pieces_of_patterns_never_break_the_translation(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a", "é", "\\", "[", "]", "^", "-", "(", ")", "?", "*", "{", "}", "2", ",", "|", "\\Q", "\\E", "\\d",
                "[:alpha:]", "(?i", ":", "&&", "\\x", "\\p{L}", "P<n>",
            ]),
            0..12,
        ),
    ) {
        drop(compile(&pieces.concat()));
    }

    #[test]
    fn a_quoted_text_matches_itself_alone(text in "[^\\\\]{0,12}") {
        let pattern = format!("^\\Q{text}\\E$");
        prop_assert!(matches(&pattern, &text));
    }
}
