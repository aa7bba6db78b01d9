//! The refresh race, with a provider that answers when the test says so.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use http::HeaderValue;
use http::header::COOKIE;
use sidecar_core::Secret;
use sidecar_oidc::client::{Call, CallError, Fault};
use sidecar_oidc::token::{TokenError, TokenErrorCode};
use sidecar_oidc::{RefreshError, ValidateError};
use sidecar_session::{CookieSecret, StoreSettings};

use super::*;
use crate::scripted::Scripted;
use crate::tally::Counted;

/// Sessions over a scripted provider, a clock that is set by hand, and a browser with one cookie.
struct Scene {
    sessions: Arc<Sessions>,
    provider: Arc<Scripted>,
    now: Arc<AtomicU64>,
    headers: HeaderMap,
    id: RequestId,
}

const LOGIN: u64 = 1_700_000_000;

fn session(email: &str) -> Session {
    Session {
        created_at: Some(UNIX_EPOCH + Duration::from_secs(LOGIN)),
        email: Some(email.to_owned()),
        refresh_token: Some(Secret::from("refresh")),
        ..Session::default()
    }
}

fn renewed(email: &str) -> Refreshed {
    Refreshed::Renewed(Box::new(session(email)))
}

fn refused(code: TokenErrorCode) -> Result<Refreshed, RefreshError> {
    Err(RefreshError::Token(TokenError::Endpoint { code, status: 400 }))
}

fn outage() -> CallError {
    CallError { call: Call::Token, host: "op.test".into(), fault: Fault::TimedOut, retry_after: None }
}

impl Scene {
    /// Two minutes after a login, with sessions that are refreshed every minute.
    fn new(provider: Scripted) -> Self {
        let provider = Arc::new(provider);
        let now = Arc::new(AtomicU64::new(LOGIN + 120));
        let told = Arc::clone(&now);
        let clock = Clock::custom(move || UNIX_EPOCH + Duration::from_secs(told.load(Ordering::SeqCst)));
        let store = CookieStore::new(StoreSettings::new(CookieSecret::new(b"0123456789abcdef").unwrap()));
        let refresh = Refresh { period: Some(Duration::from_mins(1)), ..Refresh::default() };
        let renewals = Renewals::new(clock.clone(), Tallies::new(Counted::No));
        let provider_of = Arc::clone(&provider) as Arc<dyn Provider>;
        let sessions = Arc::new(Sessions::new(store, provider_of, refresh, renewals, clock));
        let mut scene = Self { sessions, provider, now, headers: HeaderMap::new(), id: RequestId::random() };
        let cookies = scene.sessions.save(&session("old@example.com"), scene.presented()).unwrap();
        let pair = cookies[0].expose().split(';').next().unwrap().to_owned();
        scene.headers.insert(COOKIE, HeaderValue::try_from(pair).unwrap());
        scene
    }

    fn presented(&self) -> Presented<'_> {
        Presented { headers: &self.headers, host: "app.example.com", request_id: &self.id }
    }

    async fn resolve(&self) -> Resolved {
        self.sessions.resolve(self.presented()).await
    }

    fn later(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn asked(&self) -> u32 {
        self.provider.asked.load(Ordering::SeqCst)
    }
}

fn email(resolved: &Resolved) -> Option<&str> {
    resolved.session.as_deref().and_then(|session| session.email.as_deref())
}

fn is_cleared(resolved: &Resolved) -> bool {
    resolved.session.is_none() && resolved.cookies.iter().all(|cookie| cookie.expose().contains("Max-Age=0"))
}

