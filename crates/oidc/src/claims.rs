//! The claims of a token or a userinfo answer, and how they become text.
//!
//! Bytes are read once into [`Claims`]; what is checked and what is used are the same value.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use sidecar_core::Secret;
use sidecar_core::claims::ClaimValue;

use crate::limits::MAX_LEVELS;

/// The members of a JSON object, by name. Of a name that JSON has twice the last one counts, for every reader alike.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(BTreeMap<String, ClaimValue>);

/// Bytes that are not one JSON object, or nested deeper than 32 levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON object")]
pub struct NotAnObject;

impl Claims {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// [`NotAnObject`] for anything else, text after the object included.
    pub fn parse(json: &[u8]) -> Result<Self, NotAnObject> {
        let text = std::str::from_utf8(json).map_err(|_| NotAnObject)?;
        members(text, MAX_LEVELS).map(Self)
    }

    /// What an access token in the form of a JWT says (RFC 9068). Its signature is not checked: it must have come from the
    /// provider's own token endpoint, which sent it for another reader than us. `None` when it has another form.
    #[must_use]
    pub fn of_access_token(access_token: &Secret<String>) -> Option<Self> {
        let mut parts = access_token.expose().split('.');
        let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        Self::parse(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// Members that are all texts, as a form has them; of a name given twice the first one counts.
    pub(crate) fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut members = BTreeMap::new();
        for (name, value) in pairs {
            members.entry(name.to_owned()).or_insert_with(|| ClaimValue::String(value.to_owned()));
        }
        Self(members)
    }

    /// The member with exactly this name, `null` included.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&ClaimValue> {
        self.0.get(name)
    }

    /// Looks a configured claim name up: a member with the whole name first (so that names like
    /// `https://groups.test` work), else the path its dots describe through nested objects. `null` and the empty name
    /// are absent.
    #[must_use]
    pub fn look_up(&self, name: &str) -> Option<&ClaimValue> {
        if name.is_empty() {
            return None;
        }
        let found = self.0.get(name).or_else(|| {
            let mut steps = name.split('.');
            let first = self.0.get(steps.next()?)?;
            steps.try_fold(first, |value, step| match value {
                ClaimValue::Map(members) => members.get(step),
                ClaimValue::Null
                | ClaimValue::Bool(_)
                | ClaimValue::Number(_)
                | ClaimValue::String(_)
                | ClaimValue::List(_) => None,
            })
        });
        found.filter(|value| **value != ClaimValue::Null)
    }
}

/// Claims are personal data: diagnostics name the members only.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whether a claim such as `email_verified` says yes: a boolean as it is, a number unless it is zero, a string by the
/// spellings Go takes for true; anything else says no.
#[must_use]
pub fn is_true(value: &ClaimValue) -> bool {
    match value {
        ClaimValue::Bool(value) => *value,
        ClaimValue::Number(text) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
        ClaimValue::String(text) => matches!(text.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True"),
        ClaimValue::Null | ClaimValue::List(_) | ClaimValue::Map(_) => false,
    }
}

/// A JSON value with its numbers as they are written: serde's own value would make a float of `1.50` and of `1e3`.
fn to_claim(raw: &RawValue, levels: usize) -> Result<ClaimValue, NotAnObject> {
    let levels = levels.checked_sub(1).ok_or(NotAnObject)?;
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => members(text, levels).map(ClaimValue::Map),
        Some(b'[') => {
            let values = json::<Vec<&RawValue>>(text)?.into_iter().map(|value| to_claim(value, levels));
            values.collect::<Result<_, _>>().map(ClaimValue::List)
        }
        Some(b'"') => json(text).map(ClaimValue::String),
        Some(b't' | b'f') => json(text).map(ClaimValue::Bool),
        Some(b'n') => Ok(ClaimValue::Null),
        Some(_) | None => Ok(ClaimValue::Number(text.to_owned())),
    }
}

