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
    /// As it is; empty when there is no `//`.
    pub(crate) authority: &'a str,
    /// Percent-decoded; `/` when it was empty, or when there is something else behind the scheme, as in `localhost:8080`.
    pub(crate) path: String,
    /// Whether there is something else than an authority or a path behind the scheme.
    pub(crate) is_opaque: bool,
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
        let (scheme, rest) = text
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or_else(|| Refusal::new("is no URL", WRITE_URL))?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let rest = rest.split('?').next().unwrap_or(rest);
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None if rest.starts_with('/') => ("", rest),
            None => ("", ""),
        };
        if !brackets_are_closed(authority) || !is_port(port(authority)) {
            return Err(Refusal::new("has no good host or port", WRITE_URL));
        }
        let path = decoded(path)?;
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            is_opaque: !rest.starts_with('/'),
            path: if path.is_empty() { "/".to_owned() } else { path },
            fragment: fragment.map(decoded).transpose()?.filter(|fragment| !fragment.is_empty()),
        })
    }
}

fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(rest)
}

/// Whether the brackets around an address end where the host ends.
fn brackets_are_closed(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let Some(address) = host.strip_prefix('[') else { return true };
    address.rsplit_once(']').is_some_and(|(_, behind)| behind.is_empty() || behind.starts_with(':'))
}

/// What follows the host behind its colon; a colon within brackets is part of an address.
fn port(authority: &str) -> &str {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let behind = host.rsplit(']').next().unwrap_or(host);
    behind.rsplit_once(':').map_or("", |(_, port)| port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let bytes = percent_decode(text).ok_or_else(|| Refusal::new("has a bad escape", "write % as %25"))?;
    String::from_utf8(bytes).map_err(|_| Refusal::new("has an escape that is not UTF-8", "write it in UTF-8"))
}
