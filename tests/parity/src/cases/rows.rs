//! Which row of `docs/compatibility.md` shows where, and what it must look like there.

use std::collections::BTreeSet;

use crate::explain::{Explained, Pair, explained};

/// Rows that show in many places.
#[must_use]
pub fn everywhere() -> Vec<Explained> {
    let mut rows = page_headers();
    rows.extend(own_cookies_stay_here());
    rows.extend(names_for_the_app());
    rows.extend(cookie_per_login());
    rows.extend(ways_on());
    rows.push(last_word_on_a_cookie());
    rows.push(code_of_a_failure());
    rows.push(session_in_no_cache());
    rows
}

// === P83 ===

fn session_in_no_cache() -> Explained {
    explained("P83", "header cache-control", |pair| {
        pair.ours == Some("private, no-store") && !pair.all_ours["cookies set"].is_empty() && !is_page_or_redirect(pair)
    })
}

// === P70 ===

fn code_of_a_failure() -> Explained {
    explained("P70", "header x-auth-request-error", |pair| {
        pair.original.is_none() && pair.ours.is_some_and(|code| code.starts_with("E-"))
    })
}

// === D61 ===

fn page_headers() -> Vec<Explained> {
    let policy: fn(&Pair<'_>) -> bool = |pair| {
        let strict =
            |policy: &str| policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'");
        pair.original.is_none() && pair.ours.is_some_and(strict) && is_page_or_redirect(pair)
    };
    vec![
        explained("D61", "header content-security-policy", policy),
        explained("D61", "header x-content-type-options", |pair| pair.added("nosniff") && is_page_or_redirect(pair)),
        explained("D61", "header referrer-policy", |pair| pair.added("same-origin") && is_page_or_redirect(pair)),
        explained("D61", "header cache-control", |pair| {
            pair.original.is_none()
                && pair.ours.is_some_and(|value| value.contains("no-store"))
                && is_page_or_redirect(pair)
        }),
        explained("D61", "header expires", |pair| {
            pair.added("Thu, 01 Jan 1970 00:00:00 UTC") && is_page_or_redirect(pair)
        }),
        explained("D61", "header x-accel-expires", |pair| pair.added("0") && is_page_or_redirect(pair)),
    ]
}

