//! What the provider remembers: clients, sessions at the provider, logins on their way, and what was handed out.
//!
//! Everything handed out hangs on a [`Grant`]. Removing the grant ends its code, its access tokens and its refresh
//! tokens at once, which is what a code or a refresh token used twice must do (RFC 6749, section 4.1.2; RFC 9700,
//! section 4.14.2).

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use super::parameters::Parameters;
use super::{Client, Fault};
use crate::random;

/// Everything, behind one lock that is never held across an await.
#[derive(Debug, Default)]
pub(super) struct State {
    /// By `client_id`.
    pub(super) clients: HashMap<String, Client>,
    pub(super) faults: HashSet<Fault>,
    pub(super) events: Vec<Event>,
    /// Sessions at the provider, by the value of its cookie.
    sessions: HashMap<String, ProviderSession>,
    /// Logins between the authorization request and its answer, by the id in the pages' forms.
    pending: HashMap<String, AuthorizationRequest>,
    codes: HashMap<String, Code>,
    access_tokens: HashMap<String, AccessToken>,
    refresh_tokens: HashMap<String, RefreshToken>,
    grants: HashMap<GrantId, Grant>,
    next_grant: GrantId,
}

/// Names a [`Grant`].
pub(super) type GrantId = u64;

/// Somebody signed in at the provider with one browser.
#[derive(Debug, Clone)]
pub(super) struct ProviderSession {
    /// `sid` in the tokens (OpenID Connect Front-Channel Logout 1.0, section 3).
    pub(super) sid: String,
    /// [`User::name`](super::User::name).
    pub(super) user: String,
    pub(super) auth_time: SystemTime,
}

/// An authorization request that was found sound (RFC 6749, section 4.1.1).
#[derive(Debug, Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    /// The S256 challenge (RFC 7636, section 4.2).
    pub(super) code_challenge: String,
}

/// What a user allowed a client.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) request: AuthorizationRequest,
    pub(super) session: ProviderSession,
}

/// An authorization code and whether it was used.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) grant: GrantId,
    pub(super) expires_at: SystemTime,
    pub(super) spent: bool,
}

#[derive(Debug)]
struct AccessToken {
    grant: GrantId,
    expires_at: SystemTime,
}

#[derive(Debug)]
struct RefreshToken {
    grant: GrantId,
    spent: bool,
}

/// An endpoint of the provider, in [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`.
    Discovery,
    /// `/jwks`.
    Jwks,
    /// `/authorize`.
    Authorization,
    /// `/token`.
    Token,
    /// `/userinfo`.
    UserInfo,
    /// `/end_session`.
    EndSession,
}

/// One request to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What was asked.
    pub endpoint: Endpoint,
    /// The parameters in the order they came; secrets, codes and tokens appear as `-`.
    pub parameters: Vec<(String, String)>,
}

impl Event {
    /// The value of a parameter, if it came.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

// === impl State: what was asked ===

impl State {
    pub(super) fn record(&mut self, endpoint: Endpoint, parameters: &Parameters) {
        self.events.push(Event { endpoint, parameters: parameters.without_secrets() });
    }

    pub(super) fn revoke_everything(&mut self) {
        self.sessions.clear();
        self.grants.clear();
    }
}

// === impl State: sessions at the provider ===

impl State {
    /// Signs `user` in and says what the cookie shall hold.
    pub(super) fn open_session(&mut self, user: &str, now: SystemTime) -> String {
        let cookie = random::token();
        let session = ProviderSession { sid: random::token(), user: user.to_owned(), auth_time: now };
        self.sessions.insert(cookie.clone(), session);
        cookie
    }

    pub(super) fn session(&self, cookie: &str) -> Option<&ProviderSession> {
        self.sessions.get(cookie)
    }

    /// Ends the session with this `sid` and all that was granted in it.
    pub(super) fn close_session(&mut self, sid: &str) {
        self.sessions.retain(|_, session| session.sid != sid);
        self.grants.retain(|_, grant| grant.session.sid != sid);
    }
}

// === impl State: logins on their way ===

impl State {
    pub(super) fn suspend(&mut self, request: AuthorizationRequest) -> String {
        let id = random::token();
        self.pending.insert(id.clone(), request);
        id
    }

    pub(super) fn pending(&self, id: &str) -> Option<&AuthorizationRequest> {
        self.pending.get(id)
    }

    pub(super) fn resume(&mut self, id: &str) -> Option<AuthorizationRequest> {
        self.pending.remove(id)
    }
}

// === impl State: what was handed out ===

impl State {
    /// A code for what the user has just allowed.
    pub(super) fn issue_code(&mut self, grant: Grant, expires_at: SystemTime) -> String {
        self.next_grant += 1;
        let (id, code) = (self.next_grant, random::token());
        self.grants.insert(id, grant);
        self.codes.insert(code.clone(), Code { grant: id, expires_at, spent: false });
        code
    }

    /// The code and what it stands for, as long as the grant stands.
    pub(super) fn code(&self, code: &str) -> Option<(Code, Grant)> {
        let code = self.codes.get(code)?;
        Some((code.clone(), self.grants.get(&code.grant)?.clone()))
    }

    pub(super) fn spend_code(&mut self, code: &str) {
        if let Some(code) = self.codes.get_mut(code) {
            code.spent = true;
        }
    }

    pub(super) fn issue_access_token(&mut self, grant: GrantId, expires_at: SystemTime) -> String {
        let token = random::token();
        self.access_tokens.insert(token.clone(), AccessToken { grant, expires_at });
        token
    }

    /// What a live access token stands for.
    pub(super) fn access_token(&self, token: &str, now: SystemTime) -> Option<&Grant> {
        let token = self.access_tokens.get(token).filter(|token| now < token.expires_at)?;
        self.grants.get(&token.grant)
    }

    pub(super) fn issue_refresh_token(&mut self, grant: GrantId) -> String {
        let token = random::token();
        self.refresh_tokens.insert(token.clone(), RefreshToken { grant, spent: false });
        token
    }

    /// Uses up a refresh token of `client_id`; one that was used before ends its grant.
    pub(super) fn spend_refresh_token(&mut self, token: &str, client_id: &str) -> Option<(GrantId, Grant)> {
        let token = self.refresh_tokens.get_mut(token)?;
        let (id, spent) = (token.grant, token.spent);
        if self.grants.get(&id)?.request.client_id != client_id {
            return None;
        }
        token.spent = true;
        if spent {
            self.grants.remove(&id);
        }
        Some((id, self.grants.get(&id)?.clone()))
    }

    pub(super) fn revoke(&mut self, grant: GrantId) {
        self.grants.remove(&grant);
    }
}
