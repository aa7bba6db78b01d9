//! Random templates and random data: pages that are nearly always sound, and soup that seldom is.

use sidecar_gotmpl::{Record, Value};

/// A small generator of numbers; the same seed gives the same templates.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % bound as u64).expect("it is below a usize")
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn some(&mut self, most: usize, mut piece: impl FnMut(&mut Self) -> String) -> String {
        (0..=self.below(most)).map(|_| piece(self)).collect()
    }
}

// === data ===

#[rustfmt::skip]
const HOSTILE: &[&str] = &[
    "\"", "'", "`", "<", ">", "&", "=", "/", "\\", "+", "-", "--", "-->", "<!--", "]]>", "*/", "/*", "//", "#", "?",
    "%", "%41", "%4", "%zz", ":", ";", ",", ".", "(", ")", "[", "]", "{", "}", "${", "$", "|", "^", "~", "!", "@",
    "*", "_", " ", "\t", "\n", "\r", "\u{b}", "\u{c}", "\0", "\u{1}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}",
    "\u{2029}", "\u{feff}", "\u{fdd0}", "\u{fffd}", "\u{ffff}", "\u{1f600}", "é", "ß", "İ", "K", "a", "b", "f", "0",
    "9", "javascript:", "JaVaScript:", "data:", "http:", "https://x/", "mailto:", "</script>", "</SCRIPT ",
    "<script", "</style>", "</title>", "</textarea>", "<b>", "</b>", "&amp;", "&#39;", "&lt", "&quot;", "onload=",
    "expression", "-moz-binding", "url(", "\\65 ", "\\", "1x", "2w", "word", "true", "null", "{{.}}",
    "<img src=x onerror=1>", "<title>x</title>", "<script>y</script>", "<a href='>'>", "<a b=c d>", "<!-- c -->",
    "<!DOCTYPE html>", "<svg/onload=1>", "<a '>",
];

fn text(dice: &mut Dice) -> String {
    if dice.one_in(8) { String::new() } else { dice.some(5, |dice| dice.pick(HOSTILE).to_owned()) }
}

fn number(dice: &mut Dice) -> i64 {
    match dice.below(4) {
        0 => 0,
        1 => 403,
        2 => -1,
        _ => i64::try_from(dice.below(1 << 40)).unwrap_or(0),
    }
}

fn float(dice: &mut Dice) -> f64 {
    let digits = i32::try_from(dice.below(100_000)).unwrap_or(0);
    let power = i32::try_from(dice.below(50)).unwrap_or(0) - 25;
    f64::from(digits - 50_000) * 10_f64.powi(power)
}

fn value(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0..=3 => Value::Text(text(dice)),
        4 => Value::Html(text(dice)),
        5 => Value::Int(number(dice)),
        6 => Value::Bool(dice.one_in(2)),
        7 => Value::Float(float(dice)),
        _ => Value::Nil,
    }
}

/// The fields that the templates ask for, filled anew.
pub(crate) fn data(dice: &mut Dice) -> Value {
    // Of a nil in a list, Go gives no fields; we say that they are nil, too.
    let list = (0..dice.below(4)).map(|_| value(dice)).filter(|value| *value != Value::Nil).collect();
    Record::new()
        .with("S", text(dice))
        .with("U", text(dice))
        .with("H", Value::Html(text(dice)))
        .with("N", number(dice))
        .with("F", Value::Float(float(dice)))
        .with("T", dice.one_in(2))
        .with("Z", value(dice))
        .with("L", Value::List(list))
        .with("R", Record::new().with("X", text(dice)).with("Y", value(dice)))
        .into()
}

// === the language ===

const FIELDS: &[&str] =
    &[".S", ".S", ".U", ".H", ".N", ".F", ".T", ".Z", ".L", ".R", ".R.X", "$.S", "$.U", "$.R.Y", "(index $.L 0)"];

#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "html", "urlquery", "js", "print", "printf \"%s|%v\" 1", "printf \"%q\"", "len", "not", "ToUpper", "ToLower",
    "and 1", "or 0", "eq 403", "print \"<\"", "println",
];

fn action(dice: &mut Dice) -> String {
    let mut pipe = match dice.below(12) {
        0 => ".".to_owned(),
        1 => format!("{} {}", dice.pick(FUNCTIONS), dice.pick(FIELDS)),
        2 => dice.pick(&["\"x\"", "\"javascript:x\"", "\"a b\"", "1", "-2", "1.5", "true", "`<`"]).to_owned(),
        _ => dice.pick(FIELDS).to_owned(),
    };
    if dice.one_in(6) {
        pipe = format!("{pipe} | {}", dice.pick(FUNCTIONS));
    }
    let left = if dice.one_in(12) { "{{- " } else { "{{" };
    let right = if dice.one_in(12) { " -}}" } else { "}}" };
    format!("{left}{pipe}{right}")
}