/// Whether the answer is one of the program's own pages or redirects.
fn is_page_or_redirect(pair: &Pair<'_>) -> bool {
    let html = pair.all_ours.get("header content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let own = !pair.all_ours.contains_key("header x-answered-by");
    own && (html || pair.all_ours.contains_key("location"))
}

// === D06 ===

fn own_cookies_stay_here() -> Vec<Explained> {
    vec![explained("D06", "app header cookie", |pair| {
        let left =
            pair.original.map(|header| without_own(header, pair.cookie_name)).filter(|header| !header.is_empty());
        left.as_deref() == pair.ours
    })]
}

/// A Cookie header without the cookies of the program.
fn without_own(header: &str, name: &str) -> String {
    let foreign = |pair: &&str| {
        let tail = pair.split('=').next().unwrap_or_default().strip_prefix(name);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        !tail.is_some_and(|tail| {
            tail.is_empty()
                || tail.ends_with("_csrf")
                || tail.starts_with("_login_")
                || tail.strip_prefix('_').is_some_and(digits)
        })
    };
    let pairs = header.split(';').map(str::trim).filter(|pair| !pair.is_empty());
    pairs.filter(foreign).collect::<Vec<_>>().join("; ")
}

// === D38 ===

fn names_for_the_app() -> Vec<Explained> {
    vec![explained("D38", "app header x-auth-request-*", |pair| {
        let name = pair.place.trim_start_matches("app header ");
        // The same values as on the original's response (the app's own may follow there) and under the old name.
        let on_response = pair.all_original.get(&format!("header {name}"));
        let old_name = format!("app header {}", name.replace("x-auth-request-", "x-forwarded-"));
        let told = [on_response, pair.all_original.get(&old_name)].into_iter().flatten();
        pair.ours.is_some() && told.filter_map(|lines| lines.split(" ⏎ ").next()).any(|told| pair.ours == Some(told))
    })]
}

// === D13 ===

fn cookie_per_login() -> Vec<Explained> {
    vec![
        explained("D13", "cookies set", |pair| {
            let names = |list: Option<&str>| list.unwrap_or_default().to_owned();
            let ours = names(pair.ours);
            let shared: Vec<&str> = ours.split(", ").filter(|name| !name.contains("_login_<8 hex>")).collect();
            shared.join(", ") == names(pair.original) && ours != names(pair.original)
        }),
        // Sealed when a login begins, cleared when it ends; with the attributes of the shared cookie either way.
        explained("D13", "cookie *", |pair| {
            let of_a_login = pair.place.contains("_login_<8 hex>") && pair.original.is_none();
            let shared = |place: &str| place.contains("_csrf") && place.ends_with(" attributes");
            let as_shared =
                pair.all_ours.iter().any(|(place, lines)| shared(place) && pair.ours == Some(lines.as_str()));
            of_a_login && (as_shared || matches!(pair.ours, Some("<sealed>" | "cleared")))
        }),
    ]
}

/// The target that a login's own cookie keeps outranks the one in `state`, which anybody can change.
pub(super) fn target_in_the_sealed_cookie() -> Vec<Explained> {
    vec![
        explained("D13", "location", |pair| pair.is("/other", "/deep")),
        explained("D13", "body", |pair| pair.ours.is_some_and(|body| body.contains("\"/deep\""))),
    ]
}

// === D14 ===

/// Error pages offer to sign out besides the ways of the original.
fn ways_on() -> Vec<Explained> {
    vec![explained("D14", "page leads to *", |pair| {
        pair.place.ends_with("/sign_out") && pair.added("yes") && pair.all_ours.contains_key("page status")
    })]
}

/// A callback whose login is lost leads to a new login towards the same target.
pub(super) fn login_restarts() -> Vec<Explained> {
    vec![
        explained("D14", "status", |pair| pair.is("403", "302")),
        explained("D14", "location ?state", |pair| pair.original.is_none() && restarted(pair.ours)),
        explained("D14", "location*", |pair| pair.original.is_none() && pair.place != "location ?state"),
        explained("D14", "page *", |pair| pair.original == Some("yes") || pair.is_page_status("403")),
        explained("D14", "cookie*", |pair| pair.ours != Some("cleared") || pair.original.is_none()),
        explained("D14", "body", |pair| pair.ours.is_some_and(|body| body.contains("LOCATION"))),
    ]
}

/// Error pages of a callback lead to where the login was to end, not to `/`.
pub(super) fn target_of_the_login() -> Vec<Explained> {
    vec![
        explained("D14", "page leads to /", |pair| pair.ours.is_none() && pair.all_ours.contains_key("page status")),
        explained("D14", "page leads to /oauth2/sign_in rd=/", |pair| pair.ours.is_none()),
        explained("D14", "page leads to *", |pair| {
            pair.added("yes") && (pair.place.ends_with("/deep") || pair.place.ends_with("/x"))
        }),
    ]
}

/// D15: once `state` has been compared the login is over, whatever the provider then says.
pub(super) fn login_is_used_up() -> Vec<Explained> {
    vec![
        explained("D15", "cookie _oauth2_proxy_csrf *", |pair| {
            pair.original.is_none() && pair.all_ours.contains_key("page status")
        }),
        explained("D15", "cookies set", |pair| pair.ours == Some("_oauth2_proxy_login_<8 hex>, _oauth2_proxy_csrf")),
    ]
}

fn restarted(state: Option<&str>) -> bool {
    state.is_some_and(|state| state.trim_start_matches("encoded ").starts_with("<43 base64url>~1:"))
}

// === P03 ===

/// An answer says once what becomes of a cookie, where the original may say it several times.
fn last_word_on_a_cookie() -> Explained {
    explained("P03", "cookie*", |pair| {
        // The place of the same cookie's first line.
        let first = |place: &str| {
            let (name, kind) = place.split_once(" #").unwrap_or_default();
            format!("{name} {}", kind.split_once(' ').unwrap_or_default().1)
        };
        match (pair.place, pair.original, pair.ours) {
            ("cookies set", Some(original), Some(ours)) => {
                let distinct = |list: &str| list.split(", ").map(str::to_owned).collect::<BTreeSet<_>>();
                original.len() > ours.len() && distinct(original) == distinct(ours)
            }
            // A further line says what ours says in its only one.
            (place, Some(further), None) if place.contains(" #") => {
                pair.all_ours.get(&first(place)).is_some_and(|only| only == further)
            }
            (_, Some("<session>"), Some("cleared")) => true,
            (place, Some(original), Some(ours)) => {
                place.ends_with(" attributes") && ours == original.replacen("Max-Age=604800", "Max-Age=0", 1)
            }
            _ => false,
        }
    })
}

// === rows of single cases ===

/// D11, D12: nonce and PKCE are on by default.
pub(super) fn defaults_of_the_login() -> Vec<Explained> {
    vec![
        explained("D11", "location ?nonce", |pair| pair.added("<43 base64url>")),
        explained("D11", "session it", |pair| {
            pair.ours.map(|token| token.replace("\"nonce\":\"<set>\",", "")).as_deref() == pair.original
        }),
        explained("D12", "location ?code_challenge", |pair| pair.added("<43 base64url>")),
        explained("D12", "location ?code_challenge_method", |pair| pair.added("S256")),
        explained("D12", "location parameters", |pair| {
            let ours = pair.ours.unwrap_or_default().replace("code_challenge code_challenge_method nonce ", "");
            pair.original == Some(&ours)
        }),
        explained("D12", "cookie*", |pair| {
            pair.is(
                "fits the state, nonce <43 base64url>, verifier <0 base64url>",
                "fits the state, nonce <43 base64url>, verifier <128 base64url>",
            )
        }),
    ]
}

/// D20: a cleaned path is escaped once.
pub(super) fn cleaned_once() -> Vec<Explained> {
    vec![explained("D20", "location", |pair| pair.is("/a%2520b", "/a%20b"))]
}

/// D20: text of the provider is no format.
pub(super) fn text_of_the_provider() -> Vec<Explained> {
    vec![explained("D20", "page shows a format's fault", |pair| pair.original == Some("yes") && pair.ours.is_none())]
}

/// D20: no part of a WebSocket's query is lost.
pub(super) fn whole_query_of_a_websocket() -> Vec<Explained> {
    vec![explained("D20", "app target", |pair| pair.is("/answers/websocket?d=e", "/answers/websocket?a;b&c=%zz&d=e"))]
}

/// D53: only the path of a target is looked at, when a login begins.
pub(super) fn pattern_in_the_path_alone() -> Vec<Explained> {
    vec![explained("D53", "location ?state", |pair| {
        let kept = pair.ours.is_some_and(|state| {
            ["%2Fa%3Fu%3D", "%2Fa%3Fb%3D", "%2Fa%3Fx%3D", "%2Ffoo%23"].iter().any(|target| state.contains(target))
        });
        pair.original == Some("<43 base64url>:%2F") && kept
    })]
}

/// D53: the same on the sign-in page before a page.
pub(super) fn pattern_in_the_path_alone_of_a_page() -> Vec<Explained> {
    vec![explained("D53", "page leads to /oauth2/start rd=*", |pair| {
        pair.added("yes") || (pair.place.ends_with("rd=/") && pair.ours.is_none())
    })]
}

/// D02: a forwarded address exempts no proxied page.
pub(super) fn forwarded_uri_exempts_no_page() -> Vec<Explained> {
    vec![explained("D02", "*", |pair| {
        pair.all_original["status"] == "200"
            && pair.all_ours["status"] == "403"
            && pair.all_ours["app reached"].is_empty()
    })]
}

/// D50: the first cookie that verifies counts.
pub(super) fn first_that_verifies() -> Vec<Explained> {
    vec![explained("D50", "*", |pair| pair.all_original["status"] == "403" && pair.all_ours["status"] == "200")]
}

/// P74: what is left over of a shorter or longer session signs nobody out.
pub(super) fn no_left_over() -> Vec<Explained> {
    vec![explained("P74", "*", |pair| pair.all_original["status"] == "403" && pair.all_ours["status"] == "200")]
}

/// D04: a path that can be read in two ways is never exempt.
pub(super) fn never_exempt() -> Vec<Explained> {
    vec![explained("D04", "*", |pair| {
        pair.all_original["app reached"] == "first"
            && pair.all_ours["status"] == "403"
            && pair.all_ours["app reached"].is_empty()
    })]
}

/// D57: an address has something on both sides of its one at sign.
pub(super) fn address_of_two_parts() -> Vec<Explained> {
    vec![explained("D57", "*", |pair| pair.all_original["status"] == "200" && pair.all_ours["status"] == "403")]
}

/// P63: a session without an address passes no rule for addresses.
pub(super) fn no_address_at_all() -> Vec<Explained> {
    vec![explained("P63", "*", |pair| pair.all_original["status"] == "200" && pair.all_ours["status"] == "403")]
}

/// D10: a constraint that cannot be read is not held.
pub(super) fn malformed_constraint() -> Vec<Explained> {
    vec![explained("D10", "*", |pair| pair.all_original["status"] == "202" && pair.all_ours["status"] == "403")]
}

/// D05: a name in any spelling, also one of the response or one that is not configured.
pub(super) fn not_the_visitors_to_say() -> Vec<Explained> {
    vec![explained("D05", "app header *", |pair| {
        let forged = |value: &str| matches!(value, "root" | "root@example.com" | "wheel" | "t");
        pair.original.is_some_and(forged) && pair.ours != pair.original
    })]
}

/// D58: a callback with a parameter twice.
pub(super) fn parameter_twice() -> Vec<Explained> {
    vec![explained("D58", "*", |pair| pair.all_original["status"] == "302" && pair.all_ours["status"] == "400")]
}

/// D48: who cannot follow a redirect gets 401.
pub(super) fn no_login_for_scripts() -> Vec<Explained> {
    vec![explained("D48", "*", |pair| pair.all_original["status"] == "302" && pair.all_ours["status"] == "401")]
}

/// D22: a bad query where the sign-in page would come.
pub(super) fn bad_query_is_400() -> Vec<Explained> {
    vec![explained("D22", "status", |pair| pair.is("403", "400")), explained("D22", "page *", |_| true)]
}

/// D08: what is injected is there once, and an app cannot set it.
pub(super) fn injected_once() -> Vec<Explained> {
    vec![
        explained("D08", "header x-auth-request-user", |pair| pair.is("alice ⏎ of-the-app", "alice")),
        explained("D08", "header gap-auth", |pair| pair.is("alice@example.com ⏎ of-the-app", "alice@example.com")),
    ]
}

/// D09: `Connection` says nothing about headers that are added.
pub(super) fn added_after_connection() -> Vec<Explained> {
    vec![explained("D09", "app header *", |pair| pair.added("alice"))]
}

/// D07: several Cookie lines.
pub(super) fn two_cookie_lines() -> Vec<Explained> {
    vec![explained("D07", "app header cookie", |pair| {
        pair.original.is_some_and(|value| value.contains("a=1,")) && pair.ours == Some("a=1")
    })]
}

/// D21: no crash.
pub(super) fn no_crash() -> Vec<Explained> {
    vec![explained("D21", "*", |pair| pair.all_original["status"] == "no answer" && pair.all_ours["status"] == "302")]
}

/// D42, D44, D54.
pub(super) fn refused_with_400(id: &'static str) -> Vec<Explained> {
    vec![explained(id, "*", |pair| pair.all_ours["status"] == "400" && pair.all_ours["app reached"].is_empty())]
}

/// D42: what follows a raw `#` is not part of the target.
pub(super) fn fragment_not_forwarded() -> Vec<Explained> {
    vec![explained("D42", "app target", |pair| pair.is("/a#b", "/a"))]
}

/// D43: a head that is too large.
pub(super) fn too_large(status: &'static str) -> Vec<Explained> {
    let holds: fn(&Pair<'_>) -> bool = match status {
        "414" => |pair| pair.all_ours["status"] == "414" && pair.all_ours["app reached"].is_empty(),
        _ => |pair| pair.all_ours["status"] == "431" && pair.all_ours["app reached"].is_empty(),
    };
    vec![explained("D43", "*", holds)]
}

/// D45: TRACE and CONNECT.
pub(super) fn method_refused() -> Vec<Explained> {
    vec![explained("D45", "*", |pair| pair.all_ours["status"] == "405" && pair.all_ours["app reached"].is_empty())]
}

/// D45: an upgrade but `websocket` is dropped.
pub(super) fn other_upgrades_dropped() -> Vec<Explained> {
    vec![explained("D45", "app header *", |pair| {
        let names = ["app header connection", "app header upgrade", "app header http2-settings"];
        names.contains(&pair.place) && pair.ours.is_none()
    })]
}

/// P01: an absolute-form target is forwarded in origin form.
pub(super) fn origin_form() -> Vec<Explained> {
    vec![explained("P01", "app target", |pair| pair.is("http://other.example.com/abs?x=1", "/abs?x=1"))]
}

/// P02: a forwarded host that is a list says nothing.
pub(super) fn list_of_hosts() -> Vec<Explained> {
    vec![explained("P02", "location ?redirect_uri", |pair| {
        pair.is("https://app.example.com,%20other/oauth2/callback", "https://app.example.com/oauth2/callback")
    })]
}

/// P02: nor do several lines of an address.
pub(super) fn two_addresses_say_nothing() -> Vec<Explained> {
    vec![explained("P02", "*", |pair| pair.all_original["status"] == "202" && pair.all_ours["status"] == "401")]
}

/// P02: nor do several clients.
pub(super) fn two_clients_are_nobody() -> Vec<Explained> {
    vec![explained("P02", "*", |pair| pair.all_original["status"] == "200" && pair.all_ours["status"] == "401")]
}

/// P03: what a refreshed session leaves in the answer that signs it out.
pub(super) fn no_session_before_its_end() -> Vec<Explained> {
    vec![explained("P03", "session *", |pair| pair.ours.is_none())]
}

/// P04: framing that cannot be read, or that HTTP/1.0 does not have.
pub(super) fn unreadable_framing() -> Vec<Explained> {
    vec![explained("P04", "*", |pair| pair.all_ours["status"] == "400" && pair.all_ours["app reached"].is_empty())]
}

/// P05: a WebSocket's handshake has a date, and its failure a page.
pub(super) fn websocket_answers() -> Vec<Explained> {
    vec![explained("P05", "*", |pair| {
        let date = pair.place == "header date" && pair.added("<date>") && pair.all_ours["status"] == "101";
        let page = pair.all_ours["status"] == "502" && pair.all_original.get("body").is_some_and(String::is_empty);
        date || page
    })]
}

/// P06: the body of a request for the app is not read for a target.
pub(super) fn form_of_the_app() -> Vec<Explained> {
    vec![explained("P06", "location ?state", |pair| {
        pair.is("<43 base64url>:%2Ffrom-form", "<43 base64url>:%2Fform%3Fx%3D1")
    })]
}

/// P08: how calls to the provider introduce themselves.
pub(super) fn own_calls() -> Vec<Explained> {
    vec![
        explained("P08", "app header user-agent", |pair| pair.original == Some("Go-http-client/1.1")),
        explained("P08", "app header accept-encoding", |pair| pair.original == Some("gzip") && pair.ours.is_none()),
    ]
}

/// P09: no type is guessed for an answer that has none.
pub(super) fn no_guessed_type() -> Vec<Explained> {
    vec![explained("P09", "header content-type", |pair| pair.original.is_some() && pair.ours.is_none())]
}

/// P10: `Expect: 100-continue` is answered here.
pub(super) fn interim_answers() -> Vec<Explained> {
    let mut rows = headers_stay_after_an_interim_answer();
    rows.push(explained("P10", "app header expect", |pair| pair.original.is_some() && pair.ours.is_none()));
    rows
}

/// P10: an interim answer of the app loses no header of ours.
pub(super) fn headers_stay_after_an_interim_answer() -> Vec<Explained> {
    vec![explained("P10", "header *", |pair| {
        let injected = pair.place.contains("x-auth-request-") || pair.place == "header gap-auth";
        injected && pair.original.is_none() && pair.ours.is_some()
    })]
}

/// D40: a login that began at another host than the callback's ends where it began; a sign-out likewise.
pub(super) fn absolute_target() -> Vec<Explained> {
    vec![explained("D40", "*", |pair| {
        let link = match pair.place.strip_prefix("page leads to /oauth2/start rd=") {
            Some(target) if pair.original.is_none() => target.starts_with("https://app"),
            Some(target) => target.starts_with('/') && pair.ours.is_none(),
            None => false,
        };
        let target = matches!(pair.place, "location" | "body" | "location ?state")
            && pair.ours.is_some_and(|ours| ours.contains("https://app") || ours.contains("https%3A%2F%2Fapp"));
        link || target
    })]
}

/// D01: whom an empty list of proxies trusts.
pub(super) fn chain_from_the_right() -> Vec<Explained> {
    vec![explained("D01", "*", |pair| {
        let statuses = (pair.all_original["status"].as_str(), pair.all_ours["status"].as_str());
        matches!(statuses, ("200", "403") | ("403", "200"))
    })]
}

/// D37: the status of the page before a protected page.
pub(super) fn sign_in_page_with_200() -> Vec<Explained> {
    vec![explained("D37", "status", |pair| pair.is("403", "200"))]
}

/// D39: a target that an older version wrote into `state` is taken as written.
pub(super) fn older_state() -> Vec<Explained> {
    vec![
        explained("D39", "location", |pair| pair.is("/old/plain?a=b c", "/old/plain?a=b+c")),
        explained("D39", "body", |pair| pair.ours.is_some_and(|body| body.contains("/old/plain"))),
    ]
}

/// D52: our own style sheets, and no font.
pub(super) fn own_style_sheets() -> Vec<Explained> {
    vec![explained("D52", "*", |pair| {
        let same_kind = pair.all_original.get("header content-type") == pair.all_ours.get("header content-type");
        same_kind || pair.all_ours["status"] == "404"
    })]
}

/// D20: folders are not listed.
pub(super) fn no_listing() -> Vec<Explained> {
    vec![explained("D20", "*", |pair| pair.all_original["status"] == "200" && pair.all_ours["status"] == "404")]
}

/// P13: trailers go to those who say that they read them.
pub(super) fn trailers_on_demand() -> Vec<Explained> {
    vec![explained("P13", "*", |pair| {
        (pair.place.starts_with("trailer ") || pair.place == "header trailer") && pair.ours.is_none()
    })]
}

/// D27: no query of our own endpoints is written down.
pub(super) fn no_query_of_ours_in_logs() -> Vec<Explained> {
    vec![explained("D27", "log *", |pair| {
        let without_query = |line: &str| {
            let (before, rest) = line.split_once('?')?;
            let query = rest.split_once("\" HTTP/")?.0;
            before.contains("/oauth2/").then(|| line.replacen(&format!("?{query}"), "", 1))
        };
        pair.original.and_then(without_query).as_deref() == pair.ours
    })]
}

/// P17: a sign-in page that fails is answered with the error page, not with a piece of itself before that.
pub(super) fn failing_sign_in_page() -> Vec<Explained> {
    vec![
        explained("P17", "status", |pair| pair.is("200", "500") || pair.is("403", "500")),
        explained("P17", "body", |pair| {
            let piece = pair.original.and_then(|original| original.strip_suffix(pair.ours?));
            piece.is_some_and(|piece| piece.ends_with("before it fails"))
        }),
    ]
}

/// P17: an error page that fails leaves a line of text, and the status says so.
pub(super) fn failing_error_page() -> Vec<Explained> {
    vec![
        explained("P17", "body", |pair| {
            pair.is("<!doctype html>before it failsInternal Server Error\n", "Internal Server Error\n")
        }),
        explained("P17", "header *", |pair| {
            let html_no_more = pair.is("text/html; charset=utf-8", "text/plain; charset=utf-8");
            let not_guessed = pair.place == "header x-content-type-options" && pair.added("nosniff");
            let not_kept = pair.original.is_none() && pair.all_ours["status"] == "500";
            html_no_more || not_guessed || not_kept
        }),
    ]
}

/// P17: the same where the original has sent another status before it fails.
pub(super) fn failing_error_page_with_502() -> Vec<Explained> {
    let mut rows = failing_error_page();
    rows.push(explained("P17", "status", |pair| pair.is("502", "500")));
    rows
}

/// P17: a page is HTML, however it begins.
pub(super) fn page_is_html() -> Vec<Explained> {
    vec![explained("P17", "header content-type", |pair| {
        pair.is("text/plain; charset=utf-8", "text/html; charset=utf-8")
    })]
}

/// D59: the form for a name and a password counts from our own pages alone.
pub(super) fn cross_site_form() -> Vec<Explained> {
    vec![
        explained("D59", "status", |pair| pair.is("302", "403")),
        explained("D59", "location*", |pair| pair.ours.is_none()),
        explained("D59", "body", |_| true),
        explained("D59", "header content-type", |_| true),
        explained("D59", "page *", |pair| pair.original.is_none()),
        explained("D59", "cookie*", |pair| pair.ours.is_none()),
        explained("D59", "session *", |pair| pair.ours.is_none()),
    ]
}
