//! Which rows of `docs/compatibility.md` a generated request may bring about.

use crate::case::{Ask, Configuration};
use crate::cases::rows;
use crate::explain::{Explained, explained};
use crate::facts::Facts;
use crate::page::decode_percent;

/// What a configuration may bring about anywhere.
pub(super) fn of_options(configuration: &Configuration) -> Vec<Explained> {
    let mut rows = Vec::new();
    if configuration.flag("backend-logout-url").is_some() {
        rows.extend(rows::own_calls());
    }
    if configuration.flag("signature-key").is_some() {
        // Of other cookies (D06) and names (D38), and of a body's absence.
        rows.push(explained("P58", "app header gap-signature", |pair| pair.original.is_some() && pair.ours.is_some()));
    }
    rows
}

/// What this request may bring about.
pub(super) fn of_request(ask: &Ask, configuration: &Configuration) -> Vec<Explained> {
    let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
    let mut rows = rows::no_guessed_type();
    rows.extend(identity_of_the_app());
    rows.extend(rows::not_the_visitors_to_say());
    if query.contains(';') || query.contains("%z") {
        rows.extend(rows::bad_query_is_400());
        rows.extend(rows::malformed_constraint());
    }
    if query.contains("//") || query.contains("/../") {
        rows.extend(pattern_in_the_path_alone());
    }
    if path.ends_with("/callback") {
        rows.extend(parameter_twice());
        rows.extend(rows::target_of_the_login());
        rows.extend(rows::login_restarts());
    }
    if ask.headers.iter().any(|(name, _)| *name == "X-Forwarded-Uri") {
        rows.extend(forwarded_uri_exempts_no_page());
    }
    let has = |name: &str, value: &str| ask.headers.iter().any(|header| header.0 == name && header.1.contains(value));
    if has("Sec-Fetch-Mode", "cors") {
        rows.extend(no_login_for_subresources());
    }
    if has("Upgrade", "websocket") {
        rows.extend(rows::websocket_answers());
        rows.extend(whole_query_of_a_websocket());
    }
    if may_be_read_in_two_ways(path) {
        rows.extend(never_exempt());
    }
    if path.contains(['%', '(', '\'']) {
        rows.extend(cleaned_once());
    }
    let form = ["/sign_in", "/start", "/sign_out", "/callback"];
    let tells_a_target = ask.body.is_some_and(|body| body.contains("rd="));
    if tells_a_target && !form.iter().any(|end| path.strip_prefix(configuration.prefix()) == Some(end)) {
        rows.extend(body_is_not_read());
    }
    rows
}

/// P79: what a body that nobody read may bring about.
pub(super) fn of_an_unread_body() -> Vec<Explained> {
    vec![
        explained("P79", "connection afterwards", |pair| pair.is("kept", "closed")),
        explained("P79", "header connection", |pair| pair.original == Some("close") && pair.ours.is_none()),
    ]
}

/// What a login may bring about.
pub(super) fn of_login() -> Vec<Explained> {
    let mut rows = rows::target_of_the_login();
    rows.extend(rows::login_restarts());
    rows.extend(login_is_used_up());
    rows.push(explained("D14", "page leads to *", |pair| {
        pair.added("yes") && pair.all_ours.contains_key("page status")
    }));
    rows
}

/// D08: what an app says of who somebody is counts for nothing.
fn identity_of_the_app() -> Vec<Explained> {
    vec![explained("D08", "header *", |pair| {
        let of_the_app = |value: &str| value == "of-the-app" || value.ends_with(" ⏎ of-the-app");
        let ours = pair.original.map(|value| value.trim_end_matches("of-the-app").trim_end_matches(" ⏎ "));
        pair.original.is_some_and(of_the_app) && pair.ours == ours.filter(|value| !value.is_empty())
    })]
}

