//! One occurrence of a list flag: one CSV record ([RFC 4180]) with a comma as separator, nothing trimmed.
//!
//! [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180

use crate::fault::ValueError;

/// The fields of the first record of `text`; an empty text has none.
///
/// `""` inside a quoted field is a quote. A quote inside an unquoted field, text after a closing quote and a quote
/// that never closes are errors.
pub(crate) fn record(text: &str) -> Result<Vec<String>, ValueError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let text = text.replace("\r\n", "\n");
    let mut rest = text.trim_start_matches('\n');
    if rest.is_empty() {
        return Err(ValueError::new("is an empty line, not a list", "write one,two"));
    }
    let mut fields = Vec::new();
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => bare_field(rest)?,
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// What stands between the quotes, and what follows the closing one: nothing, a comma or the end of the line.
fn quoted_field(mut rest: &str) -> Result<(String, &str), ValueError> {
    let mut field = String::new();
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            return Err(ValueError::new("has a quote that is never closed", "close it, or double it to mean itself"));
        };
        field.push_str(before);
        if let Some(after) = after.strip_prefix('"') {
            field.push('"');
            rest = after;
        } else if after.is_empty() || after.starts_with([',', '\n']) {
            return Ok((field, after));
        } else {
            return Err(ValueError::new("has text after a closing quote", "double a quote that means itself"));
        }
    }
}

/// What stands before the next comma or the end of the line.
fn bare_field(rest: &str) -> Result<(String, &str), ValueError> {
    let (field, after) = rest.split_at(rest.find([',', '\n']).unwrap_or(rest.len()));
    if field.contains('"') {
        return Err(ValueError::new(
            "has a quote inside an unquoted element",
            "put the whole element in quotes and double the quotes in it",
        ));
    }
    Ok((field.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_are_split_as_the_original_splits_them() {
        for (text, fields) in [
            ("", vec![]),
            ("a.com, b.com,\"c,d\"", vec!["a.com", " b.com", "c,d"]),
            ("a,", vec!["a", ""]),
            (",", vec!["", ""]),
            ("\"\"", vec![""]),
            ("\"say \"\"hi\"\"\",x", vec!["say \"hi\"", "x"]),
            ("one,two\nthree", vec!["one", "two"]),
            ("\n\none", vec!["one"]),
            ("one\r\ntwo", vec!["one"]),
            ("\"line\nbreak\",x", vec!["line\nbreak", "x"]),
        ] {
            assert_eq!(record(text).expect(text), fields, "{text:?}");
        }
    }

    #[test]
    fn stray_quotes_are_refused() {
        for text in ["a\"b", "\"a", "\"a\"b", "x,\"", "\n", "\r\n"] {
            assert!(record(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_record_or_an_error(text in "[\"a, \n\r\\PC]{0,24}") {
            drop(record(&text));
        }

        #[test]
        fn quoted_fields_are_read_back(fields in prop::collection::vec("[^\r]{0,8}", 1..5)) {
            let text = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect::<Vec<_>>();
            prop_assert_eq!(record(&text.join(",")).expect("well formed"), fields);
        }
    }
}
