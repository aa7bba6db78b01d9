use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};
use proptest::prelude::*;
use sidecar_core::Secret;
use sidecar_core::login::{Nonce, Pkce};

use super::*;
use crate::vectors::{
    self, CSRF_NAME, CSRF_PER_REQUEST_NAME, CSRF_RECORD, CSRF_STATE_HASH, IV, SECRET, TIME, hex, now, secret,
};

const HOST: &str = "app.example.com";
const TO: Destination<'_> = Destination { return_to: "https://app.example.com/deep?a=b", restarts: 1 };

fn settings() -> LoginSettings {
    LoginSettings::new(secret(SECRET))
}

fn logins() -> LoginCookies {
    LoginCookies::new(settings())
}

fn per_request(limit: Option<usize>) -> LoginCookies {
    LoginCookies::new(LoginSettings { csrf: CsrfNaming::PerRequest { limit }, ..settings() })
}

fn attempt() -> LoginAttempt {
    LoginAttempt::random(Pkce::On).unwrap()
}

/// The attempt of vector F.
fn vector_attempt() -> LoginAttempt {
    LoginAttempt {
        state: Nonce::from_bytes((0..32).collect()),
        nonce: Nonce::from_bytes((32..64).collect()),
        code_verifier: Some(Secret::from("verifier-verifier")),
    }
}

fn headers(line: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !line.is_empty() {
        headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
    }
    headers
}

fn pair(cookie: &SetCookie) -> String {
    cookie.expose().split(';').next().unwrap().to_owned()
}

fn begin(logins: &LoginCookies, attempt: &LoginAttempt, presented: &str, now: SystemTime) -> Vec<SetCookie> {
    logins.begin(attempt, TO, RequestCookies::new(&headers(presented)), HOST, now).unwrap()
}

/// The two pairs that a fresh login sets: v7's and its own.
fn begun(logins: &LoginCookies, attempt: &LoginAttempt) -> [String; 2] {
    let cookies = begin(logins, attempt, "", now());
    [pair(&cookies[0]), pair(&cookies[1])]
}

fn take(logins: &LoginCookies, attempt: &LoginAttempt, line: &str) -> Result<TakenLogin, LoginStateError> {
    logins.take(&attempt.state.hash(), RequestCookies::new(&headers(line)), HOST, now())
}

fn is_deletion(cookie: &SetCookie) -> bool {
    cookie.expose().contains("; Max-Age=0;")
}

/// The names that are deleted.
fn deleted(cookies: &[SetCookie]) -> Vec<String> {
    cookies.iter().filter(|cookie| is_deletion(cookie)).map(|cookie| pair(cookie).replace('=', "")).collect()
}

fn same(a: &LoginAttempt, b: &LoginAttempt) -> bool {
    let verifier = |attempt: &LoginAttempt| attempt.code_verifier.as_ref().map(|verifier| verifier.expose().clone());
    a.state.expose() == b.state.expose() && a.nonce.expose() == b.nonce.expose() && verifier(a) == verifier(b)
}

#[test]
fn the_csrf_cookie_is_the_vector_of_v7() {
    let secret = secret(SECRET);
    assert_eq!(*csrf::encode(&vector_attempt()), hex(CSRF_RECORD));
    let sealed = secret.cfb().seal_under(IV, &hex(CSRF_RECORD));
    let mint = |name| sign::mint(secret.hmac(), name, &sealed, i64::try_from(TIME).unwrap());
    assert_eq!(mint(CSRF_NAME), vectors::csrf_value());
    assert_eq!(mint(CSRF_PER_REQUEST_NAME), vectors::csrf_per_request_value());
    assert_eq!(logins().csrf_name(CSRF_STATE_HASH), CSRF_NAME);
    assert_eq!(per_request(None).csrf_name(CSRF_STATE_HASH), CSRF_PER_REQUEST_NAME);
    assert_eq!(per_request(None).csrf_name("short"), CSRF_NAME);
}

#[test]
fn a_login_begun_on_v7_ends_here() {
    for (logins, name, value) in [
        (logins(), CSRF_NAME, vectors::csrf_value()),
        (per_request(None), CSRF_PER_REQUEST_NAME, vectors::csrf_per_request_value()),
    ] {
        let taken = take(&logins, &vector_attempt(), &format!("{name}={value}")).unwrap();
        assert!(same(&taken.attempt, &vector_attempt()));
        assert_eq!((taken.return_to, taken.restarts), (None, 0));
        assert_eq!(deleted(&taken.clear), [name]);
    }
}

