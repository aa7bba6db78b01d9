//! What one side showed, taken apart into small named facts that can be compared one by one.
//!
//! A fact's name says where it was seen: `status`, `header content-type`, `location ?state`, `cookie _oauth2_proxy
//! attributes`, `page goes to`, `app header x-forwarded-user`. What must differ between two programs (random
//! values, times) is replaced by its checked shape; everything else stays as it was sent.

use std::collections::BTreeMap;

use crate::cookies;
use crate::judge::{CookieOptions, Judge};
use crate::page;
use crate::place;
use crate::wire::Answer;

/// A place → what was there.
pub type Facts = BTreeMap<String, String>;

/// One request as the app received it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request line's method.
    pub method: String,
    /// The request line's target, byte for byte.
    pub target: String,
    /// Header lines in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Which of the apps it was.
    pub app: &'static str,
}

/// Everything that one request brought about on one side.
#[derive(Debug)]
pub struct Exchange {
    /// The program's answer.
    pub answer: Answer,
    /// What reached an app.
    pub received: Vec<Received>,
}

/// Takes an exchange apart.
pub fn of(exchange: &Exchange, options: &CookieOptions, judge: &mut Judge) -> Facts {
    let mut facts = Facts::new();
    let answer = &exchange.answer;
    facts.insert("status".into(), answer.status.to_string());
    let from_program = exchange.received.is_empty();
    let login_state = location(answer, &mut facts);
    cookies::set(answer, options, login_state.as_deref(), judge, &mut facts);
    let framing_counts = body(answer, from_program, &mut facts);
    headers(answer, framing_counts, &mut facts);
    app(&exchange.received, &mut facts);
    facts
}

/// Whether the length and framing of a body are the program's behaviour rather than that of its page's wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Counts,
    FollowsWording,
}

/// `Location`, its query parameter by parameter when it leads to the provider; gives the state's nonce.
fn location(answer: &Answer, facts: &mut Facts) -> Option<String> {
    let target = answer.header("location")?;
    match place::authorization_request(target) {
        None => {
            facts.insert("location".into(), place::stable(target));
            None
        }
        Some(request) => {
            facts.insert("location".into(), request.endpoint);
            facts.insert("location parameters".into(), request.order.join(" "));
            for (name, value) in request.parameters {
                facts.insert(format!("location ?{name}"), value);
            }
            request.state
        }
    }
}

fn body(answer: &Answer, from_program: bool, facts: &mut Facts) -> Framing {
    let html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(target) = answer.header("location").filter(|_| from_program) {
        let escaped = page::escape(target);
        let stable = text.replace(&escaped, "LOCATION").replace(target, "LOCATION");
        facts.insert("body".into(), stable);
        return Framing::FollowsWording;
    }
    if html && from_program && text.contains("<html") {
        page::read(&text, facts);
        return Framing::FollowsWording;
    }
    facts.insert("body".into(), text.into_owned());
    // The answer to HEAD has no body to tell a page from, only its type.
    if html && from_program { Framing::FollowsWording } else { Framing::Counts }
}

fn headers(answer: &Answer, framing: Framing, facts: &mut Facts) {
    for (name, value) in &answer.headers {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "set-cookie" | "location" => continue,
            "content-length" | "transfer-encoding" if framing == Framing::FollowsWording => continue,
            "date" => date(value).to_owned(),
            _ => place::without_ports(value),
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

fn app(received: &[Received], facts: &mut Facts) {
    facts.insert("app reached".into(), received.iter().map(|one| one.app).collect::<Vec<_>>().join(" "));
    for one in received {
        facts.insert("app method".into(), one.method.clone());
        facts.insert("app target".into(), one.target.clone());
        facts.insert("app body".into(), String::from_utf8_lossy(&one.body).into_owned());
        for (name, value) in &one.headers {
            append(facts, format!("app header {}", name.to_ascii_lowercase()), &place::without_ports(value));
        }
    }
}
