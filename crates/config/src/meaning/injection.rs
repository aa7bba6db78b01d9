//! Which headers tell the app and the client who the visitor is.

use std::collections::HashMap;

use http::HeaderName;
use sidecar_core::Secret;
use sidecar_upstream::{Claim, ClientValue, Form, InjectedHeader, Injection, Source};

use super::judge::Judge;
use super::secret_source;
use super::surroundings::Surroundings;
use crate::fault::quote;
use crate::structured::{ClaimSource, Header, HeaderValue, Structured};

/// What is said about the connection or the message rather than about the visitor, so it is not ours to write.
const FRAMING: [HeaderName; 8] = [
    http::header::CONNECTION,
    http::header::CONTENT_LENGTH,
    http::header::HOST,
    http::header::SET_COOKIE,
    http::header::TE,
    http::header::TRAILER,
    http::header::TRANSFER_ENCODING,
    http::header::UPGRADE,
];

/// The headers of requests to the app and of responses to the client, in the order they were written in.
pub(super) fn settings(
    structured: &Structured,
    surroundings: Surroundings<'_>,
    judge: &mut Judge,
) -> Option<Injection> {
    warn_of_kept(structured, judge);
    warn_of_claims(structured, judge);
    let request = headers(&structured.request_headers, surroundings, judge);
    let response = headers(&structured.response_headers, surroundings, judge);
    Some(Injection { request: request?, response: response? })
}

/// Once for each place where it was said.
fn warn_of_kept(structured: &Structured, judge: &mut Judge) {
    let mut told = Vec::new();
    for header in &structured.request_headers {
        let (kept, unfolded) = (&header.preserve_request_value, &header.insecure_skip_header_normalization);
        if kept.value && !told.contains(&&kept.option) {
            judge.warn(kept, "a client can send the app identity headers of its own making");
            told.push(&kept.option);
        }
        judge.warn_if(unfolded, true, "a client can send the app this header in another spelling, with _ for -");
    }
}

/// A claim that no session has writes nothing.
fn warn_of_claims(structured: &Structured, judge: &mut Judge) {
    for claim in structured.claims() {
        if let Claim::Additional(name) = Claim::named(&claim.value)
            && !name.is_empty()
            && !structured.provider.additional_claims.value.contains(&name)
        {
            let message = format!("{} is kept in no session unless additionalClaims lists it", quote(&name));
            judge.warn(claim, message);
        }
    }
}

/// One list; `None` after a fault.
fn headers(headers: &[Header], surroundings: Surroundings<'_>, judge: &mut Judge) -> Option<Vec<InjectedHeader>> {
    let mut first: HashMap<HeaderName, &Header> = HashMap::new();
    let mut injected = Some(Vec::new());
    for header in headers {
        let name = name(header, judge);
        if let Some(name) = &name
            && let Some(other) = first.get(name)
        {
            let reason = format!("writes the header {}, as {} does", header.name.value, other.name.option);
            judge.conflict(&header.name, reason, "leave one of the two out");
            injected = None;
        }
        // All values are looked at, also behind a bad one.
        let values: Vec<_> = header.values.iter().map(|value| source(value, surroundings, judge)).collect();
        let values: Option<Vec<Source>> = values.into_iter().collect();
        match (name, values, &mut injected) {
            (Some(name), Some(values), Some(injected)) => {
                first.insert(name.clone(), header);
                injected.push(InjectedHeader { name, values, client_value: client_value(header) });
            }
            _ => injected = None,
        }
    }
    injected
}

fn name(header: &Header, judge: &mut Judge) -> Option<HeaderName> {
    let text = header.name.value.as_str();
    let (reason, instead) = match HeaderName::from_bytes(text.as_bytes()) {
        Ok(name) if FRAMING.contains(&name) => {
            (format!("{} is not for the configuration to write", quote(text)), "leave it out")
        }
        Ok(name) => return Some(name),
        Err(_) if text.is_empty() => ("is required".to_owned(), "write the name of a header"),
        Err(_) => (format!("{} is no name of a header", quote(text)), "write letters, digits and hyphens"),
    };
    judge.refuse(&header.name, reason, instead);
    None
}

fn client_value(header: &Header) -> ClientValue {
    match (header.preserve_request_value.value, header.insecure_skip_header_normalization.value) {
        (true, _) => ClientValue::Keep,
        (false, true) => ClientValue::InsecureRemoveSameSpelling,
        (false, false) => ClientValue::Remove,
    }
}

/// Where one value comes from; `None` after a fault.
fn source(value: &HeaderValue, surroundings: Surroundings<'_>, judge: &mut Judge) -> Option<Source> {
    match (&value.secret_source, &value.claim_source) {
        (Some(secret), None) => secret_source::header(secret, surroundings, judge).map(Source::Fixed),
        (None, Some(claim)) => of_claim(claim, surroundings, judge),
        (Some(_), Some(_)) | (None, None) => {
            judge.refuse(&value.at, "needs exactly one of secretSource and claimSource", "write one of them");
            None
        }
    }
}

fn of_claim(source: &ClaimSource, surroundings: Surroundings<'_>, judge: &mut Judge) -> Option<Source> {
    let password: Option<Secret<String>> = match &source.basic_auth_password {
        Some(password) => Some(secret_source::password(password, surroundings, judge)?),
        None => None,
    };
    if source.claim.value.is_empty() {
        judge.refuse(&source.claim, "is required", "write a claim such as email");
        return None;
    }
    let form = match password {
        Some(password) => Form::Basic { password },
        None if source.prefix.value.is_empty() => Form::Plain,
        None => Form::Prefixed(source.prefix.value.clone()),
    };
    Some(Source::Claim { claim: Claim::named(&source.claim.value), form })
}

#[cfg(test)]
mod tests;
