use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};
use proptest::prelude::*;

use super::*;

/// `; Path=/; Max-Age=604800; HttpOnly; Secure`.
const DEFAULT_ATTRIBUTES: usize = 42;

fn joined(line: &str) -> Option<Vec<String>> {
    let mut headers = HeaderMap::new();
    headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
    let presented = Presented::collect(&CookieNames::new("n"), RequestCookies::new(&headers));
    let values: Vec<String> = presented.whole().chain(presented.joined()).map(|value| value.join()).collect();
    (!values.is_empty() || !presented.is_incomplete()).then_some(values)
}

#[test]
fn pieces_are_cut_where_v7_cuts_them() {
    let value = "v".repeat(8000);
    let pieces = split("_oauth2_proxy", &value, DEFAULT_ATTRIBUTES);
    let lengths: Vec<_> = pieces.iter().map(|(name, piece)| (name.as_str(), piece.len())).collect();
    assert_eq!(lengths, [("_oauth2_proxy_0", 3942), ("_oauth2_proxy_1", 3942), ("_oauth2_proxy_2", 116)]);
    let long = "v".repeat(3942 * 11);
    assert_eq!(split("_oauth2_proxy", &long, DEFAULT_ATTRIBUTES)[10].1.len(), 3941);
}

#[test]
fn a_cookie_of_exactly_the_limit_stays_whole() {
    let room = 4000 - "_oauth2_proxy=".len() - DEFAULT_ATTRIBUTES;
    assert_eq!(split("_oauth2_proxy", &"v".repeat(room), DEFAULT_ATTRIBUTES).len(), 1);
    let value = "v".repeat(room + 1);
    let pieces = split("_oauth2_proxy", &value, DEFAULT_ATTRIBUTES);
    assert_eq!(pieces.iter().map(|(_, piece)| piece.len()).collect::<Vec<_>>(), [3942, 3]);
}

#[test]
fn names_of_pieces_have_at_most_256_characters() {
    let name = "n".repeat(256);
    assert_eq!(piece_name(&name, 0), format!("{}_0", &name[..254]));
    assert_eq!(piece_name(&name, 10), format!("{}_10", &name[..253]));
    assert_eq!(piece_name("n", 7), "n_7");
}

#[test]
fn pieces_are_joined_by_name_up_to_the_first_gap() {
    for (line, values) in [
        ("other=1", Some(vec![])),
        ("n_1=b", Some(vec![])),
        ("n_0=a", None),
        ("n_1=b; n_0=a", Some(vec!["ab"])),
        ("n_0=a; n_1=b; n_3=d", Some(vec!["ab"])),
        ("n_00=x; n_0=a; n_-1=x; n_1=b; n_99999999=x", Some(vec!["ab"])),
        ("n=whole; n_0=a; n_1=b", Some(vec!["whole", "ab"])),
        ("n=1; n=2; n=3; n=4; n=5", Some(vec!["1", "2", "3", "4"])),
        ("n_0=a; n_1=b; n_0=c; n_1=d", Some(vec!["ab", "cd"])),
        ("n_0=a; n_0=c; n_1=b", Some(vec!["ab", "cb"])),
        ("n=", Some(vec![""])),
    ] {
        assert_eq!(joined(line), values.map(|values| values.into_iter().map(str::to_owned).collect()), "{line}");
    }
}

#[test]
fn what_stands_behind_the_signature_is_left_over() {
    let end = format!("|1|{}", "s".repeat(SIGNATURE_LEN));
    let (begin, rest) = end.split_at(20);
    for (line, value) in [
        (format!("n_0=a{begin}; n_1={rest}; n_2=left|over"), format!("a{end}")),
        (format!("n_0=a{begin}; n_1={rest}; n_2="), format!("a{end}")),
        (format!("n_0=a; n_1={begin}; n_2={rest}; n_3=left; n_4=over"), format!("a{end}")),
        (format!("n_0=a; n_1={end}; n_2={end}"), format!("a{end}")),
        (format!("n_0=a{end}; n_1=b"), format!("a{end}b")),
        (format!("n_0=a; n_1={end}s; n_2=b"), format!("a{end}sb")),
        (format!("n_0=a|; n_1={end}; n_2=b"), format!("a|{end}b")),
    ] {
        assert_eq!(joined(&line), Some(vec![value]), "{line}");
    }
}

#[test]
fn the_number_of_pieces_is_bounded() {
    let line = (0..1000).map(|index| format!("n_{index}=x")).collect::<Vec<_>>().join("; ");
    assert_eq!(joined(&line), Some(vec!["x".repeat(MAX_PIECES)]));
}

#[test]
fn a_value_equals_the_text_its_parts_make_and_no_other() {
    let value = nth_set(&[[Some("ab"), None, None, None], [Some("c"), None, None, None]], 0);
    assert!(value.is("abc"));
    for other in ["", "ab", "abcd", "abd", "xbc"] {
        assert!(!value.is(other), "{other}");
    }
}

proptest! {
    #[test]
    fn joining_undoes_splitting(value in "[!#-+--:<-Z^-~]{1,30000}", attributes in 30_usize..200) {
        let pieces = split("n", &value, attributes);
        for (name, piece) in &pieces {
            prop_assert!(name.len() + 1 + piece.len() + attributes <= MAX_COOKIE_LEN);
        }
        let line: Vec<String> = pieces.iter().rev().map(|(name, piece)| format!("{name}={piece}")).collect();
        prop_assert_eq!(joined(&line.join("; ")), Some(vec![value]));
    }

    #[test]
    fn splitting_ends_whatever_the_attributes(value in "[a-z]{0,50}", attributes in 3900_usize..9000) {
        let pieces = split("name", &value, attributes);
        prop_assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), value);
    }
}