/// D15: as [`rows::login_is_used_up`], whatever the cookie is called.
fn login_is_used_up() -> Vec<Explained> {
    vec![
        explained("D15", "cookie *", |pair| {
            pair.place.contains("_csrf ") && pair.original.is_none() && pair.all_ours.contains_key("page status")
        }),
        explained("D15", "cookies set", |pair| {
            pair.original.is_none() && pair.ours.is_some_and(|names| names.contains("_login_<8 hex>"))
        }),
    ]
}

/// D53: as [`rows::pattern_in_the_path_alone`].
fn pattern_in_the_path_alone() -> Vec<Explained> {
    vec![
        explained("D53", "location ?state", |pair| {
            pair.original.is_some_and(|state| [":%2F", ":/"].iter().any(|root| state.ends_with(root)))
        }),
        explained("D53", "page leads to *", |pair| {
            let root = pair.place.ends_with(" /") || pair.place.contains("rd=/");
            pair.added("yes") || (root && pair.ours.is_none())
        }),
    ]
}

/// P06: a login before a page of the app is about the request's own address, whatever its body says.
fn body_is_not_read() -> Vec<Explained> {
    vec![explained("P06", "*", |pair| {
        let asked = matches!(pair.all_ours["status"].as_str(), "302" | "403");
        let place = ["location", "page ", "body", "cookie", "status", "header content-type"];
        asked && place.iter().any(|at| pair.place.starts_with(at))
    })]
}

/// Whether a lenient decoding of the path is another path.
fn may_be_read_in_two_ways(path: &str) -> bool {
    ["%2F", "%2e", "%5c", "%25", "%23", "%3F", "%0", "%C3"].iter().any(|escape| path.contains(escape))
}

/// D04: as [`rows::never_exempt`], whatever then leads to the login, or is the answer to a query that it cannot lead back to.
fn never_exempt() -> Vec<Explained> {
    vec![explained("D04", "*", |pair| reaches_less(pair.all_ours, pair.all_original))]
}

/// D02: as [`rows::forwarded_uri_exempts_no_page`], whatever then leads to the login.
fn forwarded_uri_exempts_no_page() -> Vec<Explained> {
    // Nor does it make one need a session that needs none.
    vec![explained("D02", "*", |pair| {
        reaches_less(pair.all_ours, pair.all_original) || reaches_less(pair.all_original, pair.all_ours)
    })]
}

/// Whether fewer of the requests of a connection come to an app on this side, and one is told to sign in instead.
fn reaches_less(one: &Facts, other: &Facts) -> bool {
    let statuses = one.get("statuses before").into_iter().chain(one.get("status"));
    let login = statuses.flat_map(|text| text.split(' ')).any(|status| matches!(status, "400" | "401" | "403" | "302"));
    login && one["app reached"].len() < other["app reached"].len()
}

/// D58: a parameter in the query and in the form is there twice.
fn parameter_twice() -> Vec<Explained> {
    vec![explained("D58", "*", |pair| {
        matches!(pair.all_original["status"].as_str(), "302" | "403") && pair.all_ours["status"] == "400"
    })]
}

/// D20: a cleaned path is escaped as it came.
fn cleaned_once() -> Vec<Explained> {
    vec![explained("D20", "*", |pair| {
        let as_it_came = pair.original.map(decode_percent);
        matches!(pair.place, "location" | "body") && as_it_came.as_deref() == pair.ours
    })]
}

/// D48: as [`rows::no_login_for_scripts`], whether the original shows its page or begins a login.
fn no_login_for_subresources() -> Vec<Explained> {
    vec![explained("D48", "*", |pair| {
        matches!(pair.all_original["status"].as_str(), "302" | "403" | "400") && pair.all_ours["status"] == "401"
    })]
}

/// D20: as [`rows::whole_query_of_a_websocket`].
fn whole_query_of_a_websocket() -> Vec<Explained> {
    vec![explained("D20", "app target", |pair| pair.ours.is_some_and(|target| target.ends_with("?a;b")))]
}