#[test]
fn a_login_writes_both_cookies_and_either_is_enough() {
    let logins = logins();
    let attempt = attempt();
    let [shared, own] = begun(&logins, &attempt);
    assert!(shared.starts_with("_oauth2_proxy_csrf="));
    assert!(own.starts_with("_oauth2_proxy_login_"));
    let taken = take(&logins, &attempt, &own).unwrap();
    assert!(same(&taken.attempt, &attempt));
    assert_eq!((taken.return_to.as_deref(), taken.restarts), (Some(TO.return_to), 1));
    assert_eq!(deleted(&taken.clear).len(), 1, "what was not sent is not removed");
    assert!(same(&take(&logins, &attempt, &shared).unwrap().attempt, &attempt));
    let both = take(&logins, &attempt, &format!("{shared}; {own}")).unwrap();
    assert_eq!(both.return_to.as_deref(), Some(TO.return_to), "its own cookie comes first");
    assert_eq!(deleted(&both.clear).len(), 2, "what was used is removed");
}

#[test]
fn a_second_tab_does_not_end_the_login_of_the_first() {
    let logins = logins();
    let (first, second) = (attempt(), attempt());
    let [_, own_first] = begun(&logins, &first);
    let [shared, own_second] = begun(&logins, &second);
    let line = format!("{own_first}; {shared}; {own_second}");
    let taken = take(&logins, &first, &line).unwrap();
    assert!(same(&taken.attempt, &first));
    assert_eq!(deleted(&taken.clear), [own_first.split('=').next().unwrap()], "the other tab's cookies stay");
    assert!(same(&take(&logins, &second, &line).unwrap().attempt, &second));
}

#[test]
fn an_overwritten_login_of_v7_gives_the_attempt_that_overwrote_it() {
    let logins = logins();
    let (first, second) = (attempt(), attempt());
    let [shared, _] = begun(&logins, &second);
    let taken = take(&logins, &first, &shared).unwrap();
    assert!(same(&taken.attempt, &second), "the callback sees that the state is another one");
    assert_eq!(deleted(&taken.clear), [CSRF_NAME]);
}

#[test]
fn of_several_csrf_cookies_the_one_of_this_login_is_found() {
    let logins = logins();
    let (first, second) = (attempt(), attempt());
    let [shared_first, _] = begun(&logins, &first);
    let [shared_second, _] = begun(&logins, &second);
    let line = format!("_oauth2_proxy_csrf=broken; {shared_second}; {shared_first}");
    assert!(same(&take(&logins, &first, &line).unwrap().attempt, &first));
}

#[test]
fn of_many_login_cookies_of_one_name_the_first_eight_are_tried() {
    let logins = logins();
    let attempt = attempt();
    for cookie in begun(&logins, &attempt) {
        let name = cookie.split('=').next().unwrap();
        let behind = |count: usize| format!("{}{cookie}", format!("{name}=broken; ").repeat(count));
        assert!(take(&logins, &attempt, &behind(MAX_TRIED - 1)).is_ok(), "{name}");
        assert!(take(&logins, &attempt, &behind(MAX_TRIED)).is_err(), "{name}");
    }
}

#[test]
fn missing_altered_and_expired_state_are_told_apart() {
    let logins = logins();
    let attempt = attempt();
    let [shared, own] = begun(&logins, &attempt);
    let at = |seconds, line: &str| {
        let now = now() + Duration::from_secs(seconds);
        logins.take(&attempt.state.hash(), RequestCookies::new(&headers(line)), HOST, now).err()
    };
    let altered = |pair: &str| pair.replacen("=A", "=B", 1) + "A";
    assert_eq!(at(0, ""), Some(LoginStateError::Missing));
    assert_eq!(at(0, "_oauth2_proxy_login_00000000=x"), Some(LoginStateError::Missing), "another login's");
    assert_eq!(at(0, &altered(&own)), Some(LoginStateError::Tampered));
    assert_eq!(at(0, &altered(&shared)), Some(LoginStateError::Tampered));
    assert_eq!(at(899, &own), None);
    assert_eq!(at(900, &own), Some(LoginStateError::Expired));
    assert_eq!(at(900, &shared), Some(LoginStateError::Expired));
    assert_eq!(at(900, &format!("{shared}; {}", altered(&own))), Some(LoginStateError::Expired));
}

