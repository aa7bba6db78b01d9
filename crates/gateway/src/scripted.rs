//! A provider for the tests of this crate: it answers what the test says, when the test says so.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sidecar_core::Session;
use sidecar_core::login::LoginAttempt;
use sidecar_core::policy::Standing;
use sidecar_oidc::{
    AuthorizationRequest, BoxFuture, Freshness, Provider, RedeemError, RefreshError, Refreshed, StandingError,
    Unavailable, ValidateError, VerifiedCallback,
};
use tokio::sync::Semaphore;

/// A provider whose refreshes answer in the order of `answers`, each only once the gate lets it.
pub(crate) struct Scripted {
    pub(crate) answers: Mutex<VecDeque<Result<Refreshed, RefreshError>>>,
    pub(crate) valid: Result<(), ValidateError>,
    /// How often it was asked to refresh, or about a standing.
    pub(crate) asked: AtomicU32,
    pub(crate) gate: Arc<Semaphore>,
    /// What it says about standings, in this order.
    pub(crate) standings: Mutex<VecDeque<Result<Standing, StandingError>>>,
}

impl Scripted {
    pub(crate) fn new(answers: Vec<Result<Refreshed, RefreshError>>) -> Self {
        let gate = Arc::new(Semaphore::new(100));
        Self {
            answers: Mutex::new(answers.into()),
            valid: Ok(()),
            asked: AtomicU32::new(0),
            gate,
            standings: Mutex::default(),
        }
    }
}

impl Provider for Scripted {
    fn display_name(&self) -> &'static str {
        "scripted"
    }

    fn status(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    fn ready_once(&self) -> BoxFuture<Result<(), Unavailable>> {
        unreachable!("sessions do not ask")
    }

    fn new_attempt(&self) -> Result<LoginAttempt, Unavailable> {
        unreachable!("sessions do not log in")
    }

    fn authorization_url(&self, _: &AuthorizationRequest<'_>) -> Result<String, Unavailable> {
        unreachable!("sessions do not log in")
    }

    fn redeem(&self, _: VerifiedCallback, _: &str, _: SystemTime) -> BoxFuture<Result<Session, RedeemError>> {
        unreachable!("sessions do not log in")
    }

    fn refresh(&self, _: &Session, _: SystemTime) -> BoxFuture<Result<Refreshed, RefreshError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop_front().expect("one refresh more than the test has answers for");
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            answer
        })
    }

    fn validate(&self, _: &Session, _: Freshness, _: SystemTime) -> BoxFuture<Result<(), ValidateError>> {
        let valid = self.valid.clone();
        Box::pin(async move { valid })
    }

    fn standing(&self, _: &Session) -> Standing {
        Standing::Unasked
    }

    fn ask_standing(&self, _: &Session, _: SystemTime) -> BoxFuture<Result<Standing, StandingError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer =
            self.standings.lock().unwrap().pop_front().expect("one question more than the test has answers for");
        Box::pin(async move { answer })
    }
}
