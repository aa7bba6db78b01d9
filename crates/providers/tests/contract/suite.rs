//! What every provider must do, whoever it is. A new provider implements [`Subject`] and calls `contract!` once.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use sidecar_core::login::{LoginAttempt, StateEncoding, StateParameter};
use sidecar_core::policy::Standing;
use sidecar_core::{Secret, Session};
use sidecar_net::{Dialer, Proxies, Tls, TlsSettings};
use sidecar_oidc::{
    Account, AuthorizationRequest, Background, Callback, Client, Freshness, Provider, RefreshError, Refreshed, Verdict,
    VerifiedCallback,
};
use sidecar_providers::{Settings, build};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::idp::{DISCOVERY, Idp, Reply, now};

pub(crate) const REDIRECT_URI: &str = "https://auth.example.com/oauth2/callback";
pub(crate) const CLIENT_SECRET: &str = "marked-secret/+ %";

/// One provider under test.
pub(crate) trait Subject: Sync {
    /// The provider, with `idp` on its other side, the client id `app` and [`CLIENT_SECRET`].
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider>;

    /// Makes `idp` let alice in with this attempt: e-mail `alice@example.com`, tokens that begin with `marked`.
    fn admit(&self, idp: &Idp, attempt: &LoginAttempt);

    /// The paths that a first login asks for, metadata apart.
    fn calls(&self) -> &'static [&'static str];

    /// Those of them whose answer is its status alone.
    fn confirmations(&self) -> &'static [&'static str] {
        &[]
    }

    /// The path that gives tokens.
    fn token_path(&self) -> &'static str;

    /// Whether sessions can be refreshed, and whether there is metadata to wait for.
    fn traits(&self) -> &'static [Trait];

    /// The same provider with each of its own restrictions (D41) so that alice does not meet it; what it is called is for
    /// messages. None where it has no restriction beside those that all have.
    fn restricted(&self, _idp: &Idp) -> Vec<(&'static str, Settings)> {
        Vec::new()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trait {
    Refreshes,
    Discovers,
}

/// A client that gives up soon, for the tests in which nobody answers.
pub(crate) fn client() -> Client {
    patient().with_deadline(Duration::from_millis(500))
}

/// A client with the deadline that it has by itself, for tests with much to do at once.
pub(crate) fn patient() -> Client {
    let tls = Tls::new(&TlsSettings::default()).unwrap();
    Client::new(Dialer::new(tls, Proxies::Direct))
}

pub(crate) fn background() -> Background {
    Background::new(Handle::current())
}

/// The provider once it knows what it must.
pub(crate) async fn ready(subject: &dyn Subject, idp: &Idp) -> Arc<dyn Provider> {
    let provider = subject.build(idp, client(), background());
    provider.ready_once().await.unwrap();
    provider
}

/// The callback with which a browser comes back from a login.
pub(crate) fn callback(attempt: &LoginAttempt) -> VerifiedCallback {
    callback_with(attempt, "")
}

pub(crate) fn callback_with(attempt: &LoginAttempt, more: &str) -> VerifiedCallback {
    let query = format!("code=marked-code&state={}:%252F{more}", attempt.state.hash());
    Callback::parse(&query, "").unwrap().verify(attempt.clone(), StateEncoding::Plain).unwrap()
}

/// An error as a log would tell it, debug form included. Fails if anything secret or any answer's body is in it.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    let all = format!("{text} {error:?}");
    assert!(!all.contains("marked"), "a secret or a body is told: {all}");
    text
}

/// Where the browser is sent to log in.
pub(crate) fn login_url(provider: &dyn Provider, attempt: &LoginAttempt, state: &str) -> String {
    let account = Account::Any;
    let request = AuthorizationRequest { redirect_uri: REDIRECT_URI, state, attempt, account, wishes: &[] };
    provider.authorization_url(&request).unwrap()
}

pub(crate) async fn a_login_ends_in_the_session_of_its_visitor(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    assert!(provider.status().is_ok() && !provider.display_name().is_empty());
    let attempt = provider.new_attempt().unwrap();
    subject.admit(&idp, &attempt);
    let session = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap();
    assert_eq!(session.email.as_deref(), Some("alice@example.com"));
    assert_eq!(session.created_at, Some(now()));
    assert!(session.access_token.is_some());
    assert_eq!(session.nonce, attempt.nonce.expose());
    assert!(!format!("{session:?}").contains("marked"));
}

