//! Logins at a real provider from the first page to the last, also when they begin on one program and end on the other.

use super::rows;
use crate::case::{Base, Configuration, Op, Step, ask, case, configuration, flow, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![
        ordinary(),
        encoded_state(),
        across_programs("across programs", &["--cookie-domain=.example.com"]),
        across_programs("across programs, per request", &["--cookie-csrf-per-request=true"]),
        across_programs("across programs, encoded state", &["--encode-state=true", "--cookie-name=__Host-sid"]),
        form_post(),
        claims(),
        other_habits("ES256", Op::Es256),
        other_habits("claims at userinfo", Op::ClaimsAtUserinfo),
        nested_groups(),
        plain_pkce(),
        no_discovery(),
        scope_in_the_login_url(),
        automatic(),
        prefix(),
        refreshing(),
        groups(),
        callback_host(),
        redirect_path(),
        redirect_without_path(),
    ]
}

const HOST: &str = "https://auth.example.com";

fn open(path: &str) -> Step {
    Step::Open(format!("{HOST}{path}"))
}

/// A whole login that starts at `url`, and what is known afterwards.
pub(super) fn login(url: &str, user: &'static str) -> Vec<Step> {
    vec![
        Step::Open(url.to_owned()),
        Step::SignIn(user),
        Step::Return(str::to_owned),
        Step::Follow,
        open("/oauth2/userinfo"),
        open("/oauth2/auth"),
    ]
}

fn and_out(mut steps: Vec<Step>) -> Vec<Step> {
    steps.extend([open("/oauth2/sign_out?rd=/bye"), open("/oauth2/userinfo")]);
    steps
}

fn returning(change: fn(&str) -> String) -> Vec<Step> {
    vec![open("/oauth2/start?rd=/deep"), Step::SignIn("alice"), Step::Return(change)]
}

fn ordinary() -> Configuration {
    Configuration { explained: rows::target_of_the_login(), ..ordinary_cases() }
}

fn ordinary_cases() -> Configuration {
    let plus = "/oauth2/start?rd=%2Fa%2Bb%3Fc%3Dd%2Be%26f%3D%2541%2523%23frag";
    configuration(
        "logins",
        &[],
        vec![
            flow(
                "a login and out again",
                and_out(login("https://auth.example.com/oauth2/start?rd=/deep%3Fa=b", "alice")),
            ),
            flow("a target with every kind of letter", login(&format!("{HOST}{plus}"), "alice")),
            flow(
                "a target beyond ASCII",
                login("https://auth.example.com/oauth2/start?rd=%2F%C3%A9%2F%E2%82%AC", "alice"),
            ),
            flow("somebody without groups", login("https://auth.example.com/oauth2/start?rd=/", "carol")),
            flow("an unverified address", returning_as("bob", str::to_owned)).explained_by(rows::login_is_used_up()),
            flow("the code twice", {
                let mut steps = returning(str::to_owned);
                steps.push(Step::Return(str::to_owned));
                steps
            })
            .explained_by(rows::login_restarts()),
            flow("another code", returning(|url| url.replacen("code=", "code=x", 1)))
                .explained_by(rows::login_is_used_up()),
            flow("no code", returning(|url| url.replacen("code=", "kode=", 1))).explained_by(rows::login_is_used_up()),
            flow("an error of the provider", returning(|url| format!("{url}&error=access_denied"))),
            flow("an error with a format in it", returning(|url| format!("{url}&error=%25s%25d")))
                .explained_by(rows::text_of_the_provider()),
            flow("another state", returning(|url| url.replacen("state=", "state=x", 1)))
                .explained_by(rows::login_restarts()),
            flow("another target in the state", returning(|url| change_target(url, "%252Fother")))
                .explained_by(rows::target_in_the_sealed_cookie()),
            flow(
                "another target in the state, the shared cookie alone",
                by_shared_cookie(|url| change_target(url, "%252Fother")),
            ),
            flow(
                "a foreign target in the state",
                by_shared_cookie(|url| change_target(url, "https%253A%252F%252Fevil.org%252F")),
            ),
            flow("an unencoded target in the state", by_shared_cookie(|url| change_target(url, "%2Fold%2Fplain"))),
            flow(
                "an older version's target in the state",
                by_shared_cookie(|url| change_target(url, "%2Fold%2Fplain%3Fa%3Db%2Bc")),
            )
            .explained_by(rows::older_state()),
            flow("parameters that nobody knows", returning(|url| format!("{url}&session_state=x&foo=bar"))),
            flow("a code twice in the query", returning(|url| format!("{url}&code=second")))
                .explained_by(rows::parameter_twice()),
            flow("no login cookie", {
                let mut steps = returning(str::to_owned);
                steps.insert(2, Step::Forget(""));
                steps
            })
            .explained_by(rows::login_restarts()),
        ],
    )
}

