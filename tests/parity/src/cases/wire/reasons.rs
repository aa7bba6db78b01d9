//! Which row of `docs/compatibility.md` shows in the grids of this folder alone, and what it must look like there.

use crate::explain::{Explained, Pair, explained};

/// D53: the same where a target shows in `Location` as it is.
pub(super) fn pattern_in_the_path_alone_at_the_end() -> Vec<Explained> {
    let kept: fn(&Pair<'_>) -> bool = |pair| {
        let behind_the_path =
            |text: &str| text.contains("?b=//c") || text.contains("?u=https://x/") || text.contains("#/bar");
        pair.all_original["location"] == "/" && pair.all_ours.get("location").is_some_and(|to| behind_the_path(to))
    };
    vec![explained("D53", "location", kept), explained("D53", "body", kept)]
}

/// D48: the same whether the original shows its page or begins a login.
pub(super) fn no_login_for_subresources() -> Vec<Explained> {
    vec![explained("D48", "*", |pair| {
        matches!(pair.all_original["status"].as_str(), "302" | "403")
            && pair.all_ours["status"] == "401"
            && pair.all_ours["body"] == "{}"
    })]
}

/// D58: an error that is told twice is no answer of a provider.
pub(super) fn error_twice() -> Vec<Explained> {
    vec![explained("D58", "*", |pair| pair.all_original["status"] == "403" && pair.all_ours["status"] == "400")]
}

/// D07: cookies of several lines reach the app in one line that it can read.
pub(super) fn cookie_lines_as_one() -> Vec<Explained> {
    vec![explained("D07", "app header cookie", |pair| {
        pair.original.is_some_and(|value| value.contains(',')) && pair.ours.is_none_or(|value| !value.contains(','))
    })]
}

/// P10: `Expect` is answered here and does not reach the app.
pub(super) fn interim_answers_to_nobody() -> Vec<Explained> {
    vec![explained("P10", "app header expect", |pair| pair.original.is_some() && pair.ours.is_none())]
}

/// P01: one without a path asks for `/`, and its clean form is a path.
pub(super) fn absolute_form_as_a_path() -> Vec<Explained> {
    vec![explained("P01", "*", |pair| {
        let cleaned = pair.all_original.get("location").is_some_and(|to| to.starts_with("http://app.example.com"));
        pair.all_original["status"] == "301" && cleaned
    })]
}

/// P02: a scheme is `http` or `https`, in any case.
pub(super) fn one_of_two_schemes() -> Vec<Explained> {
    vec![explained("P02", "location ?redirect_uri", |pair| {
        let odd = ["HTTPS://", "wss://", "https, http://"];
        let is_odd = pair.original.is_some_and(|original| odd.iter().any(|scheme| original.starts_with(scheme)));
        is_odd && pair.ours.is_some_and(|ours| ours.starts_with("http://") || ours.starts_with("https://"))
    })]
}

/// P75: a connection goes on behind a page, whose length is told.
pub(super) fn page_of_known_length() -> Vec<Explained> {
    vec![
        explained("P75", "connection afterwards", |pair| pair.is("closed", "kept")),
        explained("P75", "header connection", |pair| pair.added("keep-alive")),
    ]
}

/// P76: an empty line before a request is passed over.
pub(super) fn empty_line_passed_over() -> Vec<Explained> {
    vec![explained("P76", "*", |pair| pair.all_original["status"] == "400" && pair.all_ours["status"] == "200")]
}

/// P77: a port that none can be.
pub(super) fn no_port() -> Vec<Explained> {
    vec![explained("P77", "*", |pair| pair.all_ours["status"] == "400" && pair.all_ours["app reached"].is_empty())]
}

/// P78: a form of more than 64 KiB for an endpoint of ours.
pub(super) fn form_too_long() -> Vec<Explained> {
    vec![explained("P78", "*", |pair| pair.all_ours["status"] == "413")]
}

/// P79: the connection ends behind a body that nobody read.
pub(super) fn unread_body_ends_it() -> Vec<Explained> {
    vec![explained("P79", "connection afterwards", |pair| pair.is("kept", "closed"))]
}

/// P79: and the answer does not say so, since the body might have come until then.
pub(super) fn end_is_not_announced() -> Vec<Explained> {
    vec![explained("P79", "header connection", |pair| pair.original == Some("close") && pair.ours.is_none())]
}