fn members(text: &str, levels: usize) -> Result<BTreeMap<String, ClaimValue>, NotAnObject> {
    let members = json::<BTreeMap<String, &RawValue>>(text)?.into_iter();
    members.map(|(name, value)| Ok((name, to_claim(value, levels)?))).collect()
}

fn json<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, NotAnObject> {
    serde_json::from_str(text).map_err(|_| NotAnObject)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claims(json: &str) -> Claims {
        Claims::parse(json.as_bytes()).unwrap()
    }

    fn text(json: &str, name: &str) -> Option<String> {
        claims(json).look_up(name).map(ClaimValue::to_text)
    }

    #[test]
    fn names_are_looked_up_whole_and_then_as_a_path() {
        for (json, name, found) in [
            (r#"{"auth":{"user":{"username":"u"}}}"#, "auth.user.username", Some("u")),
            (r#"{"https://groups.test":["g"]}"#, "https://groups.test", Some(r#"["g"]"#)),
            (r#"{"a.b":"x","a":{"b":"y"}}"#, "a.b", Some("x")),
            (r#"{"roles":["c","d"]}"#, "roles", Some(r#"["c","d"]"#)),
            (r#"{"a":["x"]}"#, "a.0", None),
            (r#"{"a":null}"#, "a", None),
            (r#"{"a":{"b":null}}"#, "a.b", None),
            (r#"{"":"x"}"#, "", None),
            (r#"{"a":{"":"x"}}"#, "a.", Some("x")),
        ] {
            assert_eq!(text(json, name).as_deref(), found, "{name} in {json}");
        }
    }

    #[test]
    fn lists_are_made_element_by_element() {
        for (json, groups) in [
            (r#"["a","b"]"#, vec!["a", "b"]),
            (r#""a""#, vec!["a"]),
            ("[1,2,3]", vec!["1", "2", "3"]),
            (
                "[1.50,1e3,12345678901234567890123,true,null]",
                vec!["1.50", "1e3", "12345678901234567890123", "true", ""],
            ),
            (
                r#"[{"roles":["Admin"],"groupId":"G"},12345,"Just::A::String"]"#,
                vec![r#"{"groupId":"G","roles":["Admin"]}"#, "12345", "Just::A::String"],
            ),
        ] {
            let claims = claims(&format!(r#"{{"groups":{json}}}"#));
            assert_eq!(claims.look_up("groups").unwrap().to_texts(), groups, "{json}");
        }
    }

    #[test]
    fn truth_is_told_from_the_spellings_of_go() {
        for (json, truth) in [
            ("true", true),
            ("false", false),
            ("1", true),
            ("0", false),
            ("0.0", false),
            (r#""true""#, true),
            (r#""True""#, true),
            (r#""t""#, true),
            (r#""yes""#, false),
            (r#""""#, false),
            ("[true]", false),
        ] {
            let claims = claims(&format!(r#"{{"v":{json}}}"#));
            assert_eq!(is_true(claims.look_up("v").unwrap()), truth, "{json}");
        }
    }

    #[test]
    fn only_one_json_object_is_claims() {
        for json in ["", "[]", "null", "\"x\"", "{} {}", "{\"a\":NaN}", "\u{feff}{}", "{\"a\":1"] {
            assert_eq!(Claims::parse(json.as_bytes()), Err(NotAnObject), "{json}");
        }
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(Claims::parse(nested(MAX_LEVELS - 1).as_bytes()).is_ok());
        for levels in [MAX_LEVELS, 10_000] {
            assert_eq!(Claims::parse(nested(levels).as_bytes()), Err(NotAnObject), "{levels}");
        }
    }

    #[test]
    fn debug_output_has_no_value() {
        assert_eq!(format!("{:?}", claims(r#"{"email":"marked@example.com"}"#)), r#"{"email"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_claims_or_an_error(json in proptest::collection::vec(any::<u8>(), 0..64), name in ".{0,8}") {
            if let Ok(claims) = Claims::parse(&json) {
                let _ = claims.look_up(&name);
            }
        }
    }
}
