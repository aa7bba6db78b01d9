use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};
use proptest::prelude::*;
use sidecar_core::Secret;

use super::*;
use crate::codec::tests::{any_session, parts};
use crate::settings::{CacheLimits, CookieSettings};
use crate::vectors::{SECRET, TIME, now, secret, sessions};

const HOST: &str = "app.example.com";

fn settings() -> StoreSettings {
    StoreSettings::new(secret(SECRET))
}

fn store() -> CookieStore {
    CookieStore::new(settings())
}

fn headers<S: AsRef<str>>(lines: &[S]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(COOKIE, HeaderValue::from_str(line.as_ref()).unwrap());
    }
    headers
}

/// `name=value` of each line.
fn pairs(cookies: &[SetCookie]) -> Vec<String> {
    cookies.iter().map(|cookie| cookie.expose().split(';').next().unwrap().to_owned()).collect()
}

/// Name and whether it is deleted, of each line.
fn effects(cookies: &[SetCookie]) -> Vec<(String, bool)> {
    let name = |cookie: &SetCookie| cookie.expose().split('=').next().unwrap().to_owned();
    cookies.iter().map(|cookie| (name(cookie), cookie.expose().contains("Max-Age=0;"))).collect()
}

fn open(store: &CookieStore, line: &str) -> Opened {
    store.open(RequestCookies::new(&headers(&[line])), now())
}

fn user(opened: &Opened) -> Option<&str> {
    match opened {
        Opened::Session(opened) => opened.session.user.as_deref(),
        Opened::None | Opened::Rejected(_) => None,
    }
}

fn rejection(opened: &Opened) -> Option<Rejection> {
    match opened {
        Opened::Rejected(reason) => Some(*reason),
        Opened::None | Opened::Session(_) => None,
    }
}

fn session(user: &str) -> Session {
    Session { created_at: Some(now()), user: Some(user.to_owned()), ..Session::default() }
}

/// A session that needs about `bytes` of cookie.
fn big_session(user: &str, bytes: usize) -> Session {
    let mut noise = vec![0; bytes / 2];
    aws_lc_rs::rand::fill(&mut noise).unwrap();
    let token: String = noise.iter().map(|byte| char::from(33 + byte % 94)).collect();
    Session { access_token: Some(Secret::new(token)), ..session(user) }
}

fn saved(store: &CookieStore, session: &Session) -> String {
    let none = HeaderMap::new();
    pairs(&store.save(session, RequestCookies::new(&none), HOST, now()).unwrap()).join("; ")
}

#[test]
fn a_cookie_of_v7_is_opened_again_from_memory_as_the_same_session() {
    let store = store();
    let line = format!("a=1; _oauth2_proxy={}; b=2", sessions()[0].cookie);
    let (Opened::Session(first), Opened::Session(second)) = (open(&store, &line), open(&store, &line)) else {
        panic!("not opened");
    };
    assert_eq!(first.session.email.as_deref(), Some("a@b.c"));
    assert!(Arc::ptr_eq(&first.session, &second.session));
    assert_eq!(first.id, second.id);
    store.forget(RequestCookies::new(&headers(&[&line])));
    let Opened::Session(third) = open(&store, &line) else { panic!("not opened") };
    assert!(!Arc::ptr_eq(&first.session, &third.session));
    assert_eq!(first.id, third.id, "the cookie is still the same");
}

#[test]
fn an_expired_session_is_rejected_although_it_was_opened_before() {
    let store = store();
    let cookies = headers(&[saved(&store, &session("joe"))]);
    let at = |seconds| store.open(RequestCookies::new(&cookies), now() + Duration::from_secs(seconds));
    let week = 7 * 24 * 3600;
    assert_eq!(user(&at(week - 1)), Some("joe"));
    assert_eq!(rejection(&at(week)), Some(Rejection::Expired));
    let early = store.open(RequestCookies::new(&cookies), now() - Duration::from_mins(5));
    assert_eq!(rejection(&early), Some(Rejection::Expired), "five minutes from the future");
    let endless = CookieStore::new(StoreSettings { lifetime: None, ..settings() });
    let later = endless.open(RequestCookies::new(&cookies), now() + Duration::from_hours(100_000));
    assert_eq!(user(&later), Some("joe"), "no lifetime admits any age");
}

