//! What is counted: every series with its name, its labels and what it says. What scrapes see, the reference
//! (`docs/reference/metrics.md`) and the counting code all come from here.
//!
//! Labels are enumerations (invariant I-39): nothing that a visitor, an app or a provider sends becomes one.

/// A name and everything under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What tells its series apart; `None` for a single one.
    pub label: Option<&'static str>,
    /// What it says, for whoever reads it.
    pub help: &'static str,
}

/// How a series behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts how much fell into each of [`BUCKETS`].
    Histogram,
}

impl Kind {
    /// The word of the exposition format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The upper bounds of the histogram's buckets, in seconds, beside the one without a bound; those of v7.
pub const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

macro_rules! families {
    ($($(#[$doc:meta])* $constant:ident = $name:literal $kind:ident $([$label:literal])?, $help:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $constant: Family = Family {
                name: $name,
                kind: Kind::$kind,
                label: { let label: Option<&'static str> = None; $(let _ = label; let label = Some($label);)? label },
                help: $help,
            };
        )*

        /// Every family but those of the process, in the order in which they are shown.
        pub const FAMILIES: &[Family] = &[$($constant),*];
    };
}

families! {
    /// compat: name, label and meaning are those of v7.
    REQUESTS = "oauth2_proxy_requests_total" Counter ["code"],
        "Requests that were answered, by status; health checks are not counted.";
    /// compat: as v7's.
    IN_FLIGHT = "oauth2_proxy_requests_in_flight" Gauge,
        "Requests that are being answered.";
    /// compat: as v7's.
    DURATION = "oauth2_proxy_response_duration_seconds" Histogram ["method"],
        "Time from a request's head to the end of its answer, by method.";
    /// Logins that left for the provider.
    LOGINS_BEGUN = "oauth2_sidecar_logins_begun_total" Counter,
        "Logins that were sent to the provider.";
    /// Logins by their end.
    LOGINS = "oauth2_sidecar_logins_total" Counter ["outcome"],
        "Logins by what came of them.";
    /// What requests for the app bring along.
    SESSIONS = "oauth2_sidecar_sessions_total" Counter ["found"],
        "Requests that need to know who asks, by the session they brought.";
    /// Refreshes by their end.
    REFRESHES = "oauth2_sidecar_refreshes_total" Counter ["outcome"],
        "Refreshes of sessions by what came of them; requests that share one count once.";
    /// Failures of the app.
    UPSTREAM_ERRORS = "oauth2_sidecar_upstream_errors_total" Counter ["fault"],
        "Requests that the app did not answer, by whose fault that is and how.";
    /// Whether logins can begin.
    PROVIDER_READY = "oauth2_sidecar_provider_ready" Gauge,
        "1 while the provider's metadata is known, so that logins can begin; else 0.";
    /// Open connections.
    CONNECTIONS = "oauth2_sidecar_connections" Gauge,
        "Connections that are open towards us, idle ones included.";
    /// Open tunnels.
    WEBSOCKETS = "oauth2_sidecar_websockets" Gauge,
        "WebSockets that are open.";
    /// Changes without a restart.
    RELOADS = "oauth2_sidecar_reloads_total" Counter ["outcome"],
        "Times that the configuration was read again, by what came of it.";
    /// What the log lost.
    LOG_LINES_LOST = "oauth2_sidecar_log_lines_lost_total" Counter,
        "Log lines that could not be written, or that nobody took.";
    /// The build.
    BUILD_INFO = "oauth2_sidecar_build_info" Gauge ["version"],
        "Always 1; the label is the version that runs.";
}

/// The values of a label.
pub trait Label: Copy + Eq + 'static {
    /// The label's name.
    const NAME: &'static str;
    /// All there are, in the order in which they are shown.
    const ALL: &'static [Self];
    /// Where it stands among them.
    fn index(self) -> usize;
    /// As it is written.
    fn as_str(self) -> &'static str;
    /// What it means.
    fn meaning(self) -> &'static str;
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident = $label:literal { $($variant:ident = $word:literal, $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)*
        }

        impl Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn index(self) -> usize {
                self as usize
            }

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

label! {
    /// What came of a login ([`LOGINS`]).
    LoginOutcome = "outcome" {
        Completed = "completed", "The visitor is signed in.";
        Restarted = "restarted", "Its state was lost, and it began anew by itself.";
        StateLost = "state_lost", "Its state was lost, and beginning anew did not help.";
        NotAllowed = "not_allowed", "The account may not enter.";
        ProviderRefused = "provider_refused", "The provider answered with an error.";
        TokenRefused = "token_refused", "What the provider says of the account is not accepted: audience, signature, e-mail address.";
        ProviderDown = "provider_down", "The provider cannot be reached.";
        Malformed = "malformed", "What came back is no answer to a login.";
        Failed = "failed", "Something else went wrong, at the provider or here.";
    }
}

label! {
    /// What came of a refresh ([`REFRESHES`]).
    RefreshOutcome = "outcome" {
        Renewed = "renewed", "The session has new tokens or a new time.";
        Kept = "kept", "There was nothing to renew, and the session goes on.";
        Failed = "failed", "The provider gave no answer, and the session goes on as it is.";
        Ended = "ended", "The provider ended the session.";
    }
}

label! {
    /// The session that a request brought ([`SESSIONS`]).
    SessionFound = "found" {
        Valid = "valid", "One that counts.";
        Absent = "absent", "None.";
        Expired = "expired", "One that is too old.";
        Rejected = "rejected", "Something that is no session of ours: altered, incomplete, or sealed with another secret.";
    }
}

#[expect(clippy::derivable_impls, reason = "`label!` writes the enumeration and its derives")]
impl Default for SessionFound {
    fn default() -> Self {
        Self::Absent
    }
}

label! {
    /// Why an app did not answer ([`UPSTREAM_ERRORS`]).
    UpstreamFault = "fault" {
        Unreachable = "unreachable", "The app: no connection could be made.";
        Timeout = "timeout", "The app: no head of an answer in time.";
        Closed = "closed", "The app: it closed the connection instead of answering.";
        Malformed = "malformed", "The app: what it sent is no HTTP answer.";
        Visitor = "visitor", "The visitor: the body of the request broke off, or is too large to be signed.";
        Internal = "internal", "Us: the request could not be written.";
    }
}

label! {
    /// What came of reading the configuration again ([`RELOADS`]).
    ReloadOutcome = "outcome" {
        Used = "used", "It is in use.";
        Refused = "refused", "It is faulty; the one before stays in use.";
    }
}

label! {
    /// The method of a request ([`DURATION`]); compat: those that v7 tells apart.
    MethodLabel = "method" {
        Get = "get", "GET";
        Put = "put", "PUT";
        Head = "head", "HEAD";
        Post = "post", "POST";
        Delete = "delete", "DELETE";
        Connect = "connect", "CONNECT";
        Options = "options", "OPTIONS";
        Notify = "notify", "NOTIFY";
        Trace = "trace", "TRACE";
        Patch = "patch", "PATCH";
        Unknown = "unknown", "Any other.";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }

    #[test]
    fn names_are_unlike_each_other_and_counters_end_in_total() {
        let mut names = HashSet::new();
        for family in FAMILIES {
            assert!(is_name(family.name) && names.insert(family.name), "{}", family.name);
            assert_eq!(family.kind == Kind::Counter, family.name.ends_with("_total"), "{}", family.name);
        }
    }

    fn check<L: Label + std::fmt::Debug>() {
        let mut words = HashSet::new();
        for (at, value) in L::ALL.iter().enumerate() {
            assert_eq!(value.index(), at, "{value:?}");
            assert!(is_name(value.as_str()) && words.insert(value.as_str()), "{value:?}");
        }
    }

    #[test]
    fn the_values_of_a_label_are_words_in_their_order() {
        check::<LoginOutcome>();
        check::<RefreshOutcome>();
        check::<SessionFound>();
        check::<UpstreamFault>();
        check::<ReloadOutcome>();
        check::<MethodLabel>();
    }
}