pub(crate) async fn the_authorization_url_carries_this_attempt_and_no_secret(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let (first, second) = (provider.new_attempt().unwrap(), provider.new_attempt().unwrap());
    assert_ne!(first.state.hash(), second.state.hash());
    let state = StateParameter { hash: first.state.hash(), restarts: 0, return_to: "/deep?a=b".to_owned() };
    let state = state.encode(StateEncoding::Plain);
    let url = url::Url::parse(&login_url(&*provider, &first, &state)).unwrap();
    let values =
        |name: &str| url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(values("client_id"), ["app"]);
    assert_eq!(values("redirect_uri"), [REDIRECT_URI]);
    assert_eq!(values("response_type"), ["code"]);
    assert_eq!(values("state"), [state.as_str()]);
    assert!(!url.as_str().contains("marked"));
    if let Some(code_verifier) = &first.code_verifier {
        assert_eq!(values("code_challenge_method"), ["S256"]);
        assert!(!url.as_str().contains(code_verifier.expose()));
    }
}

pub(crate) async fn a_fault_of_any_call_is_a_typed_error_and_no_session(subject: &dyn Subject) {
    for path in subject.calls() {
        for (reply, away) in [
            (Reply::Closed, true),
            (Reply::Truncated, true),
            (Reply::Silence, true),
            (Reply::status(503), true),
            (Reply::status(500), false),
            (Reply::status(404), false),
            (Reply::body("<html>marked-body"), false),
            (Reply::body("[\"marked-body\"]"), false),
            (Reply::body("{\"marked-body\":"), false),
            (Reply::body(vec![b' '; 2 * 1024 * 1024]), false),
            (Reply::body(["{\"marked-body\":".repeat(100_000), "1".to_owned(), "}".repeat(100_000)].concat()), false),
            (Reply::body(b"\x1f\x8b\x08\x00marked-body"), false),
            (Reply::body(Vec::new()), false),
        ] {
            if reply.is_success() && subject.confirmations().contains(path) {
                continue;
            }
            let idp = Idp::start().await;
            let provider = ready(subject, &idp).await;
            let attempt = provider.new_attempt().unwrap();
            subject.admit(&idp, &attempt);
            idp.says(path, reply);
            let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
            let text = told(&error);
            let is_away = matches!(error.verdict(), Verdict::Unavailable { retry_after: 1.. });
            assert_eq!(is_away, away, "{path}: {text}");
        }
    }
}

pub(crate) async fn no_call_of_a_login_follows_a_redirect(subject: &dyn Subject) {
    for path in subject.calls() {
        for status in [301, 302, 303, 307, 308] {
            let idp = Idp::start().await;
            let provider = ready(subject, &idp).await;
            let attempt = provider.new_attempt().unwrap();
            subject.admit(&idp, &attempt);
            idp.says(path, Reply::redirect(status, idp.url("/elsewhere")));
            let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
            let is_confirmation = subject.confirmations().contains(path);
            let verdict = if is_confirmation { Verdict::Forbidden } else { Verdict::Failed };
            assert_eq!(error.verdict(), verdict, "{path} {status}: {}", told(&error));
            assert_eq!(idp.count("/elsewhere"), 0, "{path} {status}");
        }
    }
}

pub(crate) async fn a_provider_that_is_gone_is_away(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    let url = idp.issuer();
    drop(idp);
    // The task that held the socket ends with the next turn of the runtime.
    while TcpStream::connect(url.trim_start_matches("http://")).await.is_ok() {}
    let error = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap_err();
    assert!(matches!(error.verdict(), Verdict::Unavailable { .. }), "{}", told(&error));
    assert!(told(&error).contains("token call to 127.0.0.1"), "{}", told(&error));
}

pub(crate) async fn a_provider_that_is_down_at_start_is_found_when_it_comes(subject: &dyn Subject) {
    if !subject.traits().contains(&Trait::Discovers) {
        return;
    }
    let idp = Idp::start().await;
    idp.says(DISCOVERY, Reply::status(503));
    let provider = subject.build(&idp, client(), background());
    let unavailable = provider.ready_once().await.unwrap_err();
    assert!(unavailable.reason.contains("discovery call") && unavailable.reason.contains("503"), "{unavailable}");
    assert!(provider.status().unwrap_err().retry_after_seconds() >= 1);
    assert!(provider.new_attempt().is_err());
    idp.says(DISCOVERY, Reply::Json(idp.metadata()));
    idp.asked(DISCOVERY, 2).await;
    let found = async {
        while provider.status().is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), found).await.unwrap();
    assert!(provider.new_attempt().is_ok());
}

pub(crate) async fn a_code_is_redeemed_although_the_visitor_hangs_up(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    subject.admit(&idp, &attempt);
    drop(provider.redeem(callback(&attempt), REDIRECT_URI, now()));
    idp.asked(subject.token_path(), 1).await;
}

