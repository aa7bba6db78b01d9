//! Which options mean something else here on purpose (docs/compatibility.md).

use sidecar_config::Options;

/// A change on purpose that an option brings with it.
pub(crate) struct Difference {
    /// The option, by its flag.
    pub(crate) option: &'static str,
    /// Its row of docs/compatibility.md.
    pub(crate) id: &'static str,
    /// What is different, and how to have it back where that can be had.
    pub(crate) why: &'static str,
    /// Whether it shows with these options.
    pub(crate) applies: fn(&Options) -> bool,
}

/// The changes of one option.
pub(crate) fn of<'a>(option: &str, options: &'a Options) -> impl Iterator<Item = &'static Difference> + use<'a> {
    let option = option.to_owned();
    DIFFERENCES.iter().filter(move |difference| difference.option == option && (difference.applies)(options))
}

/// The changes that come from options nobody wrote.
pub(crate) fn of_defaults(options: &Options) -> impl Iterator<Item = &'static Difference> {
    OF_DEFAULTS.iter().filter(|difference| (difference.applies)(options))
}

const fn row(option: &'static str, id: &'static str, why: &'static str, applies: fn(&Options) -> bool) -> Difference {
    Difference { option, id, why, applies }
}

fn always(_: &Options) -> bool {
    true
}

/// Changes of options that are written.
static DIFFERENCES: &[Difference] = &[
    row(
        "reverse-proxy",
        "D01",
        "without trusted-proxy-ip only private, loopback and link-local peers are believed, not everybody; list 0.0.0.0/0,::/0 to have that back",
        |options| options.reverse_proxy.value && options.trusted_proxy_ips.value.is_empty(),
    ),
    row(
        "skip-auth-route",
        "D02",
        "X-Forwarded-Uri decides on PREFIX/auth alone; a path that can be read in two ways is never exempt (D04); only METHOD!= negates (D32)",
        always,
    ),
    row("skip-auth-regex", "D04", "a path that can be read in two ways is never exempt", always),
    row(
        "cookie-csrf-per-request",
        "D13",
        "a login has a cookie of its own in any case; the option keeps its meaning for the shared one",
        |options| options.cookie_csrf_per_request.value,
    ),
    row(
        "redirect-url",
        "D40",
        "a login that begins on another host of whitelist-domain ends there, not at the host of redirect-url",
        |options| !options.whitelist_domains.value.is_empty(),
    ),
    row(
        "set-xauthrequest",
        "D38",
        "the app gets X-Auth-Request-* on its requests too; pass-xauthrequest=false keeps them from it",
        |options| options.set_xauthrequest.value,
    ),
    row(
        "skip-auth-strip-headers",
        "D05",
        "every spelling of every identity header is removed, on every route",
        |options| options.skip_auth_strip_headers.value,
    ),
    row("pass-user-headers", "D05", "a client's own copies are removed in every spelling, on every route", |options| {
        options.pass_user_headers.value
    }),
    row("cookie-refresh", "D16", "requests that come together share one refresh, and nobody loses the race", always),
    row(
        "github-org",
        "D41",
        "asked on every request, also of sessions that another app made; 403 instead of 500",
        always,
    ),
    row(
        "github-team",
        "D41",
        "asked on every request, also of sessions that another app made; 403 instead of 500",
        always,
    ),
    row(
        "github-repo",
        "D41",
        "asked once per session and app, also of sessions that another app made; 403 instead of 500",
        always,
    ),
    row("github-user", "D41", "asked on every request, also of sessions that another app made", always),
    row("entra-id-allowed-tenant", "D41", "asked on every request, also of sessions that another app made", always),
    row(
        "email-domain",
        "D57",
        "an address that is not one @ with something on both sides matches no named domain",
        always,
    ),
    row(
        "htpasswd-file",
        "D28",
        "a line whose hash is not supported is refused at start; so is a cost above 16 (P45)",
        always,
    ),
    row("display-htpasswd-form", "D59", "the form counts from our own pages alone", |options| {
        options.display_htpasswd_form.value && !options.htpasswd_file.value.is_empty()
    }),
    row("skip-jwt-bearer-tokens", "D55", "a token needs sub and iat, and must be no logout token (P49)", |options| {
        options.skip_jwt_bearer_tokens.value
    }),
    row("extra-jwt-issuers", "P46", "each needs an audience", always),
    row(
        "bearer-token-login-fallback",
        "P47",
        "when it is off, a token whose issuer cannot be reached is answered with 503, not 403",
        |options| !options.bearer_token_login_fallback.value,
    ),
    row("proxy-websockets", "P14", "when it is off the request is served without the upgrade", |options| {
        !options.proxy_websockets.value
    }),
    row("upstream", "D06", "our own cookies do not reach the app; pass-session-cookie=true lets them", always),
    row("provider-ca-file", "D46", "redirects that the provider answers to our own calls are not followed", always),
    row("custom-templates-dir", "P18", "a template whose values could run as script is refused at start", always),
    row("request-logging", "D27", "no query of our own endpoints, no code and no token is in a log line", |options| {
        options.request_logging.value
    }),
    row("auth-logging", "D27", "no claims of a token are in a log line", |options| options.auth_logging.value),
];

/// Changes of defaults.
static OF_DEFAULTS: &[Difference] = &[
    row(
        "insecure-oidc-skip-nonce",
        "D11",
        "the nonce is checked by default; true has the old behaviour back",
        |options| !options.insecure_oidc_skip_nonce.is_set(),
    ),
    row(
        "code-challenge-method",
        "D12",
        "PKCE is used where the provider takes it; none has the old behaviour back",
        |options| !options.code_challenge_method.is_set() && !options.force_code_challenge_method.is_set(),
    ),
    row(
        "oidc-discovery-required",
        "D18",
        "a provider that is away at start does not end it; true has the old behaviour back",
        |options| !options.oidc_discovery_required.is_set(),
    ),
    row(
        "shutdown-timeout",
        "D19",
        "requests in flight have 20 s to end after SIGTERM; set the pod's grace period above it",
        |options| !options.shutdown_timeout.is_set(),
    ),
    row("max-header-bytes", "D43", "the head of a request may have 64 KiB, not 1 MiB", |options| {
        !options.max_header_bytes.is_set()
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The document that the ids are of.
    const COMPATIBILITY: &str = include_str!("../../../docs/compatibility.md");

    #[test]
    fn every_change_is_a_row_of_the_document_and_of_the_option_table() {
        for difference in DIFFERENCES.iter().chain(OF_DEFAULTS) {
            let id = difference.id;
            assert!(COMPATIBILITY.contains(&format!("\n| {id} |")), "{id}");
            assert!(sidecar_config::rows().any(|row| row.flag == difference.option), "{}", difference.option);
        }
    }

    #[test]
    fn a_change_shows_only_where_it_applies() {
        let mut options = Options::default();
        assert_eq!(of("reverse-proxy", &options).count(), 0);
        options.reverse_proxy.value = true;
        assert_eq!(of("reverse-proxy", &options).map(|difference| difference.id).collect::<Vec<_>>(), ["D01"]);
        assert_eq!(of_defaults(&options).count(), OF_DEFAULTS.len());
    }
}