/// Puts pieces into control structures now and then.
fn controlled(dice: &mut Dice, mut piece: impl FnMut(&mut Dice) -> String) -> String {
    let condition = dice.pick(&[".T", ".S", ".N", "eq .N 403", "not .T", ".Z"]);
    match dice.below(24) {
        0 => format!("{{{{if {condition}}}}}{}{{{{end}}}}", piece(dice)),
        1 => format!("{{{{if {condition}}}}}{}{{{{else}}}}{}{{{{end}}}}", piece(dice), piece(dice)),
        2 => format!(
            "{{{{with $.{}}}}}{}{{{{else}}}}{}{{{{end}}}}",
            dice.pick(&["S", "Z", "N"]),
            piece(dice),
            piece(dice)
        ),
        3 => format!("{{{{range $.L}}}}{}{{{{else}}}}{}{{{{end}}}}", piece(dice), piece(dice)),
        4 => format!("{{{{range $i, $e := $.L}}}}{}{{{{$e}}}}{{{{end}}}}", piece(dice)),
        5 => format!("{{{{range $.L}}}}{}{{{{if .}}}}{{{{break}}}}{{{{end}}}}{}{{{{end}}}}", piece(dice), piece(dice)),
        6 => format!("{{{{$v := {}}}}}{}{{{{$v}}}}", dice.pick(FIELDS), piece(dice)),
        7 => format!("{{{{/* c */}}}}{}", piece(dice)),
        8 => format!("{{{{template \"{}\" .}}}}", dice.pick(&["value", "tag", "loop"])),
        _ => piece(dice),
    }
}

/// What every page may call.
const SHARED: &str = "{{define \"value\"}}{{.}}{{end}}\
    {{define \"tag\"}}<i title=\"{{print .}}\">{{end}}{{define \"loop\"}}{{range $i, $e := slice \"ab\" 0}}{{end}}{{end}}";

// === pages ===

fn in_text(dice: &mut Dice) -> String {
    controlled(dice, |dice| match dice.below(4) {
        0 | 1 => action(dice),
        _ => dice
            .pick(&[
                "a",
                " ",
                "<",
                "&lt;",
                "<!-- c -->",
                "<!DOCTYPE html>",
                "a < b",
                "</p>",
                "<br/>",
                "\n",
                "'",
                "\"",
                "<1",
                "é",
            ])
            .to_owned(),
    })
}

fn in_url(dice: &mut Dice) -> String {
    controlled(dice, |dice| match dice.below(3) {
        0 => dice.pick(&["/", "?", "#", "a", "&amp;", "=", " ", "x:", "&quest;", "&#63;", "\t", "%20", ","]).to_owned(),
        _ => action(dice),
    })
}

fn in_js(dice: &mut Dice, quotes: &[&str]) -> String {
    controlled(dice, |dice| match dice.below(10) {
        0..=3 => action(dice),
        4 => {
            let quote = dice.pick(quotes);
            let inner = dice.some(2, |dice| match dice.below(3) {
                0 => {
                    dice.pick(&["a", "\\\\", "<", "/", "</script>", "<!--", "<script", "$", "{", "é", "\\n"]).to_owned()
                }
                _ => action(dice),
            });
            format!("{quote}{inner}{quote}")
        }
        5 => format!("/* {} */", dice.pick(&["c", "\n", "{{.S}}", "'", "</script>"])),
        6 => format!("// {}\n", dice.pick(&["c", "{{.S}}", "'", "</script>"])),
        7 => format!("`a{}${{ {} }}b{}`", action(dice), action(dice), action(dice)),
        _ => dice
            .pick(&[
                "x", " ", "=", "/", "+", "++", "-", "--", "(", ")", "[", "]", ";", "\n", "return ", "typeof", "1",
                "1.", ".", "{", "}", "<", "<!-- c\n", "--> c\n", "#", "#!c\n", "in ", ",", "*", "a/b", "/a/", "/[/]/",
                "/\\//", "é", "\u{2028}", "\u{a0}",
            ])
            .to_owned(),
    })
}

