//! Whether sessions meet the restrictions of their provider, when only the provider can tell: asked once per session,
//! and remembered (D41).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidecar_core::Session;
use sidecar_core::clock::Clock;
use sidecar_core::code::Code;
use sidecar_core::policy::Standing;
use sidecar_core::report::chain;
use sidecar_oidc::Provider;
use sidecar_session::SessionId;

use crate::flight::Flights;
use crate::limits::STANDING_GRACE as GRACE;

/// How long an answer counts when sessions are not refreshed.
const KEEP: Duration = Duration::from_mins(5);
/// How soon a provider that gave no answer is asked again, unless it asked for more patience.
const PAUSE: Duration = Duration::from_secs(5);

/// Asks, and remembers.
pub(crate) struct Standings {
    asker: Asker,
    answers: Flights<Answer>,
}

/// What asking takes.
#[derive(Clone)]
struct Asker {
    provider: Arc<dyn Provider>,
    clock: Clock,
    /// How long what the provider says counts.
    period: Duration,
}

/// What is known about one session.
#[derive(Clone, Copy)]
struct Answer {
    standing: Standing,
    /// How long it counts.
    keep: Duration,
    /// When the provider last said that the restrictions are met.
    met_at: Option<SystemTime>,
}

impl Standings {
    /// Answers count for `period`, after which sessions are refreshed; 5 minutes if they are not.
    pub(crate) fn new(provider: Arc<dyn Provider>, period: Option<Duration>, clock: Clock) -> Self {
        let answers = Flights::new(clock.clone(), |answer: &Answer| answer.keep).remembering(GRACE);
        Self { asker: Asker { provider, clock, period: period.unwrap_or(KEEP) }, answers }
    }

    /// What the session itself tells.
    pub(crate) fn of(&self, session: &Session) -> Standing {
        self.asker.provider.standing(session)
    }

    /// What the provider tells about the session of this name, now or a little while ago.
    pub(crate) async fn ask(&self, id: SessionId, session: &Arc<Session>) -> Standing {
        let begin = |last| self.asker.clone().ask(Arc::clone(session), last);
        self.answers.result(id, begin).await.map_or(Standing::Unanswered, |answer| answer.standing)
    }

    /// What the session or the provider tells about a session that nobody has seen yet.
    pub(crate) async fn of_new(&self, session: &Arc<Session>) -> Standing {
        match self.of(session) {
            Standing::Unasked => self.asker.clone().ask(Arc::clone(session), None).await.standing,
            told @ (Standing::Met | Standing::Unmet(_) | Standing::Unanswered) => told,
        }
    }
}

impl Asker {
    async fn ask(self, session: Arc<Session>, last: Option<Answer>) -> Answer {
        let error = match self.provider.ask_standing(&session, self.clock.now()).await {
            Ok(standing) => {
                let met_at = (standing == Standing::Met).then(|| self.clock.now());
                let keep = match standing {
                    Standing::Met | Standing::Unmet(_) => self.period,
                    Standing::Unasked | Standing::Unanswered => PAUSE,
                };
                return Answer { standing, keep, met_at };
            }
            Err(error) => error,
        };
        let age = |at| self.clock.now().duration_since(at).unwrap_or_default();
        let met_at = last.and_then(|last| last.met_at).filter(|at| age(*at) < GRACE);
        let standing = if met_at.is_some() { Standing::Met } else { Standing::Unanswered };
        tracing::warn!(
            code = %Code::AccessUnknown,
            error = %chain(&error),
            last_yes_counts = met_at.is_some(),
            "the provider cannot be asked whether its restrictions are met"
        );
        Answer { standing, keep: error.retry_after().unwrap_or_default().max(PAUSE), met_at }
    }
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

    fn store() -> CookieStore {
        CookieStore::new(StoreSettings::new(CookieSecret::new(b"0123456789abcdef").unwrap()))
    }

    /// A session as a browser brings it.
    fn stored(email: &str) -> (SessionId, Arc<Session>) {
        stored_in(&store(), email)
    }

    fn stored_in(store: &CookieStore, email: &str) -> (SessionId, Arc<Session>) {
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
    async fn an_outage_locks_nobody_out_for_an_hour_and_nobody_in_for_longer() {
        let outage = || {
            let host = "op.test".into();
            Err(CallError { call: Call::Repository, host, fault: Fault::TimedOut, retry_after: None }.into())
        };
        let unmet = Standing::Unmet(Requirement::Repository);
        let scene = Scene::new(vec![Ok(Standing::Met), outage(), outage(), Ok(unmet), outage()]);
        let alice = stored("alice@example.com");
        assert_eq!(scene.ask(&alice).await, Standing::Met);
        scene.now.fetch_add(60, Ordering::SeqCst);
        assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Met, 2), "no answer, and the last was yes");
        scene.now.fetch_add(3540, Ordering::SeqCst);
        assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Unanswered, 3), "an hour after it");
        scene.now.fetch_add(5, Ordering::SeqCst);
        assert_eq!(scene.ask(&alice).await, unmet);
        scene.now.fetch_add(60, Ordering::SeqCst);
        assert_eq!(scene.ask(&alice).await, Standing::Unanswered, "a no is nothing to go on with");
    }

    #[tokio::test]
    async fn the_last_yes_is_remembered_among_many() {
        let fault =
            CallError { call: Call::Repository, host: "op.test".into(), fault: Fault::TimedOut, retry_after: None };
        let answers = (0..200).map(|_| Ok(Standing::Met)).chain([Err(fault.into())]);
        let scene = Scene::new(answers.collect());
        let alice = stored("alice@example.com");
        scene.ask(&alice).await;
        scene.now.fetch_add(60, Ordering::SeqCst);
        for n in 1..200 {
            scene.ask(&stored(&format!("user{n}@example.com"))).await;
        }
        assert_eq!((scene.ask(&alice).await, scene.asked()), (Standing::Met, 201));
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let scene = Scene::new((0..20_000).map(|_| Ok(Standing::Met)).collect());
        let store = store();
        for n in 0..20_000 {
            scene.ask(&stored_in(&store, &format!("user{n}@example.com"))).await;
            scene.now.fetch_add(u64::from(n % 100 == 0), Ordering::SeqCst);
        }
        assert!(scene.standings.answers.len() < 15_000, "{}", scene.standings.answers.len());
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
