//! YAML in the layout of Go's yaml.v3: four spaces a level, sequences indented, no line ever folded.
//!
//! No library writes that layout. Texts of several lines are in double quotes, on one line, so that every byte of them
//! can be seen; everything else is plain where it may be.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

/// A value. There is no `Debug`: it may hold a secret.
pub(super) enum Node {
    Text(String),
    Bool(bool),
    Int(i64),
    List(Vec<Node>),
    Map(Vec<(&'static str, Node)>),
}

/// How much deeper each level is.
const LEVEL: usize = 4;

/// The document whose root has these entries.
pub(super) fn document(root: &[(&'static str, Node)]) -> String {
    let mut text = String::new();
    if root.is_empty() {
        text.push_str("{}\n");
    }
    entries(root, 0, &mut text);
    text
}

/// Entries at a depth, the first where the cursor is.
fn entries(map: &[(&'static str, Node)], depth: usize, text: &mut String) {
    for (at, (key, node)) in map.iter().enumerate() {
        if at > 0 {
            text.push_str(&" ".repeat(depth));
        }
        text.push_str(key);
        text.push(':');
        value(node, depth, text);
    }
}

/// What stands behind a key, or the hyphen of an element, at a depth.
fn value(node: &Node, depth: usize, text: &mut String) {
    let below = (depth / LEVEL + 1) * LEVEL;
    match node {
        Node::List(list) if list.is_empty() => text.push_str(" []\n"),
        Node::Map(map) if map.is_empty() => text.push_str(" {}\n"),
        Node::List(list) => {
            text.push('\n');
            for element in list {
                text.push_str(&" ".repeat(below));
                text.push('-');
                element_of_list(element, below, text);
            }
        }
        Node::Map(map) => {
            text.push('\n');
            text.push_str(&" ".repeat(below));
            entries(map, below, text);
        }
        Node::Text(content) => {
            text.push(' ');
            scalar(content, text);
            text.push('\n');
        }
        Node::Bool(switch) => text.push_str(if *switch { " true\n" } else { " false\n" }),
        Node::Int(number) => {
            let _ = writeln!(text, " {number}");
        }
    }
}

/// What stands behind the hyphen; the entries of a mapping begin on its line.
fn element_of_list(element: &Node, depth: usize, text: &mut String) {
    if let Node::Map(map) = element
        && !map.is_empty()
    {
        text.push(' ');
        entries(map, depth + "- ".len(), text);
    } else {
        value(element, depth, text);
    }
}

/// What would be read as something else than a text: nothing, a boolean of any version of YAML, a number, a time.
#[expect(clippy::expect_used, reason = "a test compiles it")]
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    let words = "~|[nN]ull|NULL|[tT]rue|TRUE|[fF]alse|FALSE|[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|<<";
    let numbers = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:[iI]nf|INF)|\.(?:nan|NaN|NAN)";
    let others = "[-+]?0[xX][0-9a-fA-F]+|[-+]?0[oO][0-7]+|[-+]?0[bB][-+]?[01]+";
    let times = r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?";
    Regex::new(&format!("^(?:{words}|{numbers}|{others}|{times})$")).expect("a pattern of ours")
});

fn scalar(content: &str, text: &mut String) {
    let visible = content.chars().all(is_visible);
    if content.is_empty() || !visible || OTHER.is_match(&content.replace('_', "")) {
        double_quoted(content, text);
    } else if is_plain(content) {
        text.push_str(content);
    } else {
        let _ = write!(text, "'{}'", content.replace('\'', "''"));
    }
}

/// Whether it may stand without quotes, behind a key or a hyphen.
fn is_plain(content: &str) -> bool {
    let indicator =
        content.starts_with(['#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`']);
    let lone = |c: char| content.strip_prefix(c).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let marker = content.starts_with("---") || content.starts_with("...");
    let spaced = content.starts_with(' ') || content.ends_with(' ');
    let inner = content.contains(": ") || content.ends_with(':') || content.contains(" #");
    !(indicator || lone('-') || lone('?') || lone(':') || marker || spaced || inner)
}

/// What is not escaped: what every editor shows as it is.
const fn is_visible(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{1fff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{2070}'..='\u{d7ff}' | '\u{e000}'..='\u{fdff}' | '\u{fe20}'..='\u{fefe}' | '\u{ff01}'..='\u{ffef}')
}

fn double_quoted(content: &str, text: &mut String) {
    text.push('"');
    for c in content.chars() {
        let _ = match c {
            '"' | '\\' => write!(text, "\\{c}"),
            '\n' => write!(text, "\\n"),
            '\r' => write!(text, "\\r"),
            '\t' => write!(text, "\\t"),
            c if is_visible(c) => write!(text, "{c}"),
            c => match u32::from(c) {
                code @ ..=0xff => write!(text, "\\x{code:02X}"),
                code @ ..=0xffff => write!(text, "\\u{code:04X}"),
                code => write!(text, "\\U{code:08X}"),
            },
        };
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_layout_is_the_one_of_the_original() {
        let text = |text: &str| Node::Text(text.to_owned());
        let password = Node::Map(vec![("value", Node::List(vec![Node::Int(112), Node::Int(119)]))]);
        let claim = Node::Map(vec![("claim", text("user")), ("basicAuthPassword", password)]);
        let values = Node::List(vec![Node::Map(vec![("claimSource", claim)])]);
        let header = Node::Map(vec![("name", text("Authorization")), ("values", values)]);
        let root = [
            ("injectRequestHeaders", Node::List(vec![header])),
            ("metricsServer", Node::Map(vec![])),
            ("server", Node::Map(vec![("bindAddress", text("127.0.0.1:4180")), ("on", Node::Bool(true))])),
        ];
        assert_eq!(
            document(&root),
            "injectRequestHeaders:
    - name: Authorization
      values:
        - claimSource:
            claim: user
            basicAuthPassword:
                value:
                    - 112
                    - 119
metricsServer: {}
server:
    bindAddress: 127.0.0.1:4180
    on: true
"
        );
    }

    /// What the original writes for these texts.
    #[test]
    fn a_text_is_quoted_where_the_original_quotes_it() {
        for (content, written) in [
            ("", "\"\""),
            ("c\"i'd: x#y #z", "'c\"i''d: x#y #z'"),
            ("https://x/ $", "https://x/ $"),
            ("trail ", "'trail '"),
            ("2001-01-01", "\"2001-01-01\""),
            ("1:20", "\"1:20\""),
            ("127.0.0.1:4180", "127.0.0.1:4180"),
            (":443", ":443"),
            ("30s", "30s"),
            ("1_000", "\"1_000\""),
            ("yes", "\"yes\""),
            ("~", "\"~\""),
            ("=", "="),
            ("a,b", "a,b"),
            ("[x]", "'[x]'"),
            ("?x", "?x"),
            ("? x", "'? x'"),
            ("-", "'-'"),
            ("-x", "-x"),
            ("a:b", "a:b"),
            ("a #b", "'a #b'"),
            ("Inf", "Inf"),
            ("NaN", "NaN"),
            ("*", "'*'"),
            ("\ttab\u{1}", "\"\\ttab\\x01\""),
            ("é€ 😀", "\"é€ \\U0001F600\""),
            ("\u{feff}", "\"\\uFEFF\""),
        ] {
            let mut text = String::new();
            scalar(content, &mut text);
            assert_eq!(text, written, "{content:?}");
        }
    }

    fn texts_of(document: &str) -> Vec<String> {
        let node = sidecar_yaml::first(document).unwrap_or_else(|_| panic!("no YAML: {document}"));
        let list = node.get("a").expect("the key").elements();
        list.iter().map(|node| node.text().unwrap_or_else(|| panic!("no text in {document}")).to_owned()).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            texts in prop::collection::vec(
                prop_oneof![
                    any::<String>(),
                    "[-+.0-9:_eExXobTZ ]{0,8}",
                    "[ #:'\"{}\\[\\],&*!|>%@`?$-]{0,4}[a-z]{0,3}[ #:'\"{}\n\\\\-]{0,3}",
                    "(y|n|yes|No|on|off|true|null|~|<<|=|\\.inf|\\.nan|0x1f|0b1|0o7|1e3|2001-01-01)",
                ],
                1..6,
            )
        ) {
            let nodes = texts.iter().cloned().map(Node::Text).collect();
            prop_assert_eq!(texts_of(&document(&[("a", Node::List(nodes))])), texts);
        }
    }
}
