use proptest::prelude::*;

use super::*;

fn tree(text: &str) -> Node {
    first(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn nodes_know_where_they_begin() {
    let root = tree("# a comment\nproviders:\n- id: \"x\"\n  clientID: 'é y'\nserver: {bindAddress: a}\n");
    let provider = &root.get("providers").unwrap().elements()[0];
    assert_eq!(provider.get("clientID").unwrap().at, Position { line: 4, column: 13 });
    assert_eq!(provider.entries()[1].at, Position { line: 4, column: 3 });
    assert_eq!(root.at_path(&["server", "bindAddress"]).unwrap().at, Position { line: 5, column: 23 });
    assert_eq!(root.at_path(&["server", "bindAddress"]).unwrap().text(), Some("a"));
}

#[test]
fn scalars_and_bracketed_lists_know_where_they_end() {
    let text = "a: plain text # a comment\nb: 'quo''ted' # a comment\nc: [one, \"t\\\"wo\" ] # ]\nd:\n- x\n- y # \"\n";
    let root = tree(text);
    let end = |key: &str| root.get(key).unwrap().end;
    assert_eq!(end("a"), Position { line: 1, column: 14 });
    assert_eq!(end("b"), Position { line: 2, column: 14 });
    assert_eq!(end("c"), Position { line: 3, column: 19 });
    let ends = |key: &str| root.get(key).unwrap().elements().iter().map(|node| node.end.column).collect::<Vec<_>>();
    assert_eq!((ends("c"), ends("d")), (vec![8, 17], vec![4, 4]));
}

#[test]
fn the_first_of_several_documents_counts_and_all_can_be_had() {
    assert_eq!(tree("a: x\n---\nb: y\n").entries().len(), 1);
    let all = documents("a: x\n---\nb: y\n---\n").unwrap();
    assert_eq!(all.len(), 3);
    assert!(all[2].value == Value::Null);
    for empty in ["", "# nothing\n", "---\n", "~"] {
        assert!(tree(empty).value == Value::Null, "{empty:?}");
    }
}

#[test]
fn merged_keys_do_not_win_over_written_ones() {
    let root = tree("a: &a {x: '1', y: '1'}\nb: &b {y: '2', z: '2'}\nc:\n  x: '3'\n  <<: [*a, *b]\n");
    let merged: Vec<_> =
        root.get("c").unwrap().entries().iter().map(|e| (e.key.as_str(), e.value.text().unwrap())).collect();
    assert_eq!(merged, [("x", "3"), ("y", "1"), ("z", "2")]);
    assert_eq!(first("a: {<<: 1}").err().unwrap().reason, "<< takes a mapping, or a list of mappings");
}

#[test]
fn a_quoted_scalar_is_a_text() {
    let root = tree("a: \"1\"\nb: '~'\nc: |\n  true\nd: !mine 1\ne: !!str 1\n");
    let texts: Vec<_> = root.entries().iter().map(|entry| entry.value.text()).collect();
    assert_eq!(texts, [Some("1"), Some("~"), Some("true\n"), Some("1"), Some("1")]);
}

#[test]
fn what_is_no_yaml_is_told_by_its_place_without_its_words() {
    for (text, line) in [
        ("a: 1\na: hunter2\n", 2),
        ("a: [hunter2\n", 2),
        ("a: *hunter2\n", 1),
        ("a: 'hunter2\n", 2),
        ("a: 1\n\tb: hunter2\n", 2),
        ("a: @hunter2\n", 1),
        ("? [hunter2]\n: b\n", 1),
        ("a: !!int hunter2\n", 1),
    ] {
        let error = first(text).err().unwrap_or_else(|| panic!("{text:?} is a document"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!((1..=line).contains(&error.at.line), "{text:?}: {error}");
    }
}

#[test]
fn what_readers_take_differently_is_refused() {
    for (text, reason, at) in [
        ("a: 1\nb: x\u{1}y\n", "a control character", (2, 5)),
        ("a: x\u{7f}\n", "a control character", (1, 5)),
        ("a: x\u{feff}\n", "a control character", (1, 5)),
        ("a: 1 # one\u{2028}b: 2\n", "a line separator of Unicode, which not every reader takes for one", (1, 11)),
        ("a: x\u{85}y\n", "a line separator of Unicode, which not every reader takes for one", (1, 5)),
        ("a: {<<: {}, <<: {}}", "a key is there twice", (1, 17)),
    ] {
        let error = first(text).err().unwrap_or_else(|| panic!("{text:?} is a document"));
        assert_eq!(error.reason, reason, "{text:?}");
        if !text.contains("<<") {
            assert_eq!((error.at.line, error.at.column), at, "{text:?}");
        }
    }
    assert_eq!(first("a:\tx\n").err().unwrap().reason, "a tab where a blank belongs");
    assert!(first("\u{feff}a: \u{a0}\r\n").is_ok());
    assert!(tree("a: ! 12\n").get("a").unwrap().value == Value::Int(12));
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(first(&nested(MAX_DEPTH - 1)).is_ok());
    for levels in [MAX_DEPTH + 1, 100_000] {
        assert!(first(&nested(levels)).is_err(), "{levels}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let before = level - 1;
        let list = vec![format!("*a{before}"); 9].join(", ");
        bomb += &["a", &level.to_string(), ": &a", &level.to_string(), " [", &list, "]\n"].concat();
    }
    assert_eq!(first(&bomb).err().unwrap().reason, "has too many nodes");
    assert_eq!(first(&"- ".repeat(100)).err().unwrap().reason, "is nested too deep");
    assert!(first(&"[".repeat(100_000)).is_err());
    assert_eq!(first("a: &a [*a]").err().unwrap().reason, "an alias within its own anchor");
}

proptest! {
    #[test]
    fn any_text_is_a_document_or_an_error(text in "[-:{}\\[\\],&*!|>'\"%@#?\\n\\t a-c0-9<~.]{0,60}") {
        drop(documents(&text));
    }

    #[test]
    fn any_characters_are_a_document_or_an_error(text in "\\PC{0,60}") {
        drop(first(&text));
    }
}