#[tokio::test]
async fn a_session_that_is_not_due_is_not_refreshed() {
    let scene = Scene::new(Scripted::new(vec![]));
    scene.now.store(LOGIN + 60, Ordering::SeqCst);
    assert_eq!(email(&scene.resolve().await), Some("old@example.com"));
    assert_eq!(scene.asked(), 0);
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_refresh() {
    let scene = Scene::new(Scripted::new(vec![Ok(renewed("new@example.com"))]));
    let (one, two, three) = tokio::join!(scene.resolve(), scene.resolve(), scene.resolve());
    for resolved in [&one, &two, &three] {
        assert_eq!(email(resolved), Some("new@example.com"));
        assert_eq!(resolved.cookies.len(), 1, "each answer carries the new cookie");
    }
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn what_becomes_of_a_session_that_was_signed_out_a_moment_ago_is_signed_out() {
    let scene = Scene::new(Scripted::new(vec![Ok(renewed("new@example.com"))]));
    scene.now.store(LOGIN + 60, Ordering::SeqCst);
    scene.sessions.sign_out(scene.resolve().await.session.as_deref());
    scene.later(1);
    let late = scene.resolve().await;
    assert_eq!((email(&late), late.cookies.len()), (Some("new@example.com"), 1));
    assert!(scene.sessions.unless_signed_out(late).is_empty());
}

#[tokio::test]
async fn the_old_cookie_still_gets_the_new_session_within_the_grace_period() {
    let answers = vec![Ok(renewed("new@example.com")), refused(TokenErrorCode::InvalidGrant)];
    let scene = Scene::new(Scripted::new(answers));
    assert_eq!(email(&scene.resolve().await), Some("new@example.com"));
    scene.later(29);
    let late = scene.resolve().await;
    assert_eq!((email(&late), late.cookies.len()), (Some("new@example.com"), 1));
    assert_eq!(scene.asked(), 1);
    scene.later(1);
    assert!(is_cleared(&scene.resolve().await), "after it the provider decides, who knows the token as used");
    assert_eq!(scene.asked(), 2);
}

#[tokio::test]
async fn a_visitor_who_hangs_up_does_not_lose_the_rotated_token() {
    let provider = Scripted::new(vec![Ok(renewed("new@example.com"))]);
    provider.gate.forget_permits(100);
    let scene = Scene::new(provider);
    {
        let mut hung_up = Box::pin(scene.resolve());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(hung_up.as_mut().poll(&mut context).is_pending());
    }
    scene.provider.gate.add_permits(1);
    assert_eq!(email(&scene.resolve().await), Some("new@example.com"));
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn a_gateway_that_takes_the_place_of_another_joins_its_refreshes() {
    let provider = Scripted::new(vec![Ok(renewed("new@example.com"))]);
    provider.gate.forget_permits(100);
    let scene = Scene::new(provider);
    let Sessions { provider, refresh, renewals, clock, .. } = &*scene.sessions;
    let store = CookieStore::new(StoreSettings::new(CookieSecret::new(b"0123456789abcdef").unwrap()));
    let next = Sessions::new(store, Arc::clone(provider), refresh.clone(), renewals.clone(), clock.clone());
    let (before, after, ()) = tokio::join!(scene.resolve(), next.resolve(scene.presented()), async {
        scene.provider.gate.add_permits(100);
    });
    assert_eq!((email(&before), email(&after)), (Some("new@example.com"), Some("new@example.com")));
    assert_eq!(scene.asked(), 1, "a refresh token may be used once");
}

#[tokio::test]
async fn a_refresh_that_the_provider_refuses_for_good_ends_the_session() {
    for code in [TokenErrorCode::InvalidGrant, TokenErrorCode::InvalidClient] {
        let resolved = Scene::new(Scripted::new(vec![refused(code)])).resolve().await;
        assert!(is_cleared(&resolved) && resolved.cookies.len() == 1, "{code:?}");
    }
}

#[tokio::test]
async fn an_outage_of_the_provider_ends_no_session_and_is_not_hammered() {
    let mut provider = Scripted::new(vec![Err(RefreshError::Token(outage().into())), Ok(renewed("new@example.com"))]);
    provider.valid = Err(ValidateError::Validate(outage()));
    let scene = Scene::new(provider);
    for _ in 0..3 {
        let resolved = scene.resolve().await;
        assert_eq!((email(&resolved), resolved.cookies.len()), (Some("old@example.com"), 0));
    }
    assert_eq!(scene.asked(), 1);
    scene.later(5);
    assert_eq!(email(&scene.resolve().await), Some("new@example.com"));
}

#[tokio::test]
async fn a_session_that_cannot_be_refreshed_is_not_renewed_before_the_provider_said_that_it_holds() {
    let mut provider = Scripted::new(vec![Ok(Refreshed::NotSupported), Ok(Refreshed::NotSupported)]);
    provider.valid = Err(ValidateError::Validate(outage()));
    let scene = Scene::new(provider);
    for (asked, seconds) in [(1, 4), (1, 1), (2, 0)] {
        let resolved = scene.resolve().await;
        assert_eq!((email(&resolved), resolved.cookies.len()), (Some("old@example.com"), 0));
        assert_eq!(scene.asked(), asked);
        scene.later(seconds);
    }
    let scene = Scene::new(Scripted::new(vec![Ok(Refreshed::NotSupported)]));
    assert_eq!(scene.resolve().await.cookies.len(), 1, "then it is");
}

#[tokio::test]
async fn a_refresh_that_panics_is_tried_again() {
    // The script is empty, so the first refresh panics in its task.
    let scene = Scene::new(Scripted::new(vec![]));
    assert_eq!(email(&scene.resolve().await), Some("old@example.com"));
    scene.provider.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(Ok(renewed("new@example.com")));
    scene.provider.answers.clear_poison();
    assert_eq!(email(&scene.resolve().await), Some("new@example.com"));
}

#[tokio::test]
async fn a_session_that_no_longer_holds_ends_although_there_was_nothing_to_refresh() {
    let mut provider = Scripted::new(vec![Ok(Refreshed::NothingToDo)]);
    provider.valid = Err(ValidateError::NoIdToken);
    assert!(is_cleared(&Scene::new(provider).resolve().await));
}

#[tokio::test]
async fn a_refresh_that_comes_back_as_somebody_else_ends_the_session() {
    let scene = Scene::new(Scripted::new(vec![Err(RefreshError::SubjectChanged)]));
    assert!(is_cleared(&scene.resolve().await));
}

#[tokio::test]
async fn a_session_that_ended_before_it_was_renewed_or_after_does_not_come_back() {
    let answers = || vec![Ok(renewed("new@example.com"))];
    let scene = Scene::new(Scripted::new(answers()));
    let late = scene.resolve().await;
    assert_eq!(late.cookies.len(), 1);
    // The browser still has the old cookie: the renewed one is under way.
    assert!(scene.sessions.end(scene.presented()).iter().all(|cookie| cookie.expose().contains("Max-Age=0")));
    assert!(scene.sessions.unless_signed_out(late).is_empty());

    let scene = Scene::new(Scripted::new(answers()));
    let (late, out) = (scene.resolve().await, scene.resolve().await);
    scene.sessions.sign_out(out.session.as_deref());
    assert!(scene.sessions.unless_signed_out(late).is_empty());

    let scene = Scene::new(Scripted::new(answers()));
    let late = scene.resolve().await;
    scene.sessions.sign_out([&session("bob@example.com")]);
    assert_eq!(scene.sessions.unless_signed_out(late).len(), 1);
}
