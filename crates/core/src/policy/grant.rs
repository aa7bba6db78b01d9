//! Proof that a request may be forwarded.

use std::sync::Arc;

use super::Bypass;
use crate::Session;

/// Proof that policy let this request through.
///
/// Only [`decide`](super::decide) makes one, so a function that takes a `Grant` cannot be reached unchecked.
#[derive(Clone, Debug)]
pub struct Grant {
    subject: Subject,
}

/// Who a granted request speaks for.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A logged-in visitor.
    User(Arc<Session>),
    /// Nobody: the request needs no session and has none.
    Anonymous(Bypass),
}

impl Grant {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject }
    }

    /// Who the request speaks for.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The visitor's session, if somebody is logged in.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        match &self.subject {
            Subject::User(session) => Some(session),
            Subject::Anonymous(_) => None,
        }
    }
}