/// The way back without the cookie that ours makes for each login, as from a login that the original began.
fn by_shared_cookie(change: fn(&str) -> String) -> Vec<Step> {
    let mut steps = returning(change);
    steps.insert(2, Step::Forget("_login_"));
    steps
}

fn change_target(url: &str, target: &str) -> String {
    let (before, rest) = url.split_once("%3A").or_else(|| url.split_once(':').filter(|_| false)).unwrap_or((url, ""));
    let after = rest.find('&').map_or("", |at| &rest[at..]);
    format!("{before}%3A{target}{after}")
}

pub(super) fn returning_as(user: &'static str, change: fn(&str) -> String) -> Vec<Step> {
    vec![open("/oauth2/start?rd=/deep"), Step::SignIn(user), Step::Return(change)]
}

fn encoded_state() -> Configuration {
    configuration(
        "encoded state",
        &["--encode-state=true", "--whitelist-domain=.example.com"],
        vec![
            flow(
                "a login",
                and_out(login("https://auth.example.com/oauth2/start?rd=https://auth.example.com/x%3Fa=b+c", "alice")),
            ),
            case("a state that is not base64", get("/oauth2/callback?code=x&state=%20%20")),
            case("a plain state", get("/oauth2/callback?code=x&state=abc:/x")),
        ],
    )
}

/// Each login begins on one program and ends on the other, in both directions at once.
fn across_programs(name: &'static str, flags: &[&'static str]) -> Configuration {
    let changing_after = |start: &str| {
        let mut steps = login(&format!("{HOST}{start}"), "alice");
        steps.insert(2, Step::ChangePrograms);
        steps
    };
    let changing_later = || {
        let mut steps = login("https://auth.example.com/oauth2/start?rd=/x", "alice");
        steps.extend([Step::ChangePrograms, open("/page"), open("/oauth2/userinfo"), open("/oauth2/sign_out")]);
        steps
    };
    configuration(
        name,
        flags,
        vec![
            flow("a login ends on the other program", changing_after("/oauth2/start?rd=%2Fa%2Bb%3Fc%3D%2541")),
            flow("a session is used on the other program", changing_later()),
        ],
    )
}

fn automatic() -> Configuration {
    configuration(
        "no provider button",
        &["--skip-provider-button=true", "--whitelist-domain=.example.com", "--prompt=login"],
        vec![
            flow(
                "a page leads to a login at once",
                and_out(login("https://auth.example.com/deep/page?x=1&y=%2F", "alice")),
            ),
            case("sign_in leads to a login", get("/oauth2/sign_in?rd=/x")),
            case("a page by POST", ask("POST", "/form?x=1").form("a=b&rd=/from-form"))
                .explained_by(rows::form_of_the_app()),
            case("a page by HEAD", ask("HEAD", "/page")),
            case("JSON", get("/page").with("Accept", "application/json")),
            case("a page with a broken session", get("/page").cookie(|_, options| format!("{}=x", options.name))),
            case("a page's query sets no parameters", get("/page?prompt=none&login_hint=x")),
            case("start with parameters", get("/oauth2/start?prompt=none&login_hint=x")),
            case("a bad query", get("/page?x=%zz")),
            case("a script's request", get("/page").with("Sec-Fetch-Mode", "cors"))
                .explained_by(rows::no_login_for_scripts()),
            case("a typed-in address", get("/page").with("Sec-Fetch-Mode", "navigate")),
        ],
    )
}

