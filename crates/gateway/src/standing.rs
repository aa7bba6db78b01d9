//! Whether sessions meet the restrictions of their provider, when only the provider can tell: asked once per session,
//! and remembered (differences.md D41).

use std::sync::Arc;
use std::time::Duration;

use sidecar_core::Session;
use sidecar_core::clock::Clock;
use sidecar_core::policy::Standing;
use sidecar_core::report::chain;
use sidecar_oidc::Provider;
use sidecar_session::SessionId;

use crate::flight::Flights;

/// How long an answer counts when sessions are not refreshed.
const KEEP: Duration = Duration::from_mins(5);
/// How soon a provider that gave no answer is asked again, unless it asked for more patience.
const PAUSE: Duration = Duration::from_secs(5);

/// Asks, and remembers.
pub(crate) struct Standings {
    provider: Arc<dyn Provider>,
    clock: Clock,
    answers: Flights<Result<Standing, Unanswered>>,
}

/// The provider gave no answer.
#[derive(Clone, Copy)]
struct Unanswered {
    /// For so long it is not asked again about the same session.
    pause: Duration,
}

impl Standings {
    /// Answers count for `period`, after which sessions are refreshed; 5 minutes if they are not.
    pub(crate) fn new(provider: Arc<dyn Provider>, period: Option<Duration>, clock: Clock) -> Self {
        let keep = move |answer: &Result<Standing, Unanswered>| match answer {
            Ok(Standing::Met | Standing::Unmet(_)) => period.unwrap_or(KEEP),
            Ok(Standing::Unasked | Standing::Unanswered) => PAUSE,
            Err(Unanswered { pause }) => *pause,
        };
        Self { provider, answers: Flights::new(clock.clone(), keep), clock }
    }

    /// What the session itself tells.
    pub(crate) fn of(&self, session: &Session) -> Standing {
        self.provider.standing(session)
    }

    /// What the provider tells about the session of this name, now or a little while ago.
    pub(crate) async fn ask(&self, id: SessionId, session: &Arc<Session>) -> Standing {
        let begin = || ask(Arc::clone(&self.provider), Arc::clone(session), self.clock.clone());
        standing(self.answers.result(id, begin).await)
    }

    /// What the session or the provider tells about a session that nobody has seen yet.
    pub(crate) async fn of_new(&self, session: &Arc<Session>) -> Standing {
        match self.of(session) {
            Standing::Unasked => {
                standing(Some(ask(Arc::clone(&self.provider), Arc::clone(session), self.clock.clone()).await))
            }
            told @ (Standing::Met | Standing::Unmet(_) | Standing::Unanswered) => told,
        }
    }
}

async fn ask(provider: Arc<dyn Provider>, session: Arc<Session>, clock: Clock) -> Result<Standing, Unanswered> {
    provider.ask_standing(&session, clock.now()).await.map_err(|error| {
        tracing::warn!(error = %chain(&error), "the provider cannot be asked whether its restrictions are met");
        Unanswered { pause: error.retry_after().unwrap_or_default().max(PAUSE) }
    })
}

