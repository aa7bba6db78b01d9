//! Options by chance: of each group at most one choice, so that no two contradict each other.

use super::chance::Chance;
use crate::case::{Base, Configuration, configuration};

/// Choices, each a line of flags; one of a group is taken once in so many times.
type Group = (usize, &'static [&'static str]);

/// Groups for every base.
const EVERYWHERE: &[Group] = &[
    (
        2,
        &[
            "--skip-auth-route=^/open",
            "--skip-auth-route=GET=^/read --skip-auth-route=POST!=^/page",
            "--skip-auth-route=^/(open|answers)",
            "--skip-auth-regex=^/pub --skip-auth-regex=/x$",
            "--skip-auth-route=!=^/closed",
            "--skip-auth-route=HEAD,OPTIONS=^/ --skip-auth-route=^/open/?$",
            "--skip-auth-route==^/.*[?]a=b$",
        ],
    ),
    (4, &["--skip-auth-preflight=true"]),
    (4, &["--api-route=^/api", "--api-route=json=1", "--api-route=^/"]),
    (
        3,
        &[
            "--whitelist-domain=.example.com",
            "--whitelist-domain=other.test:8080 --whitelist-domain=*.star.test:*",
            "--whitelist-domain=app.example.com",
        ],
    ),
    (6, &["--cookie-name=other", "--cookie-name=__Host-x", "--cookie-name=a.b"]),
    (
        6,
        &[
            "--cookie-domain=.example.com",
            "--cookie-domain=.example.com --cookie-domain=.other.test",
            "--cookie-domain=auth.example.com",
        ],
    ),
    (8, &["--cookie-path=/page", "--cookie-path=/"]),
    (8, &["--cookie-secure=false"]),
    (8, &["--cookie-httponly=false"]),
    (6, &["--cookie-samesite=lax", "--cookie-samesite=strict", "--cookie-samesite=none"]),
    (8, &["--cookie-csrf-samesite=lax", "--cookie-csrf-samesite=strict"]),
    (6, &["--cookie-csrf-per-request=true"]),
    (
        6,
        &[
            "--cookie-expire=1h",
            "--cookie-expire=2h --cookie-refresh=1h",
            "--cookie-expire=0s",
            "--cookie-csrf-expire=5m",
        ],
    ),
    (10, &["--session-cookie-minimal=true"]),
    (5, &["--proxy-prefix=/auth", "--proxy-prefix=/o/a", "--proxy-prefix=/page"]),
    (
        3,
        &[
            "--reverse-proxy=true --trusted-proxy-ip=127.0.0.1",
            "--reverse-proxy=true --trusted-proxy-ip=192.0.2.0/24",
            "--reverse-proxy=true --trusted-proxy-ip=127.0.0.1,10.0.0.0/8 --real-client-ip-header=X-Forwarded-For --trusted-ip=192.0.2.7",
            "--reverse-proxy=true --trusted-proxy-ip=127.0.0.1 --trusted-ip=192.0.2.0/24",
        ],
    ),
    (
        5,
        &[
            "--htpasswd-file=htpasswd",
            "--htpasswd-file=htpasswd --htpasswd-user-group=admins",
            "--htpasswd-file=htpasswd --display-htpasswd-form=false",
        ],
    ),
    (10, &["--banner=hello", "--footer=-", "--custom-sign-in-logo=-"]),
    (3, &["--skip-provider-button=true"]),
    (5, &["--force-json-errors=true"]),
    (6, &["--skip-jwt-bearer-tokens=true", "--skip-jwt-bearer-tokens=true --bearer-token-login-fallback=false"]),
    (
        6,
        &[
            "--relative-redirect-url=true",
            "--redirect-url=https://app.example.com/oauth2/callback",
            "--redirect-url=https://auth.example.com/elsewhere",
        ],
    ),
    (10, &["--request-id-header=X-Trace"]),
    (10, &["--gcp-healthchecks=true"]),
    (8, &["--ping-path=/p --ready-path=/r", "--ping-user-agent=kube", "--silence-ping-logging=true"]),
    (6, &["--encode-state=true"]),
    (12, &["--signature-key=sha1:secret"]),
];

/// Groups that a structured configuration has its own words for.
const PLAIN: &[Group] = &[
    (5, &["--allowed-group=admins", "--allowed-group=others"]),
    (8, &["--skip-auth-strip-headers=false"]),
    (4, &["--pass-basic-auth=false", "--basic-auth-password=pw", "--prefer-email-to-user=true"]),
    (5, &["--pass-access-token=true"]),
    (6, &["--pass-user-headers=false"]),
    (6, &["--pass-authorization-header=true"]),
    (6, &["--pass-host-header=false"]),
    (3, &["--set-xauthrequest=true"]),
    (6, &["--set-basic-auth=true --basic-auth-password=pw", "--set-authorization-header=true"]),
    (
        4,
        &[
            "--upstream={second}/two/",
            "--upstream={second}/two/ --upstream={app}/two/exact",
            "--upstream={second}/page --upstream=http://127.0.0.1:1/gone/",
        ],
    ),
    (8, &["--prompt=login", "--approval-prompt=auto", "--acr-values=a", "--scope=openid"]),
    (10, &["--backend-logout-url={second}/backend?hint={id_token}"]),
];