pub(crate) async fn it_is_called_from_any_runtime(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let attempt = provider.new_attempt().unwrap();
    subject.admit(&idp, &attempt);
    let elsewhere = tokio::task::spawn_blocking(move || {
        let bare = tokio::runtime::Builder::new_current_thread().build().unwrap();
        bare.block_on(provider.redeem(callback(&attempt), REDIRECT_URI, now()))
    });
    assert!(elsewhere.await.unwrap().is_ok());
}

pub(crate) async fn a_session_that_was_just_made_holds(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let session = alice(subject, &idp, &provider).await;
    for freshness in [Freshness::Stored, Freshness::JustRefreshed] {
        provider.validate(&session, freshness, now()).await.unwrap();
    }
    assert_eq!(provider.standing(&session), Standing::Met);
    assert_eq!(provider.ask_standing(&session, now()).await.unwrap(), Standing::Met);
}

pub(crate) async fn a_restriction_holds_for_a_session_that_an_open_app_made(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let open = ready(subject, &idp).await;
    let session = alice(subject, &idp, &open).await;
    for (name, settings) in subject.restricted(&idp) {
        let restricted = build(settings, client(), background()).unwrap();
        restricted.ready_once().await.unwrap();
        for session in [session.clone(), Session { email: session.email.clone(), ..Session::default() }] {
            let told = restricted.standing(&session);
            let asked = restricted.ask_standing(&session, now()).await.unwrap();
            assert!(matches!(asked, Standing::Unmet(_)), "{name}: {asked:?}");
            assert!(told == asked || told == Standing::Unasked, "{name}: {told:?}");
        }
        assert_eq!(open.standing(&session), Standing::Met, "{name}: the session is as good as before elsewhere");
    }
}

/// The session of alice, who has just logged in.
async fn alice(subject: &dyn Subject, idp: &Idp, provider: &Arc<dyn Provider>) -> Session {
    let attempt = provider.new_attempt().unwrap();
    subject.admit(idp, &attempt);
    provider.redeem(callback(&attempt), REDIRECT_URI, now()).await.unwrap()
}

pub(crate) async fn a_session_without_refresh_token_is_left_alone(subject: &dyn Subject) {
    let idp = Idp::start().await;
    let provider = ready(subject, &idp).await;
    let session = Session { user: Some("alice-id".to_owned()), ..Session::default() };
    let outcome = provider.refresh(&session, now()).await.unwrap();
    assert!(matches!(outcome, Refreshed::NothingToDo | Refreshed::NotSupported));
    assert_eq!(idp.count(subject.token_path()), 0);
}

pub(crate) async fn only_the_providers_own_word_ends_a_session_at_refresh(subject: &dyn Subject) {
    if !subject.traits().contains(&Trait::Refreshes) {
        return;
    }
    let session = Session {
        user: Some("alice-id".to_owned()),
        refresh_token: Some(Secret::from("marked-refresh")),
        ..Session::default()
    };
    for (reply, ends) in [
        (Reply::error(400, "invalid_grant"), true),
        (Reply::error(401, "invalid_client"), true),
        (Reply::error(200, "invalid_grant"), true),
        (Reply::error(400, "invalid_request"), false),
        (Reply::error(400, "marked_error"), false),
        (Reply::status(400), false),
        (Reply::status(500), false),
        (Reply::Closed, false),
        (Reply::Truncated, false),
        (Reply::body("invalid_grant"), false),
    ] {
        let idp = Idp::start().await;
        let provider = ready(subject, &idp).await;
        idp.says(subject.token_path(), reply);
        let error: RefreshError = provider.refresh(&session, now()).await.unwrap_err();
        assert_eq!(error.ends_session(), ends, "{}", told(&error));
    }
}

/// Runs the whole suite for one provider, each rule as a test of its own.
#[macro_export]
macro_rules! contract {
    ($subject:expr; $($rule:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $rule() {
            $crate::suite::$rule(&$subject).await;
        })+
    };
    ($subject:expr) => {
        $crate::contract!($subject;
            a_login_ends_in_the_session_of_its_visitor,
            the_authorization_url_carries_this_attempt_and_no_secret,
            a_fault_of_any_call_is_a_typed_error_and_no_session,
            no_call_of_a_login_follows_a_redirect,
            a_provider_that_is_gone_is_away,
            a_provider_that_is_down_at_start_is_found_when_it_comes,
            a_code_is_redeemed_although_the_visitor_hangs_up,
            it_is_called_from_any_runtime,
            a_session_that_was_just_made_holds,
            a_restriction_holds_for_a_session_that_an_open_app_made,
            a_session_without_refresh_token_is_left_alone,
            only_the_providers_own_word_ends_a_session_at_refresh,
        );
    };
}
