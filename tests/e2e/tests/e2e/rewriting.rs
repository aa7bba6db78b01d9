//! Paths that become others on their way to the app, and paths with placeholders.

use std::fs;
use std::os::unix::fs::symlink;

use sidecar_testkit::{App, Launch, Provider, Reply, Request, Which, websocket};

use crate::site::Site;

/// A site whose structured configuration has these lines under `upstreamConfig`; everybody on this machine is let in.
pub(crate) fn with_upstreams(app: App, upstreams: &str, flags: &[&str]) -> Site {
    let launch = Launch::new(Which::Ours).listening_as_configured();
    let provider = Provider::shared();
    let (issuer, id, secret) = (provider.issuer(), provider.client_id(), provider.client_secret());
    let upstreams = upstreams.replace("{app}", app.upstream().trim_end_matches('/'));
    let yaml = format!(
        "server:\n  bindAddress: {}\nproviders:\n- id: one\n  provider: oidc\n  clientID: {id}\n  clientSecret: {secret}\n  \
         oidcConfig: {{issuerURL: '{issuer}'}}\nupstreamConfig:\n{upstreams}",
        launch.address(),
    );
    let path = launch.write("alpha.yaml", &yaml);
    let callback = format!("--redirect-url={}", launch.callback());
    let launch = launch
        .flag(&format!("--alpha-config={}", path.display()))
        .flags([callback.as_str(), "--email-domain=*", "--cookie-secure=false", "--trusted-ip=127.0.0.1"])
        .flag("--cookie-secret=0123456789abcdef0123456789abcdef")
        .flags(flags);
    Site { program: launch.start(), app }
}

fn echo() -> App {
    App::with(|seen| if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo })
}

const VERSIONS: &str = "  upstreams:\n  - {id: v, path: '^/v([0-9]+)/(.*)$', rewriteTarget: '/api/$2?version=$1', uri: '{app}'}\n  \
                        - {id: longer, path: '^/v1/very/long/(.*)$', rewriteTarget: '/long/$1', uri: '{app}'}\n  \
                        - {id: team, path: '/team/{name:[a-z]+}/', uri: '{app}'}\n  \
                        - {id: exact, path: '/v2/exact', uri: '{app}'}\n";

#[test]
fn the_app_gets_the_rewritten_path_with_both_queries() {
    let site = with_upstreams(echo(), VERSIONS, &[]);
    for (asked, received) in [
        ("/v1/users", "/api/users?version=1"),
        ("/v2/a%20b?z=1&a=%2f", "/api/a%20b?a=%2F&version=2&z=1"),
        ("/v3/a%2Fb?version=9", "/api/a/b?version=9&version=3"),
        ("/v4/%3Fq=1", "/api/?q=1%3Fversion%3D4"),
        ("/v5/a?b=%zz&c=1;d", "/api/a?version=5"),
        ("/v1/very/long/x", "/long/x"),
        ("/v2/exact", "/api/exact?version=2"),
        ("/team/red/x?y=%zz;", "/team/red/x?y=%zz;"),
    ] {
        assert_eq!(site.program.get(asked).status, 200, "{asked}: {}", site.program.said());
        assert_eq!(site.app.last().target, received, "{asked}");
    }
    site.app.forget();
    for (asked, status) in [("/team/RED/x", 404), ("/team/red", 301), ("/v/x", 404), ("/vx/y", 404)] {
        assert_eq!(site.program.get(asked).status, status, "{asked}");
    }
    assert_eq!(site.program.get("/team/red?q").location(), "/team/red/?q");
    assert!(site.app.seen().is_empty());
}

