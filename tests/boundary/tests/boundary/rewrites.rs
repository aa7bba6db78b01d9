//! Rewritten paths: what is judged is the visitor's own path, and what the rule makes of it stays one path.

use sidecar_testkit::oracle::{Oracle, Parser};
use sidecar_testkit::program::COOKIE_SECRET;
use sidecar_testkit::{Launch, Provider, Request, Which};

use crate::paths::{forwarded, lenient, targets};
use crate::site::{Site, Visitor, is_denial, sign_in};

/// The program before an app at `/app/…` and `/api…`, which finds the rest of the path at its own root.
fn site(oracle: Oracle) -> Site {
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let (provider, uri) = (Provider::shared(), oracle.upstream());
    let (issuer, id, secret) = (provider.issuer(), provider.client_id(), provider.client_secret());
    let yaml = format!(
        "server:\n  bindAddress: {}\nupstreamConfig:\n  upstreams:\n  - {{id: app, path: '^/app/(.*)$', rewriteTarget: \
         '/$1', uri: '{uri}'}}\n  - {{id: api, path: '^/api(.*)$', rewriteTarget: '/$1', uri: '{uri}'}}\nproviders:\n- id: \
         one\n  provider: oidc\n  clientID: {id}\n  clientSecret: {secret}\n  scope: openid email profile groups\n  \
         oidcConfig: {{issuerURL: '{issuer}'}}\n",
        launch.address()
    );
    let path = launch.write("alpha.yaml", &yaml);
    let own = [
        format!("--redirect-url={}", launch.callback()),
        format!("--cookie-secret={COOKIE_SECRET}"),
        format!("--alpha-config={}", path.display()),
    ];
    let flags = ["--email-domain=*", "--cookie-secure=false", "--skip-auth-route=^/app/open/"];
    Site { program: launch.flags(flags).flags(own).start(), oracle }
}

/// One slash first, and no segment that leads elsewhere, neither as it is nor decoded once.
fn assert_one_path(target: &str, rewritten: &str) {
    let path = rewritten.split('?').next().unwrap_or_default();
    assert!(path.starts_with('/') && !path.starts_with("//"), "{target:?} became {rewritten:?}");
    let decoded: Vec<_> = path.replace("%2e", ".").replace("%2E", ".").split('/').map(str::to_owned).collect();
    assert!(!decoded.iter().any(|segment| segment == "." || segment == ".."), "{target:?} became {rewritten:?}");
}

#[test]
fn a_rewritten_path_is_one_path_and_opens_nothing_that_its_own_did_not() {
    for parser in [Parser::Node, Parser::Go] {
        let site = site(Oracle::start(parser));
        let cookie = sign_in(&site.program);
        let _ = site.oracle.drain();
        let (mut stranger, mut alice) = (Visitor::of(&site.program), Visitor::of(&site.program));
        let (mut open, mut denied, mut sent, mut other) = (0, 0, 0, 0);
        let targets = targets();
        let own = [
            "/api//evil.test",
            "/api/$1",
            "/app/%24%31",
            "/api?x",
            "/api..%2fadmin",
            "/api../admin",
            "/app/",
            "/%61pi/x",
            "/api\\evil.test",
        ];
        let prefixed =
            targets.iter().take(6_000).flat_map(|target| ["/app", "/api"].map(|prefix| format!("{prefix}{target}")));
        for target in own.map(str::to_owned).into_iter().chain(prefixed) {
            if let Some(answer) = stranger.try_ask(&Request::get(&target)) {
                if answer.status == 200 {
                    open += 1;
                    let seen = site.understood(&answer);
                    assert_one_path(&target, &seen.target);
                    for times in 1..=3 {
                        assert!(
                            lenient(&seen.target, times).starts_with(b"/open/"),
                            "{target:?} became {:?}",
                            seen.target
                        );
                        assert!(lenient(forwarded(&target), times).starts_with(b"/app/open/"), "{target:?}");
                    }
                    assert!(seen.path.starts_with("/open"), "{target:?}: {parser:?} reads {:?}", seen.path);
                } else {
                    assert!(is_denial(&answer), "{target:?}: {}", answer.status);
                    denied += 1;
                }
            }
            if let Some(answer) = alice.try_ask(&Request::get(&target).cookie(&cookie)) {
                match answer.status {
                    200 => {
                        sent += 1;
                        assert_one_path(&target, &site.understood(&answer).target);
                    }
                    301 | 400 | 404 => other += 1,
                    status => panic!("{target:?}: {status}"),
                }
            }
        }
        println!("rewritten paths, {parser:?}: {open} open, {denied} denied; with a session {sent} sent, {other} not");
        assert_eq!(site.oracle.drain().len(), open + sent);
        assert!(open > 100 && sent > 1_000);
    }
}
