//! Marked values that must not come out anywhere, plain or encoded.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use url::form_urlencoded::byte_serialize;

/// How much of a long value is looked for.
const PART: usize = 24;

/// Values that a test knows to be secret, with a name for each.
#[derive(Debug, Default)]
pub struct Canaries(Vec<(String, Vec<String>)>);

impl Canaries {
    /// Adds one of at least eight bytes.
    pub fn add(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 8, "{name} is too short to look for: {value}");
        let mut forms: Vec<String> = parts(value).flat_map(|part| forms(part.as_bytes())).collect();
        forms.sort_unstable();
        forms.dedup();
        self.0.push((name.to_owned(), forms));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// None of them is in the text: whole or in part, plain, in base64, in hex or percent-encoded.
    pub fn assert_absent(&self, place: &str, text: &str) {
        for (name, forms) in &self.0 {
            for form in forms {
                if let Some(at) = text.find(form.as_str()) {
                    let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
                    panic!("the {name} is in {place}: {:.400}", &text[line..]);
                }
            }
        }
    }
}

/// The value, or the beginning, the middle and the end of a long one.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let long = value.len() > 2 * PART && value.is_ascii();
    let cuts = if long { vec![0, value.len() / 2, value.len() - PART] } else { vec![0] };
    cuts.into_iter().map(move |at| if long { &value[at..at + PART] } else { value })
}

/// How a value may look in a log or in a page.
fn forms(value: &[u8]) -> Vec<String> {
    let mut forms = vec![
        String::from_utf8_lossy(value).into_owned(),
        byte_serialize(value).collect(),
        value.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
    ];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        // Inside something longer that was encoded, it begins at one of three places of a group.
        for skipped in 0..3_usize {
            let padded = [&b"xx"[..skipped], value].concat();
            let whole = padded.len() / 3 * 4;
            let from = if skipped == 0 { 0 } else { 4 };
            forms.push(engine.encode(&padded)[from..whole].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_in_every_encoding_at_every_place() {
        for text in [
            "xx CANARY/1+2 yy".to_owned(),
            "CANARY%2F1%2B2".to_owned(),
            STANDARD_NO_PAD.encode("a CANARY/1+2 in a sentence"),
            STANDARD_NO_PAD.encode("CANARY/1+2 in a sentence"),
            URL_SAFE_NO_PAD.encode("in CANARY/1+2"),
        ] {
            let mut canaries = Canaries::default();
            canaries.add("canary", "CANARY/1+2");
            let found = std::panic::catch_unwind(|| canaries.assert_absent("a text", &text));
            assert!(found.is_err(), "{text}");
            canaries.assert_absent("a text", "nothing of the kind");
        }
    }
}