fn prefix() -> Configuration {
    configuration(
        "another prefix",
        &["--proxy-prefix=/auth/x", "--ping-path=/health", "--ready-path=/alive", "--ping-user-agent=probe/1"],
        vec![
            case("sign-in page", get("/auth/x/sign_in?rd=/y")),
            case("start", get("/auth/x/start?rd=/y")),
            case("auth", get("/auth/x/auth").signed_in()),
            case("userinfo", get("/auth/x/userinfo").signed_in()),
            case("sign-out", get("/auth/x/sign_out").signed_in()),
            case("a target under the prefix", get("/auth/x/start").with("X-Auth-Request-Redirect", "/auth/x/auth")),
            case("the usual prefix is the app's", get("/oauth2/auth").signed_in()),
            case("ping by the probe", get("/health").with("User-Agent", "probe/1")),
            case("ping by others", get("/health").with("User-Agent", "curl/8")),
            case("the agent alone is not enough", get("/").with("User-Agent", "probe/1")),
            case("the usual ping is the app's", get("/ping").signed_in()),
            case("ready", get("/alive")),
            case("the usual ready is the app's", get("/ready")),
        ],
    )
}

fn refreshing() -> Configuration {
    let aged = |after: Vec<Step>| {
        let mut steps =
            vec![open("/oauth2/start?rd=/x"), Step::SignIn("alice"), Step::Return(str::to_owned), Step::Age(120)];
        steps.extend(after);
        steps
    };
    configuration(
        "refresh",
        &["--cookie-refresh=1m", "--pass-access-token=true"],
        vec![
            flow("a young session is left alone", login("https://auth.example.com/oauth2/start?rd=/x", "alice")),
            flow("an old session is refreshed", aged(vec![open("/page"), open("/page"), open("/oauth2/userinfo")])),
            flow("on auth", aged(vec![open("/oauth2/auth")])),
            flow("on sign-out", aged(vec![open("/oauth2/sign_out")])).explained_by(rows::no_session_before_its_end()),
            flow(
                "by the other program",
                aged(vec![Step::ChangePrograms, open("/page"), Step::ChangePrograms, open("/page")]),
            ),
            case(
                "a refresh token that the provider does not know",
                get("/page").as_session(crate::case::alice_but(
                    &serde_json::json!({"ca": crate::clock::now_seconds() - 300.0}),
                )),
            ),
            case(
                "no refresh token",
                get("/page").as_session(
                    serde_json::json!({"u": "a", "e": "a@example.com", "ca": crate::clock::now_seconds() - 300.0}),
                ),
            ),
        ],
    )
}

fn groups() -> Configuration {
    Configuration {
        base: Base::NoDomain,
        explained: rows::target_of_the_login(),
        ..configuration(
            "who may finish a login",
            &[
                "--allowed-group=admins",
                "--email-domain=example.com",
                "--oidc-email-claim=email",
                "--oidc-groups-claim=groups",
                "--scope=openid email profile groups",
            ],
            vec![
                flow("a member", login("https://auth.example.com/oauth2/start?rd=/x", "alice")),
                flow("somebody of another domain", returning_as("carol", str::to_owned)),
                flow("a stranger", returning_as("dave", str::to_owned)),
            ],
        )
    }
}

/// The example site's layout: one host for the callback of all apps.
fn callback_host() -> Configuration {
    Configuration { explained: rows::absolute_target(), ..callback_host_cases() }
}

fn callback_host_cases() -> Configuration {
    configuration(
        "one callback host",
        &[
            "--redirect-url=https://auth.example.com/oauth2/callback",
            "--cookie-domain=.example.com",
            "--whitelist-domain=.example.com",
            "--reverse-proxy=true",
            "--set-xauthrequest=true",
        ],
        vec![
            flow(
                "a page of app1",
                vec![
                    Step::Open("https://app1.example.com/deep/page?x=1".into()),
                    Step::Open("https://app1.example.com/oauth2/start?rd=https://app1.example.com/deep/page".into()),
                    Step::SignIn("alice"),
                    Step::Return(str::to_owned),
                    Step::Follow,
                    Step::Open("https://app2.example.com/other".into()),
                    Step::Open("https://app2.example.com/oauth2/sign_out".into()),
                    Step::Open("https://app1.example.com/oauth2/userinfo".into()),
                ],
            ),
            case("start at app1 with a path", get("/oauth2/start?rd=/deep").at("app1.example.com")),
            case("start at a host that is not on the list", get("/oauth2/start?rd=/deep").at("app1.example.org")),
            case("start at the callback's own host", get("/oauth2/start?rd=/deep").at("auth.example.com")),
        ],
    )
}

