//! Which row of `docs/compatibility.md` shows where.

use crate::explain::{Explained, explained};

/// Rows that show in many places.
#[must_use]
pub fn everywhere() -> Vec<Explained> {
    vec![]
}

/// D11, D12.
pub(super) fn defaults_of_the_login() -> Vec<Explained> {
    vec![]
}
/// D20.
pub(super) fn cleaned_once() -> Explained {
    explained("D20", "location", |_| true)
}
/// D53.
pub(super) fn pattern_in_the_path_alone() -> Explained {
    explained("D53", "*", |_| true)
}
/// D02.
pub(super) fn forwarded_uri_exempts_no_page() -> Vec<Explained> {
    vec![explained("D02", "*", |_| true)]
}
/// D50.
pub(super) fn first_that_verifies() -> Explained {
    explained("D50", "*", |_| true)
}
/// D04.
pub(super) fn never_exempt() -> Vec<Explained> {
    vec![explained("D04", "*", |_| true)]
}
/// D57.
pub(super) fn address_of_two_parts() -> Vec<Explained> {
    vec![explained("D57", "*", |_| true)]
}
/// D10.
pub(super) fn malformed_constraint() -> Vec<Explained> {
    vec![explained("D10", "*", |_| true)]
}
/// D05.
pub(super) fn every_spelling() -> Vec<Explained> {
    vec![explained("D05", "*", |_| true)]
}
/// D05.
pub(super) fn names_of_the_response() -> Vec<Explained> {
    vec![explained("D05", "*", |_| true)]
}
/// D05.
pub(super) fn every_name() -> Vec<Explained> {
    vec![explained("D05", "*", |_| true)]
}
/// D14.
pub(super) fn login_restarts() -> Vec<Explained> {
    vec![explained("D14", "*", |_| true)]
}
/// D20.
pub(super) fn text_of_the_provider() -> Vec<Explained> {
    vec![explained("D20", "*", |_| true)]
}
/// D58.
pub(super) fn parameter_twice() -> Vec<Explained> {
    vec![explained("D58", "*", |_| true)]
}
/// D48.
pub(super) fn no_login_for_scripts() -> Vec<Explained> {
    vec![explained("D48", "*", |_| true)]
}
/// D22.
pub(super) fn bad_query_is_400() -> Vec<Explained> {
    vec![explained("D22", "*", |_| true)]
}
/// D08.
pub(super) fn injected_once() -> Vec<Explained> {
    vec![explained("D08", "*", |_| true)]
}
/// D07.
pub(super) fn two_cookie_lines() -> Vec<Explained> {
    vec![explained("D07", "*", |_| true)]
}

/// D42, D44, D54.
pub(super) fn refused_with_400(id: &'static str) -> Vec<Explained> {
    vec![
        explained(id, "status", |pair| pair.ours == Some("400")),
        explained(id, "app *", |pair| pair.ours.is_none_or(str::is_empty)),
    ]
}

/// D42.
pub(super) fn fragment_not_forwarded() -> Vec<Explained> {
    vec![explained("D42", "app target", |pair| pair.is("/a#b", "/a"))]
}

/// D43.
pub(super) fn too_large(status: &'static str) -> Vec<Explained> {
    let holds: fn(&crate::explain::Pair<'_>) -> bool = match status {
        "414" => |pair| pair.is("200", "414"),
        _ => |pair| pair.is("200", "431"),
    };
    vec![explained("D43", "status", holds), explained("D43", "app *", |pair| pair.ours.is_none_or(str::is_empty))]
}

/// D45.
pub(super) fn method_refused() -> Vec<Explained> {
    vec![explained("D45", "status", |pair| pair.ours == Some("405")), explained("D45", "*", |_| true)]
}

/// D20.
pub(super) fn whole_query_of_a_websocket() -> Vec<Explained> {
    vec![explained("D20", "app target", |pair| pair.ours == Some("/answers/websocket?a;b&c=%zz&d=e"))]
}

/// D45.
pub(super) fn other_upgrades_dropped() -> Vec<Explained> {
    vec![explained("D45", "app header *", |pair| pair.original.is_some() && pair.ours.is_none())]
}
