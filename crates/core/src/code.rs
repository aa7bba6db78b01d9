//! Codes for what can go wrong for a visitor: the same on the page, in the log and in `docs/reference/errors.md`.
//!
//! Faults of the configuration have codes of the same kind, `E-CONFIG-…`, in the config crate.

use std::fmt;

/// A kind of failure. Its name never changes once it is out: people search for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `E-REQUEST-QUERY`
    RequestQuery,
    /// `E-REQUEST-SIZE`
    RequestSize,
    /// `E-LOGIN-COOKIE`
    LoginCookie,
    /// `E-LOGIN-EXPIRED`
    LoginExpired,
    /// `E-LOGIN-MISMATCH`
    LoginMismatch,
    /// `E-LOGIN-STATE`
    LoginState,
    /// `E-LOGIN-REFUSED`
    LoginRefused,
    /// `E-LOGIN-CODE`
    LoginCode,
    /// `E-LOGIN-TOKEN`
    LoginToken,
    /// `E-LOGIN-FAILED`
    LoginFailed,
    /// `E-PROVIDER-DOWN`
    ProviderDown,
    /// `E-ACCESS-ACCOUNT`
    AccessAccount,
    /// `E-ACCESS-USER`
    AccessUser,
    /// `E-ACCESS-ORGANIZATION`
    AccessOrganization,
    /// `E-ACCESS-TEAM`
    AccessTeam,
    /// `E-ACCESS-REPOSITORY`
    AccessRepository,
    /// `E-ACCESS-TENANT`
    AccessTenant,
    /// `E-ACCESS-UNKNOWN`
    AccessUnknown,
    /// `E-APP-DOWN`
    AppDown,
    /// `E-APP-TIMEOUT`
    AppTimeout,
    /// `E-INTERNAL`
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 21] = [
        Self::RequestQuery,
        Self::RequestSize,
        Self::LoginCookie,
        Self::LoginExpired,
        Self::LoginMismatch,
        Self::LoginState,
        Self::LoginRefused,
        Self::LoginCode,
        Self::LoginToken,
        Self::LoginFailed,
        Self::ProviderDown,
        Self::AccessAccount,
        Self::AccessUser,
        Self::AccessOrganization,
        Self::AccessTeam,
        Self::AccessRepository,
        Self::AccessTenant,
        Self::AccessUnknown,
        Self::AppDown,
        Self::AppTimeout,
        Self::Internal,
    ];

    /// The code, as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// How it comes about, as sentences.
    #[must_use]
    pub const fn cause(self) -> &'static str {
        self.entry().1
    }

    /// What an operator can do, as sentences.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.entry().2
    }

    #[rustfmt::skip]
    const fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::RequestQuery => ("E-REQUEST-QUERY", "The query or form of a request to one of our own endpoints cannot be read: a bad escape, a semicolon, a parameter that is there twice.", "Follow the link anew; allow-query-semicolons takes semicolons for separators."),
            Self::RequestSize => ("E-REQUEST-SIZE", "The body of a form sent to one of our own endpoints is larger than any form of ours.", "Nothing of ours sends this; look at who does by the request id."),
            Self::LoginCookie => ("E-LOGIN-COOKIE", "The browser came back from the provider without the cookie of this login: it keeps none, another host began the login than ends it, or the login ended in another tab.", "Let `oauth2-sidecar doctor` compare cookie-domain with redirect-url; look at cookie-secure and cookie-samesite."),
            Self::LoginExpired => ("E-LOGIN-EXPIRED", "More time passed between the login's start and its end than cookie-csrf-expire.", "Sign in again; raise cookie-csrf-expire; compare the clocks of all pods."),
            Self::LoginMismatch => ("E-LOGIN-MISMATCH", "The state that came back is not that of the login that this browser began, or was sealed with another cookie-secret.", "Sign in again; use one cookie-secret for all sidecars that share redirect-url. If it goes on, somebody may be tricking visitors into logins of others."),
            Self::LoginState => ("E-LOGIN-STATE", "The callback has no state that can be taken apart.", "Open the app rather than the callback; check that a gateway leaves the query of the callback alone."),
            Self::LoginRefused => ("E-LOGIN-REFUSED", "The provider answered the login with an error: the visitor declined, or the client is not registered for this redirect URI or scope.", "The log line with the same request id names the provider's error; compare redirect-url, client-id and scope with what is registered."),
            Self::LoginCode => ("E-LOGIN-CODE", "The provider sent the browser back without a code.", "Check that a gateway leaves the query of the callback alone, and that the client is registered for the code flow."),
            Self::LoginToken => ("E-LOGIN-TOKEN", "The ID token is genuine and not for this login or this client (audience, authorized party, nonce, issued in the future), a claim that is needed is missing, the e-mail address is not verified, or the callback does not say that this issuer sent it (`iss`, RFC 9207).", "The log line with the same request id says which check failed. Compare client-id and oidc-audience-claim with the token, and see that a gateway leaves the query of the callback alone; `oauth2-sidecar doctor` compares the clocks."),
            Self::LoginFailed => ("E-LOGIN-FAILED", "No session came of the code: the token endpoint refused, or its ID token cannot be verified (signature, key, issuer, expired), or a claim that is needed is missing.", "The log line with the same request id says what came back. After a refusal compare client-secret and redirect-url with what is registered; after an ID token that fails, oidc-issuer-url and, with `oauth2-sidecar doctor`, the clocks."),
            Self::ProviderDown => ("E-PROVIDER-DOWN", "The identity provider cannot be asked, so no login can begin or end. Sessions go on.", "`oauth2-sidecar doctor` says at which step it fails: name, connection, proxy, certificate, metadata."),
            Self::AccessAccount => ("E-ACCESS-ACCOUNT", "The account is signed in and may not enter: neither email-domain, nor authenticated-emails-file, nor allowed-group admits it.", "Sign in with another account, or admit this one; the log says which account it was."),
            Self::AccessUser => ("E-ACCESS-USER", "The account is none of github-user.", "Sign in with another account, or add this one."),
            Self::AccessOrganization => ("E-ACCESS-ORGANIZATION", "The account is not a member of github-org.", "Sign in with another account; at GitHub, look whether the organization lets this OAuth app see its members."),
            Self::AccessTeam => ("E-ACCESS-TEAM", "The account is in none of the teams of github-team.", "Sign in with another account, or add it to a team; teams are named by their slugs."),
            Self::AccessRepository => ("E-ACCESS-REPOSITORY", "The account has no access to github-repo.", "Sign in with another account, or give it access: push, or pull for a private repository."),
            Self::AccessTenant => ("E-ACCESS-TENANT", "The account belongs to none of entra-id-allowed-tenant.", "Sign in with another account, or add its tenant by id."),
            Self::AccessUnknown => ("E-ACCESS-UNKNOWN", "Whether the account may enter has to be asked of the provider, which gives no usable answer now.", "It passes when the provider answers again; the log says what came back."),
            Self::AppDown => ("E-APP-DOWN", "The app cannot be reached or its answer is no HTTP.", "Look whether the app runs and listens where upstream says; `oauth2-sidecar doctor` asks it."),
            Self::AppTimeout => ("E-APP-TIMEOUT", "The app did not begin to answer within upstream-timeout.", "Look at the app's own log; raise upstream-timeout if it may take so long."),
            Self::Internal => ("E-INTERNAL", "A fault of ours: a random number, a template or a cookie that could not be made.", "The log line with the same request id says which; please report it."),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_ones_that_people_search_for() {
        let names: Vec<&str> = Code::ALL.into_iter().map(Code::as_str).collect();
        let known = [
            "E-REQUEST-QUERY",
            "E-REQUEST-SIZE",
            "E-LOGIN-COOKIE",
            "E-LOGIN-EXPIRED",
            "E-LOGIN-MISMATCH",
            "E-LOGIN-STATE",
            "E-LOGIN-REFUSED",
            "E-LOGIN-CODE",
            "E-LOGIN-TOKEN",
            "E-LOGIN-FAILED",
            "E-PROVIDER-DOWN",
            "E-ACCESS-ACCOUNT",
            "E-ACCESS-USER",
            "E-ACCESS-ORGANIZATION",
            "E-ACCESS-TEAM",
            "E-ACCESS-REPOSITORY",
            "E-ACCESS-TENANT",
            "E-ACCESS-UNKNOWN",
            "E-APP-DOWN",
            "E-APP-TIMEOUT",
            "E-INTERNAL",
        ];
        assert_eq!(names, known);
    }

    #[test]
    fn every_code_says_how_it_comes_about_and_what_to_do() {
        for code in Code::ALL {
            for text in [code.cause(), code.remedy()] {
                assert!(text.ends_with('.') && !text.contains(['|', '\n']), "{code}: {text}");
            }
        }
    }
}