#[test]
fn a_sealed_cookie_opens_under_its_own_name_only() {
    let logins = logins();
    let (first, second) = (attempt(), attempt());
    let [_, own_first] = begun(&logins, &first);
    let value = own_first.split_once('=').unwrap().1;
    let elsewhere = format!("{}={value}", logins.names.login(&second.state.hash()));
    assert_eq!(take(&logins, &second, &elsewhere).err(), Some(LoginStateError::Tampered));
    let other_secret = LoginCookies::new(LoginSettings::new(secret("asdflkjhqwer)(*&")));
    assert_eq!(take(&other_secret, &first, &own_first).err(), Some(LoginStateError::Tampered));
}

#[test]
fn cookies_of_one_purpose_do_not_pass_for_another() {
    let logins = logins();
    let attempt = attempt();
    let [shared, own] = begun(&logins, &attempt);
    let value = |pair: &str| pair.split_once('=').unwrap().1.to_owned();
    let own_name = logins.names.login(&attempt.state.hash());
    for line in [
        format!("{CSRF_NAME}={}", value(&own)),
        format!("{own_name}={}", value(&shared)),
        format!("{CSRF_NAME}={}", vectors::sessions()[0].cookie),
    ] {
        assert_eq!(take(&logins, &attempt, &line).err(), Some(LoginStateError::Tampered), "{line}");
    }
}

#[test]
fn every_flipped_bit_of_a_sealed_cookie_is_noticed() {
    let secret = secret(SECRET);
    let value = sealed::seal(&secret, "n", &vector_attempt(), TO, 1_700_000_000).unwrap();
    let open = |value: &str| sealed::open(&secret, "n", value, None, now()).is_ok();
    assert!(open(&value));
    for position in 0..value.len() - 1 {
        let mut bytes = value.as_bytes().to_vec();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        assert!(!open(&String::from_utf8(bytes).unwrap()), "{position}");
        assert!(!open(&value[..position]), "cut to {position}");
    }
}

#[test]
fn attributes_are_those_of_v7_csrf_cookie() {
    let mut settings = settings();
    settings.cookie.domains = vec![".example.com".to_owned()];
    settings.cookie.same_site = Some(sidecar_core::cookie::SameSite::Lax);
    let attributes = |settings: &LoginSettings| {
        let cookies = begin(&LoginCookies::new(settings.clone()), &attempt(), "", now());
        let mut texts: Vec<String> =
            cookies.iter().map(|cookie| cookie.expose().split_once(';').unwrap().1.to_owned()).collect();
        texts.dedup();
        assert_eq!(texts.len(), 1, "both have the same");
        texts.remove(0)
    };
    assert_eq!(attributes(&settings), " Path=/; Domain=example.com; Max-Age=900; HttpOnly; Secure; SameSite=Lax");
    settings.same_site = Some(sidecar_core::cookie::SameSite::None);
    settings.lifetime = None;
    assert_eq!(attributes(&settings), " Path=/; Domain=example.com; HttpOnly; Secure; SameSite=None");
}

#[test]
fn at_most_eight_logins_are_kept_and_the_oldest_goes() {
    let logins = logins();
    let mut held: Vec<String> = Vec::new();
    for n in 0..12 {
        let cookies = begin(&logins, &attempt(), &held.join("; "), now() + Duration::from_secs(n));
        for name in deleted(&cookies) {
            assert!(held[0].starts_with(&name), "the oldest");
            held.remove(0);
        }
        held.push(pair(cookies.last().unwrap()));
        assert_eq!(held.len(), usize::try_from(n + 1).unwrap().min(8));
    }
    let with_broken = format!("_oauth2_proxy=x; {}; _oauth2_proxy_login_00000000=x; a=b", held[1..].join("; "));
    let cookies = begin(&logins, &attempt(), &with_broken, now() + Duration::from_secs(20));
    assert_eq!(deleted(&cookies), ["_oauth2_proxy_login_00000000"], "what does not open goes first");
}

