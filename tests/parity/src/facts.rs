//! What one side showed, taken apart into small named facts that can be compared one by one.
//!
//! A fact's name says where it was seen: `status`, `header content-type`, `location ?state`, `cookie _oauth2_proxy
//! attributes`, `page goes to`, `app header x-forwarded-user`. What must differ between two programs (random
//! values, times) is replaced by its checked shape; everything else stays as it was sent.

use std::collections::BTreeMap;

use sidecar_testkit::{Response, Seen};

use crate::cookies;
use crate::judge::{CookieOptions, Judge};
use crate::page;
use crate::place;

/// A place → what was there.
pub type Facts = BTreeMap<String, String>;

/// Everything that one request brought about on one side.
#[derive(Debug)]
pub struct Exchange {
    /// The request's target.
    pub target: String,
    /// The program's answer; `None` when it ended the connection without one.
    pub answer: Option<Response>,
    /// What reached an app, and which.
    pub received: Vec<(&'static str, Seen)>,
}

/// The response header by which the apps' own answers are known.
pub const APP_MARK: &str = "X-Answered-By";

/// Takes an exchange apart.
pub fn of(exchange: &Exchange, options: &CookieOptions, judge: &mut Judge) -> Facts {
    let mut facts = Facts::new();
    app(&exchange.received, options, judge, &mut facts);
    let Some(answer) = &exchange.answer else {
        facts.insert("status".into(), "no answer".into());
        return facts;
    };
    facts.insert("status".into(), answer.status.to_string());
    let from_program = !answer.headers.has(APP_MARK);
    let login_state = location(answer, &mut facts).or_else(|| place::state_of_callback(&exchange.target));
    cookies::set(answer, options, login_state.as_deref(), judge, &mut facts);
    let framing_counts = body(answer, from_program, &mut facts);
    headers(answer, framing_counts, &mut facts);
    for (name, value) in answer.trailers.iter() {
        append(&mut facts, format!("trailer {}", name.to_ascii_lowercase()), value);
    }
    facts
}

/// Whether the length and framing of a body are the program's behaviour rather than that of its page's wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Counts,
    FollowsWording,
}

/// `Location`, its query parameter by parameter when it leads to the provider; gives the state's nonce.
fn location(answer: &Response, facts: &mut Facts) -> Option<String> {
    let target = answer.headers.get("location")?;
    match place::authorization_request(target) {
        None => {
            facts.insert("location".into(), cookies::stable_credentials(target));
            None
        }
        Some(request) => {
            facts.insert("location".into(), request.endpoint);
            facts.insert("location parameters".into(), request.order.join(" "));
            for (name, value) in request.parameters {
                append(facts, format!("location ?{name}"), &value);
            }
            request.state
        }
    }
}

fn body(answer: &Response, from_program: bool, facts: &mut Facts) -> Framing {
    let html = answer.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(target) = answer.headers.get("location").filter(|_| from_program) {
        // Only an authorization request has random parts.
        let random = place::authorization_request(target).is_some();
        let stable = if random { text.replace(&page::escape(target), "LOCATION") } else { text.into_owned() };
        // The link in the body leads where `Location` does, which is compared byte for byte.
        facts.insert("body".into(), cookies::stable_credentials(&page::decode_percent(&stable)));
        return Framing::FollowsWording;
    }
    if from_program && text.contains(page::CUSTOM) {
        facts.insert("body".into(), page::without_excused(&text));
        return Framing::FollowsWording;
    }
    if html && from_program && text.contains("<html") {
        page::read(&text, facts);
        return Framing::FollowsWording;
    }
    facts.insert(
        "body".into(),
        boundary(answer).map_or_else(|| text.clone().into_owned(), |word| text.replace(word, "BOUNDARY")),
    );
    // The answer to HEAD has no body to tell a page from, only its type.
    if html && from_program { Framing::FollowsWording } else { Framing::Counts }
}

/// The random word between the parts of an answer of several.
fn boundary(answer: &Response) -> Option<&str> {
    let (_, word) = answer.headers.get("content-type")?.split_once("multipart/byteranges; boundary=")?;
    Some(word).filter(|word| !word.is_empty())
}

fn headers(answer: &Response, framing: Framing, facts: &mut Facts) {
    for (name, value) in answer.headers.iter() {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "set-cookie" | "location" => continue,
            "content-length" | "transfer-encoding" if framing == Framing::FollowsWording => continue,
            "date" => date(value).to_owned(),
            "content-type" => boundary(answer).map_or_else(|| value.to_owned(), |word| value.replace(word, "BOUNDARY")),
            "x-auth-request-access-token" => cookies::stable_token(value),
            _ => cookies::stable_credentials(value),
        };
        append(facts, format!("header {name}"), &value);
    }
}

/// Lines of one name are kept apart and in order.
fn append(facts: &mut Facts, at: String, value: &str) {
    facts.entry(at).and_modify(|lines| *lines = format!("{lines} ⏎ {value}")).or_insert_with(|| value.to_owned());
}

fn date(value: &str) -> &str {
    if httpdate::parse_http_date(value).is_ok() && value.ends_with(" GMT") { "<date>" } else { value }
}

fn app(received: &[(&'static str, Seen)], options: &CookieOptions, judge: &mut Judge, facts: &mut Facts) {
    facts.insert("app reached".into(), received.iter().map(|(app, _)| *app).collect::<Vec<_>>().join(" "));
    for (_, seen) in received {
        facts.insert("app method".into(), seen.method.clone());
        facts.insert("app target".into(), cookies::stable_credentials(&seen.target));
        facts.insert("app body".into(), String::from_utf8_lossy(&seen.body).into_owned());
        for (name, value) in seen.headers.iter() {
            let name = name.to_ascii_lowercase();
            let value = match name.as_str() {
                "cookie" => cookies::presented(value, options, judge),
                "x-forwarded-access-token" | "x-auth-request-access-token" => cookies::stable_token(value),
                _ => cookies::stable_credentials(value),
            };
            append(facts, format!("app header {name}"), &value);
        }
    }
}
