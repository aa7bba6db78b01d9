//! Codes for what can go wrong for a visitor, or between us and others: the same on the page, in the answer's header
//! [`HEADER`], in the log and in `docs/reference/errors.md`.
//!
//! Faults of the configuration have codes of the same kind, `E-CONFIG-…`, in the config crate.

use std::fmt;

/// The header of an answer of ours that says its code, for programs, to which no page is shown.
pub const HEADER: &str = "x-auth-request-error";

/// Declares each code once: its name, how it comes about and what an operator can do, as sentences.
macro_rules! codes {
    ($($code:ident = $name:literal, $cause:literal, $remedy:literal;)*) => {
        /// A kind of failure. Its name never changes once it is out: people search for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`")] $code,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code, as it is printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }

            /// How it comes about, as sentences.
            #[must_use]
            pub const fn cause(self) -> &'static str {
                match self {
                    $(Self::$code => $cause,)*
                }
            }

            /// What an operator can do, as sentences.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$code => $remedy,)*
                }
            }
        }
    };
}

#[rustfmt::skip]
codes! {
    RequestMalformed = "E-REQUEST-MALFORMED", "The head of a request is malformed, or could be read in two ways: a bad escape in its path, two hosts, two Authorization lines, ambiguous framing (Content-Length, Transfer-Encoding).", "No browser sends this; look at the gateway before us, or at the program that asks.";
    RequestMethod = "E-REQUEST-METHOD", "The method is TRACE or CONNECT, which are never forwarded.", "Nothing: no browser sends it.";
    RequestHead = "E-REQUEST-HEAD", "The head of a request is larger than max-header-bytes, or has more than 256 lines.", "Look at its cookies, which are most of a head; session-cookie-minimal makes ours small, max-header-bytes takes more.";
    RequestQuery = "E-REQUEST-QUERY", "The query or form of a request to one of our own endpoints cannot be read: a bad escape, a semicolon, a parameter that is there twice.", "Follow the link anew; allow-query-semicolons takes semicolons for separators.";
    RequestSize = "E-REQUEST-SIZE", "The body of a form sent to one of our own endpoints is larger than 64 KiB; or, with signature-key, a body is larger than 10 MiB, which is the most that is signed.", "No page of ours sends such a form: the log line with the same request id says who does. An app that takes larger bodies cannot be used with signature-key.";
    RequestTimeout = "E-REQUEST-TIMEOUT", "The body of a form sent to one of our own endpoints did not arrive in time.", "Send it again; if it goes on, look at the gateway before us.";
    RequestBody = "E-REQUEST-BODY", "The body of a visitor's request broke off, or is malformed, while it was forwarded to the app.", "Nothing, unless it happens often: then look at the limits of the gateway before us.";
    RequestWebSockets = "E-REQUEST-WEBSOCKETS", "One session has 256 WebSockets open, more than a browser opens.", "Look at who opens them by the log line with the same request id; a program that needs more brings a bearer token, which is not counted.";
    SessionSeal = "E-SESSION-SEAL", "The session cookie was altered, or sealed with another cookie-secret or under another cookie-name.", "Use one cookie-secret for all that share the cookie; after a change of it, name the one before in cookie-secret-previous.";
    SessionExpired = "E-SESSION-EXPIRED", "The session cookie is older than cookie-expire or from the future, or its tokens have run out and were not renewed.", "Sign in again; cookie-refresh renews sessions in time; compare the clocks of all pods.";
    SessionPieces = "E-SESSION-PIECES", "Of a session that takes several cookies some are missing: the browser or something before us dropped them.", "Look at limits for the size of heads and cookies; session-cookie-minimal makes sessions small.";
    SessionRecord = "E-SESSION-RECORD", "The session cookie is sealed with our cookie-secret, and what is in it is no session.", "Sign in again; look whether another program writes cookies under this cookie-name with the same cookie-secret.";
    SessionRefresh = "E-SESSION-REFRESH", "A session was to be renewed and could not be now; it goes on as it is and is tried again.", "The rest of the line says what came back; `oauth2-sidecar doctor` asks the provider.";
    SessionEnded = "E-SESSION-ENDED", "The provider says that the session cannot be renewed any more (`invalid_grant`, `invalid_client`), so it ends.", "Sign in again; after many at once compare client-secret with what is registered.";
    SessionSubject = "E-SESSION-SUBJECT", "The provider renewed a session with an ID token of somebody else (another `sub`), so it ends.", "Tell whoever runs the provider: it must not happen (OpenID Connect Core 12.2).";
    SessionInvalid = "E-SESSION-INVALID", "The session's tokens do not hold any more: the ID token does not verify, validate-url says no, or a restriction is not met.", "Sign in again; the rest of the line says which check failed.";
    LoginCookie = "E-LOGIN-COOKIE", "The browser came back from the provider without the cookie of this login: it keeps none, another host began the login than ends it, or the login ended in another tab.", "Let `oauth2-sidecar doctor` compare cookie-domain with redirect-url; look at cookie-secure and cookie-samesite.";
    LoginExpired = "E-LOGIN-EXPIRED", "More time passed between the login's start and its end than cookie-csrf-expire.", "Sign in again; raise cookie-csrf-expire; compare the clocks of all pods.";
    LoginMismatch = "E-LOGIN-MISMATCH", "The state that came back is not that of the login that this browser began, or was sealed with another cookie-secret.", "Sign in again; use one cookie-secret for all sidecars that share redirect-url. If it goes on, somebody may be tricking visitors into logins of others.";
    LoginState = "E-LOGIN-STATE", "The callback has no state that can be taken apart.", "Open the app rather than the callback; check that a gateway leaves the query of the callback alone.";
    LoginRefused = "E-LOGIN-REFUSED", "The provider answered the login with an error: the visitor declined, or the client is not registered for this redirect URI or scope.", "The log line with the same request id names the provider's error; compare redirect-url, client-id and scope with what is registered.";
    LoginCode = "E-LOGIN-CODE", "The provider sent the browser back without a code.", "Check that a gateway leaves the query of the callback alone, and that the client is registered for the code flow.";
    LoginIssuer = "E-LOGIN-ISSUER", "The callback does not say that this issuer sent it (`iss`, RFC 9207), although the provider promises to.", "Check that a gateway leaves the query of the callback alone, and compare oidc-issuer-url with the provider's.";
    LoginCredential = "E-LOGIN-CREDENTIAL", "The file with the client secret, or with the client's assertion, cannot be read.", "Look at client-secret-file or AZURE_FEDERATED_TOKEN_FILE: the path, the mount, the permissions.";
    LoginExchange = "E-LOGIN-EXCHANGE", "The token endpoint did not take the code, or answered what is no token response.", "The log line with the same request id says what came back; compare client-id, client-secret and redirect-url with what is registered.";
    LoginToken = "E-LOGIN-TOKEN", "There is no ID token, or it is genuine and not for this login or this client: audience, authorized party, nonce, issued in the future, a claim missing.", "The log line with the same request id says which check failed. Compare client-id and oidc-audience-claim with the token; `oauth2-sidecar doctor` compares the clocks.";
    LoginUnverified = "E-LOGIN-UNVERIFIED", "The ID token cannot be verified: its signature, key or issuer is wrong, or it has expired.", "The log line with the same request id says which; compare oidc-issuer-url with the token's `iss`, and with `oauth2-sidecar doctor` the clocks.";
    LoginEmail = "E-LOGIN-EMAIL", "The provider tells no e-mail address of the account, or says that it is not verified.", "Look at scope and oidc-email-claim; insecure-oidc-allow-unverified-email takes unverified ones.";
    LoginClaims = "E-LOGIN-CLAIMS", "The provider signed the visitor in and then did not tell who it is: the profile cannot be read.", "The log line with the same request id says what came back; look at profile-url and at the scopes that the client may ask for.";
    LoginValidate = "E-LOGIN-VALIDATE", "The address in validate-url did not confirm the new session.", "Ask validate-url with an access token; the log line with the same request id says what it answered.";
    LoginCrossSite = "E-LOGIN-CROSS-SITE", "The form for a name and a password was sent from a page of another site, so that a visitor might be signed in without knowing as whom.", "Sign in on the page that the app shows. A gateway that changes the Host header must tell the visitor's host in X-Forwarded-Host (reverse-proxy, trusted-proxy-ip), or redirect-url must name it.";
    LoginBusy = "E-LOGIN-BUSY", "More passwords of htpasswd-file came than can be looked at: each takes a processor for a while.", "It passes. If it goes on, somebody is guessing: the log lines about logins say who. A lower bcrypt cost makes each look cheaper.";
    ProviderDown = "E-PROVIDER-DOWN", "The identity provider cannot be asked, so no login can begin or end. Sessions go on.", "`oauth2-sidecar doctor` says at which step it fails: name, connection, proxy, certificate, metadata.";
    ProviderDiscovery = "E-PROVIDER-DISCOVERY", "The provider's metadata could not be read; it is tried again, and a copy that is there serves for a day.", "The rest of the line says why; ask its url from the pod. Where the issuers differ, write oidc-issuer-url as the provider does, slash at the end or not.";
    ProviderKeys = "E-PROVIDER-KEYS", "The provider's signing keys could not be fetched; those that are there serve for a day.", "The rest of the line says why; ask the `jwks_uri` of the metadata, or oidc-jwks-url, from the pod.";
    ProviderClaims = "E-PROVIDER-CLAIMS", "The provider did not tell what a visitor is now, so the claims of the session stay what they were, or stay out.", "It passes when the provider answers again; the rest of the line says what came back.";
    ProviderLogout = "E-PROVIDER-LOGOUT", "The call to backend-logout-url at a sign-out failed. The visitor is signed out here.", "The rest of the line says what came back; ask that address from the pod.";
    AccessAccount = "E-ACCESS-ACCOUNT", "The account is signed in and may not enter: neither email-domain, nor authenticated-emails-file, nor allowed-group admits it.", "Sign in with another account, or admit this one; the log says which account it was.";
    AccessConstraint = "E-ACCESS-CONSTRAINT", "The account is signed in and does not meet what the query of this very request asks for: allowed_groups, allowed_emails or allowed_email_domains.", "Look at the place where the gateway before us writes these parameters.";
    AccessUser = "E-ACCESS-USER", "The account is none of github-user.", "Sign in with another account, or add this one.";
    AccessOrganization = "E-ACCESS-ORGANIZATION", "The account is not a member of github-org.", "Sign in with another account; at GitHub, look whether the organization lets this OAuth app see its members.";
    AccessTeam = "E-ACCESS-TEAM", "The account is in none of the teams of github-team.", "Sign in with another account, or add it to a team; teams are named by their slugs.";
    AccessRepository = "E-ACCESS-REPOSITORY", "The account has no access to github-repo.", "Sign in with another account, or give it access: push, or pull for a private repository.";
    AccessTenant = "E-ACCESS-TENANT", "The account belongs to none of entra-id-allowed-tenant.", "Sign in with another account, or add its tenant by id.";
    AccessToken = "E-ACCESS-TOKEN", "The Authorization header is no bearer token that is valid here, and bearer-token-login-fallback is off.", "The log line with the same request id says what each issuer has against the token: compare its `iss`, `aud` and `exp` with oidc-issuer-url, client-id and extra-jwt-issuers.";
    AccessUnknown = "E-ACCESS-UNKNOWN", "Whether the account may enter has to be asked of the provider, which gives no usable answer now.", "It passes when the provider answers again; the log says what came back.";
    AppName = "E-APP-NAME", "The host in upstream has no address, or no name server answered.", "Look at the name in upstream; `oauth2-sidecar doctor` asks the app.";
    AppRefused = "E-APP-REFUSED", "Nobody listens where upstream says.", "Look whether the app runs and listens at that host and port, or at that socket; it may still be starting.";
    AppTls = "E-APP-TLS", "TLS with the app failed: its certificate is not trusted or names another host, or it speaks no TLS.", "Look at the scheme in upstream and at the app's certificate.";
    AppDown = "E-APP-DOWN", "The app cannot be reached for another reason: no connection in time, no route, no way through a proxy.", "The log line with the same request id says why; `oauth2-sidecar doctor` asks the app.";
    AppTimeout = "E-APP-TIMEOUT", "The app did not begin to answer within upstream-timeout.", "Look at the app's own log; raise upstream-timeout if it may take so long.";
    AppClosed = "E-APP-CLOSED", "The app closed the connection instead of answering.", "Look at the app's own log: it may have crashed or run out of memory over this request.";
    AppMalformed = "E-APP-MALFORMED", "What the app sent is no HTTP answer, or switches protocols unasked.", "Look whether upstream names the right port and scheme, and at the app's own log.";
    AppCut = "E-APP-CUT", "The app's answer broke off after it had begun, so the visitor's connection was cut.", "Look at the app's own log by the time of the line.";
    AppFile = "E-APP-FILE", "A file of a file:// upstream is there and cannot be read.", "Look at its permissions; the process may run as another user.";
    Internal = "E-INTERNAL", "A fault of ours: a panic, or a request, a random number or a cookie that could not be made; or a page of custom-templates-dir fails.", "The log line with the same request id says which; it names file and line of a template, which is yours to mend. Please report the rest.";
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
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let known = [
            "E-REQUEST-MALFORMED",
            "E-REQUEST-METHOD",
            "E-REQUEST-HEAD",
            "E-REQUEST-QUERY",
            "E-REQUEST-SIZE",
            "E-REQUEST-TIMEOUT",
            "E-REQUEST-BODY",
            "E-REQUEST-WEBSOCKETS",
            "E-SESSION-SEAL",
            "E-SESSION-EXPIRED",
            "E-SESSION-PIECES",
            "E-SESSION-RECORD",
            "E-SESSION-REFRESH",
            "E-SESSION-ENDED",
            "E-SESSION-SUBJECT",
            "E-SESSION-INVALID",
            "E-LOGIN-COOKIE",
            "E-LOGIN-EXPIRED",
            "E-LOGIN-MISMATCH",
            "E-LOGIN-STATE",
            "E-LOGIN-REFUSED",
            "E-LOGIN-CODE",
            "E-LOGIN-ISSUER",
            "E-LOGIN-CREDENTIAL",
            "E-LOGIN-EXCHANGE",
            "E-LOGIN-TOKEN",
            "E-LOGIN-UNVERIFIED",
            "E-LOGIN-EMAIL",
            "E-LOGIN-CLAIMS",
            "E-LOGIN-VALIDATE",
            "E-LOGIN-CROSS-SITE",
            "E-LOGIN-BUSY",
            "E-PROVIDER-DOWN",
            "E-PROVIDER-DISCOVERY",
            "E-PROVIDER-KEYS",
            "E-PROVIDER-CLAIMS",
            "E-PROVIDER-LOGOUT",
            "E-ACCESS-ACCOUNT",
            "E-ACCESS-CONSTRAINT",
            "E-ACCESS-USER",
            "E-ACCESS-ORGANIZATION",
            "E-ACCESS-TEAM",
            "E-ACCESS-REPOSITORY",
            "E-ACCESS-TENANT",
            "E-ACCESS-TOKEN",
            "E-ACCESS-UNKNOWN",
            "E-APP-NAME",
            "E-APP-REFUSED",
            "E-APP-TLS",
            "E-APP-DOWN",
            "E-APP-TIMEOUT",
            "E-APP-CLOSED",
            "E-APP-MALFORMED",
            "E-APP-CUT",
            "E-APP-FILE",
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