#[test]
fn per_request_csrf_cookies_are_limited_as_v7_does() {
    for (limit, most) in [(Some(2), 3), (None, 8)] {
        let logins = per_request(limit);
        let mut held: Vec<String> = Vec::new();
        for n in 0..20 {
            let newest_first = held.iter().rev().map(String::as_str).collect::<Vec<_>>().join("; ");
            let cookies = begin(&logins, &attempt(), &newest_first, now() + Duration::from_secs(n));
            for name in deleted(&cookies) {
                let before = held.len();
                let kind = if name.ends_with("_csrf") { "_csrf=" } else { "_login_" };
                assert!(held.iter().find(|pair| pair.contains(kind)).unwrap().starts_with(&name), "the oldest");
                held.retain(|pair| !pair.starts_with(&name));
                assert_eq!(held.len(), before - 1);
            }
            held.extend(cookies.iter().filter(|cookie| !is_deletion(cookie)).map(pair));
            let csrf = held.iter().filter(|pair| pair.contains("_csrf=")).count();
            assert_eq!(csrf, most.min(usize::try_from(n + 1).unwrap()));
        }
    }
}

#[test]
fn a_login_deletes_a_bounded_number_of_others() {
    let names = |form: fn(u32) -> String| (0..2000).map(form).collect::<Vec<_>>().join("; ");
    let broken = names(|n| format!("_oauth2_proxy_login_{n:08x}"));
    assert_eq!(deleted(&begin(&logins(), &attempt(), &broken, now())).len(), 32);
    let value = pair(&begin(&per_request(Some(2)), &attempt(), "", now())[0]);
    let same = [value.as_str(); 200].join("; ");
    assert_eq!(deleted(&begin(&per_request(Some(2)), &attempt(), &same, now())).len(), 1, "each name once");
}

#[test]
fn a_very_long_target_is_left_to_the_state_parameter() {
    let logins = logins();
    let attempt = attempt();
    let long = format!("/{}", "x".repeat(4000));
    let destination = Destination { return_to: &long, restarts: 0 };
    let none = HeaderMap::new();
    let cookies = logins.begin(&attempt, destination, RequestCookies::new(&none), HOST, now()).unwrap();
    assert!(cookies[1].expose().len() < 600);
    assert_eq!(take(&logins, &attempt, &pair(&cookies[1])).unwrap().return_to, None);
}

#[test]
fn an_attempt_without_pkce_has_no_verifier_afterwards() {
    let logins = logins();
    let attempt = LoginAttempt::random(Pkce::Off).unwrap();
    for cookie in begun(&logins, &attempt) {
        let taken = take(&logins, &attempt, &cookie).unwrap();
        assert!(same(&taken.attempt, &attempt));
    }
}

#[test]
fn a_cookie_of_either_kind_without_a_state_is_no_login() {
    let secret = secret(SECRET);
    let empty =
        LoginAttempt { state: Nonce::from_bytes(vec![]), nonce: Nonce::from_bytes(vec![1]), code_verifier: None };
    let issued_at = i64::try_from(TIME).unwrap();
    let destination = Destination { return_to: "", restarts: 0 };
    let own_name = logins().names.login("");
    for line in [
        format!("{CSRF_NAME}={}", csrf::seal(&secret, CSRF_NAME, &empty, issued_at).unwrap()),
        format!("{own_name}={}", sealed::seal(&secret, &own_name, &empty, destination, issued_at).unwrap()),
    ] {
        let taken = logins().take("", RequestCookies::new(&headers(&line)), HOST, now());
        assert_eq!(taken.err(), Some(LoginStateError::Tampered), "{line}");
    }
}

#[test]
fn the_current_secret_and_a_previous_one_end_a_login() {
    let attempt = attempt();
    let pairs = begun(&logins(), &attempt);
    let rotated =
        LoginSettings { previous_secrets: vec![secret(SECRET)], ..LoginSettings::new(secret("asdflkjhqwer)(*&")) };
    let rotated = LoginCookies::new(rotated);
    for pair in pairs.into_iter().chain(begun(&rotated, &attempt)) {
        assert!(take(&rotated, &attempt, &pair).is_ok());
    }
}

proptest! {
    #[test]
    fn any_state_and_cookies_are_judged_without_a_panic(state in ".{0,50}", value in "[!-~]{0,200}") {
        for logins in [logins(), per_request(None)] {
            let name = logins.names.login(&state);
            let csrf = logins.csrf_name(&state);
            let line = format!("{name}={value}; {CSRF_NAME}={value}");
            let taken = logins.take(&state, RequestCookies::new(&headers(&line)), HOST, now());
            prop_assert!(taken.is_err());
            prop_assert!(csrf.ends_with("_csrf"));
        }
    }
}