fn in_css(dice: &mut Dice, quotes: &[&str]) -> String {
    controlled(dice, |dice| match dice.below(9) {
        0..=2 => action(dice),
        3 | 4 => {
            let (open, close) = match dice.below(4) {
                0 => ("url(".to_owned(), ")".to_owned()),
                1 => {
                    let quote = dice.pick(quotes);
                    (format!("url( {quote}"), format!("{quote})"))
                }
                _ => {
                    let quote = dice.pick(quotes);
                    (quote.to_owned(), quote.to_owned())
                }
            };
            let inner = dice.some(2, |dice| match dice.below(3) {
                0 => dice.pick(&["a", "/", "?", "#", "\\\\", "\\3f ", "\\?", "é", " ", ")"]).to_owned(),
                _ => action(dice),
            });
            format!("{open}{inner}{close}")
        }
        5 => format!("/* {} */", dice.pick(&["c", "\n", "{{.S}}", "'"])),
        6 => format!("// {}\n", dice.pick(&["c", "{{.S}}", "'"])),
        _ => dice
            .pick(&[
                "x", " ", ":", ";", "{", "}", "(", ")", "\n", "url", "url (", "@import ", "#", "\\", "/", "<", "1px",
                "-url(",
            ])
            .to_owned(),
    })
}

fn attribute(dice: &mut Dice) -> String {
    controlled(dice, |dice| {
        let (quote, other) = match dice.below(5) {
            0 => ("", "'"),
            1 => ("'", "\""),
            _ => ("\"", "'"),
        };
        let others = [other, "`", "&#39;", "&quot;"];
        let others = if quote.is_empty() { &others[2..] } else { &others };
        match dice.below(10) {
            0 => format!(" {}={quote}{}{quote}", action(dice), action(dice)),
            1 => {
                let prefix = dice.pick(&["data-", "on", "x", "href", "title"]);
                format!(" {prefix}{}={quote}{}{quote}", action(dice), action(dice))
            }
            2 | 3 => {
                let name = dice.pick(&["href", "src", "action", "data-url", "xlink:href", "HREF", "poster", "srcset"]);
                format!(" {name}={quote}{}{quote}", dice.some(2, in_url))
            }
            4 => format!(" onclick={quote}{}{quote}", dice.some(3, |dice| in_js(dice, others))),
            5 => format!(" style={quote}{}{quote}", dice.some(3, |dice| in_css(dice, others))),
            6 => dice.pick(&[" checked", " a=b", " x = 'y'", " b=\"c\"", "/", " type='text/plain'"]).to_owned(),
            7 => format!(" content={quote}0;{}{}{quote}", dice.pick(&["", "url", "URL="]), action(dice)),
            _ => {
                let name = dice.pick(&["title", "alt", "value", "class", "type", "data-x", "srcdoc", "srclang"]);
                format!(" {name}={quote}{}{quote}", dice.some(1, in_text).replace(['<', '\'', '"', '='], ""))
            }
        }
    })
}

fn element(dice: &mut Dice) -> String {
    let attributes = if dice.one_in(3) { dice.some(2, attribute) } else { String::new() };
    match dice.below(8) {
        0 => format!("<script{attributes}>{}</script>", dice.some(5, |dice| in_js(dice, &["'", "\"", "`"]))),
        1 => format!("<style{attributes}>{}</style>", dice.some(5, |dice| in_css(dice, &["'", "\""]))),
        2 => {
            let name = dice.pick(&["title", "textarea", "TITLE"]);
            format!("<{name}{attributes}>{}</{name}>", dice.some(2, in_text))
        }
        3 => format!("<meta{}>", dice.some(2, attribute)),
        4 | 5 => format!("<{}{}>", dice.pick(&["a", "img", "svg:a", "x-y", "B"]), dice.some(3, attribute)),
        _ => dice.some(2, in_text),
    }
}

/// A page that is sound more often than not.
pub(crate) fn page(dice: &mut Dice) -> String {
    let elements = dice.some(1, |dice| controlled(dice, element));
    format!("{SHARED}{elements}")
}

const PIECES: &[&str] = &[
    "<a",
    "<script",
    "<style",
    "<title",
    "<textarea",
    "<meta",
    "</script>",
    "</style>",
    "</title>",
    ">",
    " href",
    " onclick",
    " style",
    " content",
    " type",
    "=",
    "\"",
    "'",
    "`",
    "/",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "x",
    "url(",
    ")",
    "?",
    "#",
    "<!--",
    "-->",
    "<",
    "&quot;",
    "&#39;",
    "\\",
    "${",
    "}",
    "{",
    "[",
    "]",
    ";",
    "url=",
    "text/plain",
    "text/javascript",
    "-",
    "+",
    "=",
    "{{.S}}",
    "{{.H}}",
    "{{.N}}",
    "{{.U}}",
    "{{.S}}",
    "{{if .T}}",
    "{{else}}",
    "{{end}}",
    "{{range .L}}",
    "{{end}}",
    "{{end}}",
];

