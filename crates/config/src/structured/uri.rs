//! Where a part of the app is, as text.

use sidecar_core::form::percent_decode;

/// What is wrong with an upstream, and what to write instead.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The predicate of a sentence whose subject is the text.
    pub(crate) reason: String,
    /// An imperative.
    pub(crate) instead: &'static str,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>, instead: &'static str) -> Self {
        Self { reason: reason.into(), instead }
    }
}

/// A URI taken apart as [RFC 3986] does, not as browsers do: nothing is lower-cased but the scheme.
///
/// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986
#[derive(Debug, PartialEq)]
pub(crate) struct Uri<'a> {
    /// In lower case.
    pub(crate) scheme: String,
    /// As it is.
    pub(crate) authority: &'a str,
    /// Percent-decoded; `/` when it was empty.
    pub(crate) path: String,
    /// Percent-decoded; `None` without one or with an empty one.
    pub(crate) fragment: Option<String>,
}

/// What to write instead of something that is no URL.
pub(crate) const WRITE_URL: &str = "write it as in http://127.0.0.1:8080";

impl<'a> Uri<'a> {
    /// Takes it apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::new("is an empty element", "remove it; a comma too many makes one"));
        }
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Refusal::new("has white space or a control character", WRITE_URL));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| Refusal::new("is no URL", WRITE_URL))?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let rest = rest.split('?').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = decoded(path)?;
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path: if path.is_empty() { "/".to_owned() } else { path },
            fragment: fragment.map(decoded).transpose()?.filter(|fragment| !fragment.is_empty()),
        })
    }
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let bytes = percent_decode(text).ok_or_else(|| Refusal::new("has a bad escape", "write % as %25"))?;
    String::from_utf8(bytes).map_err(|_| Refusal::new("has an escape that is not UTF-8", "write it in UTF-8"))
}