#[test]
fn of_several_cookies_the_first_that_verifies_counts_and_at_most_four_are_tried() {
    let store = store();
    let alice = saved(&store, &session("alice"));
    let mallory = saved(&store, &session("mallory"));
    let stale = "_oauth2_proxy=stale|1|x";
    for (line, expected) in [
        (format!("{stale}; {alice}"), Some("alice")),
        (format!("{alice}; {stale}"), Some("alice")),
        (format!("{alice}; {mallory}"), Some("alice")),
        (format!("{mallory}; {alice}"), Some("mallory")),
        (format!("{stale}; {stale}; {stale}; {alice}"), Some("alice")),
        (format!("{stale}; {stale}; {stale}; {stale}; {alice}"), None),
    ] {
        assert_eq!(user(&open(&store, &line)), expected, "{line}");
    }
    let two_lines = headers(&[stale, &alice]);
    assert_eq!(user(&store.open(RequestCookies::new(&two_lines), now())), Some("alice"));
}

#[test]
fn a_split_session_is_joined_in_any_order_and_found_again_in_memory() {
    let store = store();
    let line = saved(&store, &big_session("joe", 9000));
    assert!(line.contains("_oauth2_proxy_0=") && line.contains("_oauth2_proxy_1=") && !line.contains("_oauth2_proxy="));
    let Opened::Session(first) = open(&store, &line) else { panic!("not opened") };
    let reversed: Vec<&str> = line.split("; ").collect::<Vec<_>>().into_iter().rev().collect();
    let Opened::Session(second) = open(&store, &reversed.join("; ")) else { panic!("not opened") };
    assert!(Arc::ptr_eq(&first.session, &second.session));
}

#[test]
fn incomplete_or_mixed_pieces_are_rejected() {
    let store = store();
    let line = saved(&store, &big_session("joe", 14000));
    let pieces: Vec<&str> = line.split("; ").collect();
    assert!(pieces.len() >= 3, "{}", pieces.len());
    let other = saved(&store, &big_session("mallory", 14000));
    let foreign: Vec<&str> = other.split("; ").collect();
    for (line, expected) in [
        (pieces[0].to_owned(), Some(Rejection::Incomplete)),
        (pieces[1].to_owned(), None),
        (pieces[..2].join("; "), Some(Rejection::Tampered)),
        ([pieces[0], foreign[1], pieces[2]].join("; "), Some(Rejection::Tampered)),
    ] {
        let opened = open(&store, &line);
        assert_eq!(rejection(&opened), expected);
        assert_eq!(user(&opened), None);
    }
}

#[test]
fn what_is_left_over_of_before_a_session_grew_or_shrank_is_passed_over() {
    let store = store();
    let at = |seconds: u64, session: Session| {
        saved(&store, &Session { created_at: Some(UNIX_EPOCH + Duration::from_secs(TIME - seconds)), ..session })
    };
    let pieces = at(10, big_session("pieces", 6000));
    let longer = at(20, big_session("longer", 14000));
    let third = longer.split("; ").nth(2).expect("a third piece");
    for (line, expected) in [
        (format!("{pieces}; {}", at(20, session("whole"))), "pieces"),
        (format!("{pieces}; {}", at(5, session("whole"))), "whole"),
        (format!("{pieces}; {}", at(10, session("whole"))), "whole"),
        (format!("{pieces}; {}", at(1 << 30, session("whole"))), "pieces"),
        (format!("_oauth2_proxy=rubbish; {pieces}"), "pieces"),
        (format!("{pieces}; {third}"), "pieces"),
        (format!("_oauth2_proxy=rubbish; {pieces}; {third}"), "pieces"),
        (format!("{}; {third}; _oauth2_proxy_0=rubbish; _oauth2_proxy_1=rubbish", at(5, session("whole"))), "whole"),
    ] {
        let opened = open(&store, &line);
        assert_eq!(user(&opened), Some(expected), "{line:.60}");
        store.forget(RequestCookies::new(&headers(&[&line])));
        let Opened::Session(again) = open(&store, &line) else { panic!("not opened") };
        let Opened::Session(opened) = opened else { panic!("not opened") };
        assert!(!Arc::ptr_eq(&opened.session, &again.session), "what was in memory is forgotten");
    }
}