/// Pieces in any order.
pub(crate) fn soup(dice: &mut Dice) -> String {
    dice.some(12, |dice| dice.pick(PIECES).to_owned())
}

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    " ",
    " ",
    "|",
    "(",
    ")",
    ".",
    ".S",
    ".N",
    ".L",
    ".R.X",
    ".T",
    "$",
    "$x",
    ":=",
    "=",
    ",",
    "1",
    "\"a\"",
    "`b`",
    "'c'",
    "nil",
    "true",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "eq",
    "len",
    "print",
    "printf",
    "index",
    "slice",
    "not",
    "and",
    "or",
    "html",
    "-1",
    "1.5",
    "0x1",
    "/*",
    "*/",
    "\n",
    "{{if .T}}",
    "{{else}}",
    "{{end}}",
    "{{end}}",
    "{{range .L}}",
    "{{$x := .S}}",
    "{{$x}}",
    "{{.S}}",
    "{{with .R}}",
    "{{template \"d\"}}",
    "{{define \"d\"}}",
];

/// Words of the language in any order.
pub(crate) fn actions(dice: &mut Dice) -> String {
    dice.some(10, |dice| dice.pick(WORDS).to_owned())
}

// === expressions ===

/// Functions over values of all types, most of which fit.
pub(crate) fn expressions(dice: &mut Dice) -> String {
    dice.some(2, |dice| format!("{{{{{}}}}}|", expression(dice, 3)))
}

fn expression(dice: &mut Dice, depth: usize) -> String {
    let function = match dice.below(12) {
        0 => dice.pick(&["eq", "ne", "lt", "le", "gt", "ge"]).to_owned(),
        1 => dice.pick(&["and", "or", "not", "len"]).to_owned(),
        2 => format!("index .L{}", dice.pick(&["", " 0", " 1", " -1", " 0"])),
        3 => format!("slice .L{}", dice.pick(&["", " 0", " 1", " 0 1", " 1 0", " 0 1 2", " 0 9"])),
        4 => dice.pick(&["print", "println", "html", "js", "urlquery", "ToUpper", "ToLower"]).to_owned(),
        5 => "slice \"word\" 1".to_owned(),
        6..=8 => format!("printf \"{}\"", dice.some(2, verb)),
        _ => return operand(dice, depth),
    };
    let arguments = if dice.one_in(6) || function.starts_with("slice") || function.starts_with("index") {
        String::new()
    } else {
        dice.some(3, |dice| format!(" {}", operand(dice, depth)))
    };
    let piped = if dice.one_in(5) { format!("{} | ", operand(dice, depth)) } else { String::new() };
    format!("{piped}{function}{arguments}")
}

const OPERANDS: &[&str] = &[
    ".S",
    ".U",
    ".H",
    ".N",
    ".F",
    ".T",
    ".Z",
    ".L",
    ".R",
    ".R.X",
    ".R.Y",
    "1",
    "-7",
    "0",
    "1.5",
    "1e3",
    "true",
    "false",
    "nil",
    "\"a\"",
    "\"\"",
    "`é`",
    "403",
    "0x1F",
    "$",
    "1e100",
    "-0.5",
    "123456789.5",
];

fn operand(dice: &mut Dice, depth: usize) -> String {
    if depth > 0 && dice.one_in(3) {
        return format!("({})", expression(dice, depth - 1));
    }
    dice.pick(OPERANDS).to_owned()
}

/// A verb of `printf` that is supported, with all that may stand before it.
fn verb(dice: &mut Dice) -> String {
    let letter = dice.pick(&["v", "s", "q", "d", "t", "x", "X", "c", "%"]);
    if letter == "%" {
        return "%%".to_owned();
    }
    let flags = match letter {
        "d" => dice.pick(&["", "-", "0", "+", " ", "-0", "+0", "- "]),
        "x" | "X" => dice.pick(&["", "-", "0", "#", " ", "# ", "#0", "-#"]),
        _ => dice.pick(&["", "-", "0", "-0"]),
    };
    let width = dice.pick(&["", "", "1", "5", "12"]);
    let precision = dice.pick(&["", "", ".", ".0", ".1", ".3", ".9"]);
    format!("a%{flags}{width}{precision}{letter}")
}
