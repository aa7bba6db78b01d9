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
/// How soon a provider that gave no answer is asked again.
const PAUSE: Duration = Duration::from_secs(5);

/// Asks, and remembers.
pub(crate) struct Standings {
    provider: Arc<dyn Provider>,
    clock: Clock,
    answers: Flights<Standing>,
}

impl Standings {
    /// Answers count for `period`, after which sessions are refreshed; 5 minutes if they are not.
    pub(crate) fn new(provider: Arc<dyn Provider>, period: Option<Duration>, clock: Clock) -> Self {
        let keep = move |standing: &Standing| match standing {
            Standing::Met | Standing::Unmet(_) => period.unwrap_or(KEEP),
            Standing::Unasked | Standing::Unanswered => PAUSE,
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
        self.answers.result(id, begin).await.unwrap_or(Standing::Unanswered)
    }

    /// What the session or the provider tells about a session that nobody has seen yet.
    pub(crate) async fn of_new(&self, session: &Arc<Session>) -> Standing {
        match self.of(session) {
            Standing::Unasked => ask(Arc::clone(&self.provider), Arc::clone(session), self.clock.clone()).await,
            told @ (Standing::Met | Standing::Unmet(_) | Standing::Unanswered) => told,
        }
    }
}

async fn ask(provider: Arc<dyn Provider>, session: Arc<Session>, clock: Clock) -> Standing {
    provider.ask_standing(&session, clock.now()).await.unwrap_or_else(|error| {
        tracing::warn!(error = %chain(&error), "the provider cannot be asked whether its restrictions are met");
        Standing::Unanswered
    })
}