#[test]
fn saving_deletes_what_the_request_carried_in_the_other_shape() {
    let store = store();
    let save = |session: &Session, presented: &str| {
        let cookies = headers(&[presented]);
        effects(&store.save(session, RequestCookies::new(&cookies), HOST, now()).unwrap())
    };
    let set = |name: &str| (format!("_oauth2_proxy{name}"), false);
    let deleted = |name: &str| (format!("_oauth2_proxy{name}"), true);
    let small = session("joe");
    let two = big_session("joe", 6000);
    assert_eq!(save(&small, "_oauth2_proxy_0=a; _oauth2_proxy_1=b"), [set(""), deleted("_0"), deleted("_1")]);
    assert_eq!(save(&two, "_oauth2_proxy=old"), [set("_0"), set("_1"), deleted("")]);
    assert_eq!(save(&two, "_oauth2_proxy_2=c; _oauth2_proxy_0=a; x=y"), [set("_0"), set("_1"), deleted("_2")]);
    assert_eq!(save(&small, "_oauth2_proxy=old; _oauth2_proxy_csrf=x"), [set("")]);
}

#[test]
fn an_answer_deletes_each_name_once_and_no_more_than_thirty_two() {
    let store = store();
    let one_name = headers(&["_oauth2_proxy;".repeat(4000), "_oauth2_proxy_0;".repeat(3000)]);
    let expected = [("_oauth2_proxy".to_owned(), true), ("_oauth2_proxy_0".to_owned(), true)];
    assert_eq!(effects(&store.clear(RequestCookies::new(&one_name), HOST)), expected);
    let many_names: Vec<String> = (0..3000).map(|index| format!("_oauth2_proxy_{index}")).collect();
    let many_names = headers(&[many_names.join(";")]);
    assert_eq!(store.clear(RequestCookies::new(&many_names), HOST).len(), 32);
    let saved = store.save(&session("alice"), RequestCookies::new(&many_names), HOST, now()).unwrap();
    assert_eq!(saved.len(), 1 + 32);
}

#[test]
fn clearing_answers_each_session_cookie_of_the_request_in_its_order() {
    let store = store();
    let cookies = headers(&["_oauth2_proxy_1=b; a=b; _oauth2_proxy=x; _oauth2_proxy_csrf=c", "_oauth2_proxy_0099=z"]);
    let cleared = store.clear(RequestCookies::new(&cookies), HOST);
    let texts: Vec<&str> = cleared.iter().map(SetCookie::expose).collect();
    let attributes = "; Path=/; Max-Age=0; HttpOnly; Secure";
    assert_eq!(texts, ["_1", "", "_0099"].map(|suffix| format!("_oauth2_proxy{suffix}={attributes}")));
    assert!(store.clear(RequestCookies::new(&HeaderMap::new()), HOST).is_empty());
}

#[test]
fn a_session_without_a_creation_time_is_signed_and_stored_as_of_now() {
    let store = store();
    let line = saved(&store, &Session { created_at: None, ..session("joe") });
    assert!(line.contains(&format!("|{TIME}|")));
    let Opened::Session(opened) = open(&store, &line) else { panic!("not opened") };
    assert_eq!(opened.session.created_at, Some(now()));
}

#[test]
fn the_envelope_carries_the_creation_time_and_not_now() {
    let store = store();
    let created_at = Some(UNIX_EPOCH + Duration::new(TIME - 1000, 999_999_999));
    let line = saved(&store, &Session { created_at, ..session("joe") });
    assert!(line.contains(&format!("|{}|", TIME - 1000)));
}