/// Without a path the callback is at its usual one.
fn redirect_without_path() -> Configuration {
    configuration(
        "a callback without a path",
        &["--redirect-url=https://auth.example.com"],
        vec![
            case("start", get("/oauth2/start?rd=/deep")),
            case("start at the host of the callback", get("/oauth2/start?rd=/deep").at("auth.example.com")),
        ],
    )
}

fn redirect_path() -> Configuration {
    configuration(
        "a callback of another path",
        &[
            "--redirect-url=/back/here",
            "--relative-redirect-url=true",
            "--approval-prompt=auto",
            "--acr-values=high low",
        ],
        vec![case("start", get("/oauth2/start?rd=/deep"))],
    )
}

/// The provider's answer comes as a form.
fn form_post() -> Configuration {
    let posted =
        || vec![open("/oauth2/start?rd=/deep"), Step::SignIn("alice"), Step::ReturnByPost, open("/oauth2/userinfo")];
    configuration(
        "answer by form",
        &["--auth-request-response-mode=form_post", "--cookie-samesite=none"],
        vec![flow("a login", posted())],
    )
}

/// Which claims say who somebody is.
fn claims() -> Configuration {
    configuration(
        "claims",
        &[
            "--insecure-oidc-allow-unverified-email=true",
            "--oidc-groups-claim=groups",
            "--oidc-audience-claim=aud",
            "--session-cookie-minimal=true",
        ],
        vec![
            flow("groups that are objects and numbers", login("https://auth.example.com/oauth2/start?rd=/x", "bob")),
            flow("a session without tokens", and_out(login("https://auth.example.com/oauth2/start?rd=/x", "alice"))),
        ],
    )
}

/// The same logins at a provider with another habit.
fn other_habits(name: &'static str, provider: Op) -> Configuration {
    let cases = vec![
        flow("alice", and_out(login("https://auth.example.com/oauth2/start?rd=/x", "alice"))),
        flow("carol, who has no groups", login("https://auth.example.com/oauth2/start?rd=/x", "carol")),
        flow("bob, whose address is not verified", returning_as("bob", str::to_owned))
            .explained_by(rows::login_is_used_up()),
        flow("alice, refreshed", {
            let mut steps = login("https://auth.example.com/oauth2/start?rd=/x", "alice");
            steps.extend([Step::Age(120), open("/page"), open("/oauth2/userinfo")]);
            steps
        }),
    ];
    let flags = ["--cookie-refresh=1m", "--pass-access-token=true", "--set-authorization-header=true"];
    Configuration { provider, explained: rows::target_of_the_login(), ..configuration(name, &flags, cases) }
}

/// Groups, e-mail and user from claims of other names.
fn nested_groups() -> Configuration {
    configuration(
        "claims of other names",
        &["--oidc-groups-claim=nested.roles", "--oidc-email-claim=sub", "--user-id-claim=sub"],
        vec![flow("a login", login("https://auth.example.com/oauth2/start?rd=/x", "alice"))],
    )
}

/// A provider that takes only the older method of PKCE gets it.
fn plain_pkce() -> Configuration {
    Configuration {
        base: Base::Bare,
        ..configuration(
            "PKCE plain",
            &["--code-challenge-method=plain", "--insecure-oidc-skip-nonce=false"],
            vec![case("start", get("/oauth2/start?rd=/x"))],
        )
    }
}

/// Endpoints from the configuration; the login URL has parameters of its own.
fn no_discovery() -> Configuration {
    configuration(
        "no discovery",
        &[
            "--skip-oidc-discovery=true",
            "--login-url={issuer}/auth?ui_locales=en",
            "--redeem-url={issuer}/token",
            "--oidc-jwks-url={issuer}/jwks",
            "--profile-url={issuer}/me",
        ],
        vec![
            case("start", get("/oauth2/start?rd=/x")),
            flow("a login", and_out(login("https://auth.example.com/oauth2/start?rd=/x", "alice"))),
        ],
    )
}

/// A scope in the login URL stands beside the one that is configured.
fn scope_in_the_login_url() -> Configuration {
    configuration(
        "scope in the login URL",
        &[
            "--skip-oidc-discovery=true",
            "--login-url={issuer}/auth?scope=openid&z=1&a=%20b",
            "--redeem-url={issuer}/token",
            "--oidc-jwks-url={issuer}/jwks",
        ],
        vec![case("start", get("/oauth2/start?rd=/x"))],
    )
}