#[test]
fn no_path_writes_a_second_line_or_another_request_into_the_rewritten_one() {
    let site = with_upstreams(
        echo(),
        "  upstreams:\n  - {id: a, path: '(?s)^/(.*)$', rewriteTarget: '$1', uri: '{app}'}\n",
        &[],
    );
    for hostile in [
        "a%0d%0aX-Evil:%201",
        "%20HTTP/1.1%0d%0a%0d%0aGET%20/evil",
        "http:%2Fevil/",
        "*",
        "%00",
        "%ff%fe",
        "%23x",
        "a%09b",
    ] {
        site.app.forget();
        let answer = site.program.get(&format!("/x/{hostile}"));
        let seen = site.app.seen();
        assert_eq!((answer.status, seen.len()), (200, 1), "{hostile}");
        let head = String::from_utf8_lossy(&seen[0].raw_head).into_owned();
        assert!(head.starts_with("GET /x/") && !head.contains("\nX-Evil") && !head.contains("\nGET"), "{head}");
        let path = seen[0].target.clone();
        assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{path}");
    }
}

#[test]
fn a_websocket_is_rewritten_with_its_query() {
    let site = with_upstreams(echo(), VERSIONS, &[]);
    let mut socket = websocket::open(site.program.connect(), Request::get("/v7/chat?room=a")).expect("a WebSocket");
    assert_eq!(site.app.last().target, "/api/chat?room=a&version=7");
    socket.send("hello".into()).expect("sent");
    assert_eq!(socket.read().expect("the echo").into_text().expect("text").as_str(), "hello");
}

#[test]
fn a_raw_path_keeps_its_encoded_slashes_and_the_usual_one_is_cleaned() {
    let raw = "  proxyRawPath: true\n  upstreams:\n  - {id: o, path: /o/, uri: '{app}'}\n";
    let site = with_upstreams(echo(), raw, &[]);
    for path in ["/o/a%2F%2Fb", "/o/%2e%2e%2Fx", "/o/%2F/"] {
        assert_eq!(site.program.get(path).status, 200, "{path}");
        assert_eq!(site.app.last().target, path);
    }
    assert_eq!(site.program.get("/o//x").location(), "/o/x");
    assert_eq!(site.program.get("/o%2Fx").status, 404);
    let usual = with_upstreams(echo(), "  upstreams:\n  - {id: o, path: /o/, uri: '{app}'}\n", &[]);
    assert_eq!(usual.program.get("/o/a%2F%2Fb").location(), "/o/a/b");
}

#[test]
fn files_are_found_by_the_rewritten_path_and_nothing_outside_their_directory_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
    fs::create_dir_all(root.join("docs")).expect("made");
    fs::create_dir(&outside).expect("made");
    fs::write(root.join("docs/a b.txt"), "inside").expect("written");
    fs::write(outside.join("secret"), "outside").expect("written");
    symlink(&outside, root.join("out")).expect("linked");
    symlink("docs", root.join("in")).expect("linked");
    let upstreams = format!(
        "  upstreams:\n  - {{id: f, path: '^/files/([^/]*)/(.*)$', rewriteTarget: '/$1/$2', uri: 'file://{0}'}}\n  \
         - {{id: plain, path: /plain/, uri: 'file://{0}'}}\n",
        root.display()
    );
    let site = with_upstreams(echo(), &upstreams, &[]);
    assert_eq!(site.program.get("/files/docs/a%20b.txt").text(), "inside");
    assert_eq!(site.program.get("/plain/in/a%20b.txt").text(), "inside", "a link that stays inside");
    assert_eq!(site.program.get("/files/docs/").status, 200);
    for path in [
        "/files/out/secret",
        "/plain/out/secret",
        "/plain/out/",
        "/files/docs/..%2f..%2foutside/secret",
        "/plain/%2e%2e/outside/secret",
        "/plain/..%2foutside%2fsecret",
        "/plain//..//outside/secret",
        "/plain/in/..%2f..%2foutside%2fsecret",
        "/plain/%00",
        "/plain/docs%00/x",
        "/plain/C:/x",
        "/plain/..%5coutside%5csecret",
        "/plain/%2e%2e%2foutside/secret%00.txt",
    ] {
        let answer = site.program.get(path);
        assert!(matches!(answer.status, 301 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("outside\n") && answer.text() != "outside", "{path}");
    }
}