/// What an answer comes to; `None` is a question that was broken off.
fn standing(answer: Option<Result<Standing, Unanswered>>) -> Standing {
    answer.and_then(Result::ok).unwrap_or(Standing::Unanswered)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::UNIX_EPOCH;

    use sidecar_core::cookie::RequestCookies;
    use sidecar_core::policy::Requirement;
    use sidecar_oidc::StandingError;
    use sidecar_oidc::client::{Call, CallError, Fault};
    use sidecar_session::{CookieSecret, CookieStore, Opened, StoreSettings};

    use super::*;
    use crate::scripted::Scripted;

    struct Scene {
        standings: Standings,
        provider: Arc<Scripted>,
        now: Arc<AtomicU64>,
    }

    impl Scene {
        fn new(answers: Vec<Result<Standing, StandingError>>) -> Self {
            let provider = Arc::new(Scripted::new(Vec::new()));
            *provider.standings.lock().unwrap() = answers.into();
            let now = Arc::new(AtomicU64::new(1_700_000_000));
            let told = Arc::clone(&now);
            let clock = Clock::custom(move || UNIX_EPOCH + Duration::from_secs(told.load(Ordering::SeqCst)));
            let period = Some(Duration::from_mins(1));
            let standings = Standings::new(Arc::clone(&provider) as Arc<dyn Provider>, period, clock);
            Self { standings, provider, now }
        }

        async fn ask(&self, (id, session): &(SessionId, Arc<Session>)) -> Standing {
            self.standings.ask(*id, session).await
        }

        fn asked(&self) -> u32 {
            self.provider.asked.load(Ordering::SeqCst)
        }
    }

    /// A session as a browser brings it.
    fn stored(email: &str) -> (SessionId, Arc<Session>) {
        let store = CookieStore::new(StoreSettings::new(CookieSecret::new(b"0123456789abcdef").unwrap()));
        let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let session = Session { created_at: Some(at), email: Some(email.to_owned()), ..Session::default() };
        let none = http::HeaderMap::new();
        let cookies = store.save(&session, RequestCookies::new(&none), "app.example.com", at).unwrap();
        let pair = cookies[0].expose().split(';').next().unwrap().to_owned();
        let headers = [(http::header::COOKIE, http::HeaderValue::try_from(pair).unwrap())].into_iter().collect();
        match store.open(RequestCookies::new(&headers), at) {
            Opened::Session(opened) => (opened.id, opened.session),
            Opened::None | Opened::Rejected(_) => panic!("what was just sealed opens"),
        }
    }

    #[tokio::test]
    async fn the_provider_is_asked_once_per_session_and_period() {
        let unmet = Standing::Unmet(Requirement::Repository);
        let scene = Scene::new(vec![Ok(Standing::Met), Ok(unmet), Ok(unmet)]);
        let (alice, bob) = (stored("alice@example.com"), stored("bob@example.com"));
        for _ in 0..3 {
            assert_eq!(scene.ask(&alice).await, Standing::Met);
        }
        assert_eq!(scene.ask(&bob).await, unmet);
        assert_eq!(scene.asked(), 2);
        scene.now.fetch_add(59, Ordering::SeqCst);
        assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Met, 2));
        scene.now.fetch_add(1, Ordering::SeqCst);
        assert_eq!((scene.ask(&alice).await, scene.asked()), (unmet, 3));
    }

    #[tokio::test]
    async fn requests_at_the_same_time_share_one_question_and_one_that_hangs_up_ends_it_for_nobody() {
        let scene = Scene::new(vec![Ok(Standing::Met)]);
        let alice = stored("alice@example.com");
        {
            let mut hung_up = Box::pin(scene.ask(&alice));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(hung_up.as_mut().poll(&mut context).is_pending());
        }
        let told = tokio::join!(scene.ask(&alice), scene.ask(&alice));
        assert_eq!((told, scene.asked()), ((Standing::Met, Standing::Met), 1));
    }

    #[tokio::test]
    async fn a_provider_that_gives_no_answer_lets_nobody_in_and_is_asked_again_soon() {
        let fault =
            CallError { call: Call::UserInfo, host: "op.test".into(), fault: Fault::TimedOut, retry_after: None };
        let scene = Scene::new(vec![Err(fault.into()), Ok(Standing::Met)]);
        let alice = stored("alice@example.com");
        for _ in 0..2 {
            assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Unanswered, 1));
        }
        scene.now.fetch_add(5, Ordering::SeqCst);
        assert_eq!(scene.ask(&alice).await, Standing::Met);
    }

    #[tokio::test]
    async fn a_provider_that_asks_for_patience_gets_it_within_reason() {
        for (asked, waited) in [(60, 60), (1, 5), (86_400, 300)] {
            let fault = CallError {
                call: Call::Repository,
                host: "api.test".into(),
                fault: Fault::RateLimited(403),
                retry_after: Some(Duration::from_secs(asked)),
            };
            let scene = Scene::new(vec![Err(fault.into()), Ok(Standing::Met)]);
            let alice = stored("alice@example.com");
            assert_eq!(scene.ask(&alice).await, Standing::Unanswered);
            scene.now.fetch_add(waited - 1, Ordering::SeqCst);
            assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Unanswered, 1), "{asked}");
            scene.now.fetch_add(1, Ordering::SeqCst);
            assert_eq!(scene.ask(&alice).await, Standing::Met, "{asked}");
        }
    }
}