/// Upstreams of structured configurations.
const UPSTREAMS: &[&str] = &[
    "
upstreamConfig:
  upstreams:
  - {id: version, path: '^/v([0-9]+)/(.*)$', rewriteTarget: '/new/$1', uri: '{app}'}
  - {id: files, path: /f/, uri: 'file://{folder}/www'}
  - {id: api, path: '^/api/(.*)$', rewriteTarget: '/answers/$1', uri: '{second}'}
  - {id: fixed, path: '^/read/(.*)$', rewriteTarget: '/$1', static: true, staticCode: 202}
  - {id: rest, path: /, uri: '{app}'}
",
    "
upstreamConfig:
  proxyRawPath: true
  upstreams:
  - {id: version, path: '^/v[0-9]+/(.*)$', rewriteTarget: '/new/$1?from=$1', uri: '{app}'}
  - {id: open, path: /open/, uri: '{second}', passHostHeader: false}
  - {id: files, path: '^/f/(.*)$', rewriteTarget: '/$1', uri: 'file://{folder}/www'}
  - {id: rest, path: /, uri: '{app}', flushInterval: 1s}
",
    "
upstreamConfig:
  upstreams:
  - {id: files, path: /, uri: 'file://{folder}/www'}
  - {id: answers, path: /answers/, uri: '{app}'}
  - {id: page, path: /page, uri: '{app}'}
  - {id: open, path: '^/(?:open|pub)/?(.*)$', rewriteTarget: '/page/$1', uri: '{app}'}
",
];

/// Headers of structured configurations.
const HEADERS: &[&str] = &[
    "",
    "
injectRequestHeaders:
- {name: X-Forwarded-User, values: [{claimSource: {claim: user}}]}
- {name: X-Forwarded-Groups, values: [{claimSource: {claim: groups}}]}
- {name: X-Both, values: [{claimSource: {claim: email}}, {secretSource: {value: Zml4ZWQ=}}]}
injectResponseHeaders:
- {name: X-Auth-Request-Email, values: [{claimSource: {claim: email}}]}
- {name: Authorization, values: [{claimSource: {claim: user, basicAuthPassword: {value: cHc=}}}]}
",
    "
injectRequestHeaders:
- {name: X-Kept, preserveRequestValue: true, values: [{claimSource: {claim: preferred_username}}]}
- {name: Authorization, values: [{claimSource: {claim: id_token, prefix: 'Bearer '}}]}
- {name: X-Missing, values: [{claimSource: {claim: nothing}}]}
injectResponseHeaders:
- {name: X-Created, values: [{claimSource: {claim: user, prefix: 'u='}}, {claimSource: {claim: groups}}]}
",
];

/// What is in the directory.
const FILES: &[(&str, &str)] = &[
    ("htpasswd", "alice:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\nbob:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\n"),
    ("www/a.txt", "hi, this is a file\n"),
    ("www/sub/index.html", "<b>"),
    ("www/sub/b c.txt", "b c"),
    ("www/dir/z.txt", "x\n"),
    ("www/style.css", "a{}"),
];

/// Variables that only ours knows, which bring the original's behaviour back.
const SWITCHED_BACK: &[(&str, &str)] = &[
    ("OAUTH2_PROXY_PASS_SESSION_COOKIE", "true"),
    ("OAUTH2_PROXY_PASS_XAUTHREQUEST", "false"),
    ("OAUTH2_PROXY_LOGIN_RESTART", "false"),
    ("OAUTH2_PROXY_LOGIN_FOR_SUBRESOURCES", "true"),
];

/// A configuration without cases.
pub(super) fn draw(chance: &mut Chance) -> Configuration {
    let structured = chance.once_in(4);
    let base = if structured {
        Base::Structured
    } else if chance.once_in(6) {
        Base::NoDomain
    } else {
        Base::Usual
    };
    let mut flags: Vec<&'static str> = Vec::new();
    let groups = EVERYWHERE.iter().chain(PLAIN.iter().filter(|_| !structured));
    for (rarity, choices) in groups {
        if chance.once_in(*rarity) {
            flags.extend(chance.one(choices).split(' '));
        }
    }
    if base == Base::NoDomain {
        flags.extend(["--email-domain=example.com", "--email-domain=.sub.test"]);
    }
    let file: Option<&'static str> =
        structured.then(|| &*format!("{}{}", chance.one(UPSTREAMS), chance.one(HEADERS)).leak());
    let environment = SWITCHED_BACK.iter().copied().filter(|_| chance.once_in(4)).collect();
    coherent(Configuration { base, file, environment, files: FILES.to_vec(), ..configuration("", &flags, Vec::new()) })
}

/// Without what neither program starts with.
fn coherent(mut drawn: Configuration) -> Configuration {
    if drawn.flag("cookie-name").is_some_and(|name| name.starts_with("__Host-")) {
        let unfit = ["--cookie-domain", "--cookie-path", "--cookie-secure"];
        drawn.flags.retain(|flag| !unfit.iter().any(|name| flag.starts_with(name)));
    }
    if drawn.flag("session-cookie-minimal").is_some() {
        let tokens =
            ["--pass-access-token", "--pass-authorization-header", "--set-authorization-header", "--cookie-refresh"];
        drawn.flags.retain(|flag| !tokens.iter().any(|name| flag.starts_with(name)));
        drawn.file = drawn.file.filter(|file| !file.contains("id_token"));
        drawn.file = drawn.file.or(Some(UPSTREAMS[0])).filter(|_| drawn.base == Base::Structured);
    }
    if drawn.flag("basic-auth-password").is_some() {
        drawn.flags.retain(|flag| *flag != "--pass-authorization-header=true");
    }
    if drawn.flag("cookie-secure").is_some() {
        drawn.flags.retain(|flag| *flag != "--cookie-samesite=none");
    }
    drawn
}