#[test]
fn attributes_follow_the_settings_and_the_host() {
    let cookie = CookieSettings { domains: vec![".example.com".to_owned()], ..CookieSettings::default() };
    let store = CookieStore::new(StoreSettings { cookie, ..settings() });
    let none = HeaderMap::new();
    let saved = store.save(&session("joe"), RequestCookies::new(&none), "app.example.com:8443", now()).unwrap();
    let (_, attributes) = saved[0].expose().split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; Domain=example.com; Max-Age=604800; HttpOnly; Secure");
    let browser_session = CookieStore::new(StoreSettings { lifetime: None, ..settings() });
    let saved = browser_session.save(&session("joe"), RequestCookies::new(&none), HOST, now()).unwrap();
    let (_, attributes) = saved[0].expose().split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; Secure");
}

#[test]
fn a_previous_secret_opens_and_never_seals() {
    let line = saved(&store(), &session("joe"));
    let fresh = secret("asdflkjhqwer)(*&");
    let rotated = StoreSettings { previous_secrets: vec![secret(SECRET)], ..StoreSettings::new(fresh.clone()) };
    let rotated = CookieStore::new(rotated);
    assert_eq!(user(&open(&rotated, &line)), Some("joe"));
    let renewed = saved(&rotated, &session("joe"));
    assert_eq!(user(&open(&CookieStore::new(StoreSettings::new(fresh)), &renewed)), Some("joe"));
    assert_eq!(rejection(&open(&store(), &renewed)), Some(Rejection::Tampered));
}

#[test]
fn the_app_of_another_cookie_name_does_not_share_sessions() {
    let cookie = CookieSettings { name: "_oauth2_proxy_0".to_owned(), ..CookieSettings::default() };
    let other = CookieStore::new(StoreSettings { cookie, ..settings() });
    let line = saved(&other, &session("joe"));
    assert!(line.starts_with("_oauth2_proxy_0="));
    assert_eq!(rejection(&open(&store(), &line)), Some(Rejection::Incomplete));
    let renamed = line.replace("_oauth2_proxy_0=", "_oauth2_proxy=");
    assert_eq!(rejection(&open(&store(), &renamed)), Some(Rejection::Tampered));
}

#[test]
fn a_session_too_big_for_gateways_loses_what_nobody_needs() {
    let store = store();
    let fitting = saved(&store, &big_session("joe", 30_000));
    let Opened::Session(opened) = open(&store, &fitting) else { panic!("not opened") };
    assert!(opened.session.access_token.is_none());
    assert_eq!(opened.session.user.as_deref(), Some("joe"));
    let unlimited = CookieStore::new(StoreSettings { max_value_bytes: None, ..settings() });
    let pieces = saved(&unlimited, &big_session("joe", 60_000));
    assert!(pieces.contains("_oauth2_proxy_10="));
    assert!(matches!(open(&unlimited, &pieces), Opened::Session(_)));
}

proptest! {
    #[test]
    fn any_session_that_was_saved_is_opened(session in any_session()) {
        let settings = StoreSettings { max_value_bytes: None, lifetime: None, ..settings() };
        let store = CookieStore::new(StoreSettings { cache: CacheLimits { entries: 4, bytes: 1 << 20 }, ..settings });
        let created_at = session.created_at.or(Some(now()));
        let line = saved(&store, &session);
        for _ in 0..2 {
            let Opened::Session(opened) = open(&store, &line) else { panic!("not opened") };
            prop_assert_eq!(parts(&opened.session), parts(&Session { created_at, ..session.clone() }));
        }
    }

    #[test]
    fn any_cookie_header_is_judged_without_a_panic(values in proptest::collection::vec(("(|_[0-9]{1,3}|_csrf)", "[!-~]{0,80}"), 0..20)) {
        let line: Vec<String> = values.iter().map(|(suffix, value)| format!("_oauth2_proxy{suffix}={value}")).collect();
        let opened = open(&store(), &line.join("; "));
        prop_assert_eq!(user(&opened), None);
    }
}
