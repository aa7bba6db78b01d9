//! `Set-Cookie` lines taken apart: names in order, attributes as text, values opened by the original's own code.

use std::collections::BTreeMap;

use serde_json::Value;
use sidecar_testkit::Response;

use crate::clock;
use crate::facts::Facts;
use crate::judge::{CookieOptions, Judge};
use crate::place::{decode_base64url, shape, without_ports};

/// One `Set-Cookie` line.
#[derive(Debug)]
struct Line<'a> {
    name: &'a str,
    value: &'a str,
    attributes: &'a str,
    size: usize,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Self {
        let (pair, attributes) = text.split_once("; ").unwrap_or((text, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Self { name, value, attributes, size: text.len() }
    }
}

/// Puts down the cookies of an answer. `state` is the nonce that the answer's authorization request carries.
pub fn set(answer: &Response, options: &CookieOptions, state: Option<&str>, judge: &mut Judge, facts: &mut Facts) {
    let lines: Vec<Line<'_>> = answer.headers.all("set-cookie").map(Line::read).collect();
    if lines.is_empty() {
        return;
    }
    let names: Vec<String> = lines.iter().map(|line| stable_name(line.name, options, state)).collect();
    facts.insert("cookies set".into(), names.join(", "));
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, name) in lines.iter().zip(&names) {
        let count = seen.entry(name).or_default();
        *count += 1;
        let at = if *count > 1 { format!("cookie {name} #{count}") } else { format!("cookie {name}") };
        facts.insert(format!("{at} attributes"), line.attributes.to_owned());
        facts.insert(format!("{at} value"), value(line, options, state, judge));
    }
    session(&lines, options, judge, facts);
}

/// A name with its random part replaced, once that part was found to be what it must be.
fn stable_name(name: &str, options: &CookieOptions, state: Option<&str>) -> String {
    let own = |rest: &str| name.strip_prefix(&options.name).is_some_and(|tail| tail == rest);
    if let Some(nonce) = state.filter(|nonce| nonce.len() >= 8)
        && own(&format!("_{}_csrf", &nonce[..8]))
    {
        return format!("{}_<state>_csrf", options.name);
    }
    match name.strip_prefix(&options.name).and_then(|tail| tail.strip_prefix("_login_")) {
        Some(hex) if hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{}_login_<8 hex>", options.name)
        }
        _ => name.to_owned(),
    }
}

fn value(line: &Line<'_>, options: &CookieOptions, state: Option<&str>, judge: &mut Judge) -> String {
    if line.value.is_empty() {
        return "cleared".into();
    }
    if line.name.ends_with("_csrf") {
        return login(line, options, state, judge);
    }
    if line.name.contains("_login_") {
        return "<sealed>".into();
    }
    // A session's pieces are opened together; here only whether a piece is cut where it must be.
    if line.name == options.name {
        "<session>".into()
    } else if line.size == 4000 {
        "<piece that fills its line>".into()
    } else {
        "<last piece>".into()
    }
}

/// What the original reads in a login cookie, its random values by their shape, and whether it fits the state.
fn login(line: &Line<'_>, options: &CookieOptions, state: Option<&str>, judge: &mut Judge) -> String {
    let header = format!("{}={}", line.name, line.value);
    match judge.open_login(options, state.unwrap_or_default(), &header) {
        Err(why) => format!("refused: {why}"),
        Ok(login) => {
            let fits = if login["state"].as_str() == state { "fits the state" } else { "does not fit the state" };
            let shown = |member: &str| shape(login[member].as_str().unwrap_or_default());
            format!("{fits}, nonce {}, verifier {}", shown("nonce"), shown("verifier"))
        }
    }
}

/// Whether a session, or a piece of one, is kept under this name.
fn is_piece(name: &str, options: &CookieOptions) -> bool {
    let piece = |tail: &str| {
        let number = tail.strip_prefix('_');
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    name.strip_prefix(&options.name).is_some_and(|tail| tail.is_empty() || piece(tail))
}

fn session(lines: &[Line<'_>], options: &CookieOptions, judge: &mut Judge, facts: &mut Facts) {
    let pairs: Vec<String> = lines
        .iter()
        .filter(|line| is_piece(line.name, options) && !line.value.is_empty())
        .map(|line| format!("{}={}", line.name, line.value))
        .collect();
    if pairs.is_empty() {
        return;
    }
    match judge.open(options, &pairs.join("; ")) {
        Err(why) => {
            facts.insert("session".into(), format!("refused: {why}"));
        }
        Ok(session) => {
            for (member, shown) in stable_session(&session) {
                facts.insert(format!("session {member}"), shown);
            }
        }
    }
}

/// The members of a session, times relative and random values by their shape.
fn stable_session(session: &Value) -> BTreeMap<String, String> {
    let created = session["ca"].as_f64();
    let members = session.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let text = value.as_str().unwrap_or_default();
            let shown = match name.as_str() {
                "ca" => relative_to_now(created.unwrap_or_default()),
                "eo" => relative_to(value.as_f64().unwrap_or_default(), created),
                "at" | "rt" => stable_token(text),
                "it" => token(text),
                "n" => format!("<{} bytes>", text.len() / 2),
                _ => value.to_string(),
            };
            (name.clone(), shown)
        })
        .collect()
}

fn relative_to_now(seconds: f64) -> String {
    let age = clock::now_seconds() - seconds;
    if (-1.0..20.0).contains(&age) { "now".into() } else { format!("{seconds}") }
}

/// Seconds after the session's creation, to the nearest ten: the token answer and the session are not made at once.
fn relative_to(seconds: f64, created: Option<f64>) -> String {
    match created {
        Some(created) => format!("ca + {}", ((seconds - created) / 10.0).round() * 10.0),
        None => format!("{seconds}"),
    }
}

/// An opaque token of the provider by its shape; one that a case made up as it is.
#[must_use]
pub fn stable_token(text: &str) -> String {
    if text.len() == 43 { shape(text) } else { text.to_owned() }
}

/// A header's value or a target with the ports of this run and a real ID token taken out.
#[must_use]
pub fn stable_credentials(value: &str) -> String {
    let value = without_ports(value);
    match value.find("eyJ") {
        Some(at) => {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let end = value[at..].find(|c| !is_token(c)).map_or(value.len(), |length| at + length);
            format!("{}{}{}", &value[..at], token(&value[at..end]), &value[end..])
        }
        None => value,
    }
}

/// A Cookie request header as the app got it: sessions by whose they are, everything else as it is.
pub fn presented(header: &str, options: &CookieOptions, judge: &mut Judge) -> String {
    let whose = judge.open(options, header).ok();
    let pairs = header.split("; ").map(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        match &whose {
            Some(session) if is_piece(name, options) => format!("{name}=<session of {}>", session["u"]),
            _ => pair.to_owned(),
        }
    });
    pairs.collect::<Vec<_>>().join("; ")
}

/// An ID token's header and claims without those that two logins never share.
fn token(text: &str) -> String {
    let part = |index: usize| {
        let bytes = text.split('.').nth(index).and_then(decode_base64url)?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (Some(header), Some(Value::Object(mut claims))) = (part(0), part(1)) else {
        return text.to_owned();
    };
    for unlike in ["iat", "exp", "at_hash", "nonce", "jti", "iss", "auth_time"] {
        if let Some(value) = claims.get_mut(unlike) {
            *value = Value::String("<set>".into());
        }
    }
    format!("{header} {}", Value::Object(claims))
}
