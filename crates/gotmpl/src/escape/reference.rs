//! Character references in attributes: `&#39;` begins a JavaScript string as well as `'` does.

use super::context::Language;

/// References that stand for a character of ASCII, which alone can matter to the languages in attributes. All but these,
/// and those of [`WITHOUT_SEMICOLON`], stand for other characters.
const ASCII: &[(&str, &str)] = &[
    ("Tab", "\t"),
    ("NewLine", "\n"),
    ("excl", "!"),
    ("quot", "\""),
    ("QUOT", "\""),
    ("num", "#"),
    ("dollar", "$"),
    ("percnt", "%"),
    ("amp", "&"),
    ("AMP", "&"),
    ("apos", "'"),
    ("lpar", "("),
    ("rpar", ")"),
    ("ast", "*"),
    ("midast", "*"),
    ("plus", "+"),
    ("comma", ","),
    ("period", "."),
    ("sol", "/"),
    ("colon", ":"),
    ("semi", ";"),
    ("lt", "<"),
    ("LT", "<"),
    ("equals", "="),
    ("gt", ">"),
    ("GT", ">"),
    ("quest", "?"),
    ("commat", "@"),
    ("lsqb", "["),
    ("lbrack", "["),
    ("bsol", "\\"),
    ("rsqb", "]"),
    ("rbrack", "]"),
    ("Hat", "^"),
    ("lowbar", "_"),
    ("UnderBar", "_"),
    ("grave", "`"),
    ("DiacriticalGrave", "`"),
    ("lcub", "{"),
    ("lbrace", "{"),
    ("verbar", "|"),
    ("vert", "|"),
    ("VerticalLine", "|"),
    ("rcub", "}"),
    ("rbrace", "}"),
    ("fjlig", "fj"),
];

/// References that work without their semicolon, even at the start of a longer word.
const WITHOUT_SEMICOLON: &[&str] = &[
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil", "ETH", "Eacute", "Ecirc",
    "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT", "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash",
    "Otilde", "Ouml", "QUOT", "REG", "THORN", "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc",
    "acute", "aelig", "agrave", "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy",
    "curren", "deg", "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro", "middot", "nbsp", "not",
    "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash", "otilde", "ouml", "para", "plusmn", "pound",
    "quot", "raquo", "reg", "sect", "shy", "sup1", "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc",
    "ugrave", "uml", "uuml", "yacute", "yen", "yuml",
];

/// Stands for every character outside of ASCII: to the languages they are all alike, but for the ends of lines, which have
/// no names.
const ANY: &str = "é";

/// The text with its references resolved as far as `language` can tell the difference.
///
/// # Errors
/// A named reference in a script or style that is not in the tables above: guessing could be wrong.
pub(super) fn decode(text: &str, language: &Language) -> Result<String, String> {
    let strict = match language {
        Language::Js(_) | Language::Css(_) => true,
        Language::Url(_) | Language::Meta(_) => false,
        Language::Plain | Language::ScriptType | Language::Closed(_) | Language::Srcset => return Ok(String::new()),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let behind = match after.strip_prefix('#') {
            Some(number) => numeric(number, &mut out),
            None => named(after, &mut out),
        };
        rest = match behind {
            Some(behind) => behind,
            None if strict && with_semicolon(after).is_some() => {
                return Err("a reference is not known here; write the character, or its number as &#233;".to_owned());
            }
            None => {
                out.push('&');
                after
            }
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// The name that a text begins with, and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len()))
}

/// A name that has its semicolon, and what follows that.
fn with_semicolon(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = split_name(text);
    behind.strip_prefix(';').map(|after| (name, after)).filter(|_| !name.is_empty())
}

/// Resolves what follows `&`; returns what is behind it.
fn named<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let of = |name: &str| ASCII.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
    if let Some((name, after)) = with_semicolon(text) {
        let known = of(name).or_else(|| WITHOUT_SEMICOLON.contains(&name).then_some(ANY));
        if let Some(letter) = known {
            out.push_str(letter);
            return Some(after);
        }
    }
    let (longest, after) = WITHOUT_SEMICOLON
        .iter()
        .filter_map(|known| Some((*known, text.strip_prefix(*known)?)))
        .max_by_key(|(known, _)| known.len())?;
    // A longer name that has its semicolon could be another reference, as `&notin;` is.
    if with_semicolon(text).is_some() {
        return None;
    }
    out.push_str(of(longest).unwrap_or(ANY));
    Some(after)
}

/// Resolves what follows `&#`; returns what is behind it.
fn numeric<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let (radix, digits) = text.strip_prefix(['x', 'X']).map_or((10, text), |digits| (16, digits));
    let behind = digits.trim_start_matches(|digit: char| digit.is_digit(radix));
    let after = behind.strip_prefix(';').unwrap_or(behind);
    // Go takes no reference of less than four characters for one, and `&#x;` for one.
    if text.len() - after.len() < 2 {
        return None;
    }
    let code = digits
        .chars()
        .map_while(|digit| digit.to_digit(radix))
        .fold(0_u32, |code, digit| code.saturating_mul(radix).saturating_add(digit));
    match code {
        0 | 0x80..=0x9f => out.push_str(ANY),
        _ => out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
    Some(after)
}
