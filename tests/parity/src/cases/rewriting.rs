//! Rewritten paths, paths with placeholders, raw paths.

use crate::case::{Base, Case, Configuration, case, configuration, get};
use crate::cases::rows;
use crate::explain::{Explained, explained};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![rewritten(), only_rewritten(), placeholders(), raw()]
}

const RULES: &str = r"
upstreamConfig:
  upstreams:
  - {id: version, path: '^/v([0-9]+)/(.*)$', rewriteTarget: '/new/$1', uri: '{app}'}
  - {id: query, path: '/bare', rewriteTarget: '/x?a=1&b=2 3', uri: '{app}'}
  - {id: braces, path: '^/braces/([a-z]+)$', rewriteTarget: '/n/$${1}x', uri: '{app}'}
  - {id: bad, path: '^/bad/(.*)$', rewriteTarget: '/b?$1', uri: '{app}'}
  - {id: whole, path: '^/path/(.*)$', rewriteTarget: '/$1', uri: '{second}'}
  - {id: second, path: '^/two/([a-z])([a-z])$', rewriteTarget: '/$2/$12', uri: '{app}'}
  - {id: repeated, path: '/rep', rewriteTarget: '-', uri: '{app}'}
  - {id: long, path: '^/path/is/longer/(.*)$', rewriteTarget: '/long/$1', uri: '{app}'}
  - {id: socket, path: '^/ws/(.*)$', rewriteTarget: '/answers/$1?k=v', uri: '{app}'}
  - {id: fixed, path: '^/fixed/(.*)$', rewriteTarget: '/$1', static: true, staticCode: 202}
  - {id: gone, path: '^/gone/', rewriteTarget: '/', uri: 'http://127.0.0.1:1'}
  - {id: plain, path: /o/, uri: '{app}'}
  - {id: exact, path: /path/exact, uri: '{app}'}
";

fn signed_in(targets: &[&str]) -> Vec<Case> {
    targets.iter().map(|target| case(*target, get(*target).signed_in())).collect()
}

fn structured(name: &'static str, yaml: &'static str, cases: Vec<Case>) -> Configuration {
    Configuration { base: Base::Structured, file: Some(yaml), ..configuration(name, &[], cases) }
}

/// D31: numbered groups work as written.
fn groups_as_written() -> Vec<Explained> {
    vec![explained("D31", "app target", |pair| pair.is("/a/a", "/b/"))]
}

/// P55: a result without a slash gets one.
fn slash_in_front() -> Vec<Explained> {
    vec![explained("P55", "*", |pair| pair.all_ours.get("app target").is_some_and(|target| target.starts_with("/-")))]
}

/// P60: a result with two slashes in front is a path with one, and no address.
fn two_slashes() -> Vec<Explained> {
    vec![explained("P60", "app target", |pair| pair.is("http://a", "/a"))]
}

/// P55: with raw paths, no redirect leads to a path that nothing serves.
fn no_redirect_to_nothing() -> Vec<Explained> {
    vec![explained("P55", "*", |pair| pair.all_original["status"] == "301" && pair.all_ours["status"] == "404")]
}

fn rewritten() -> Configuration {
    let mut cases = signed_in(&[
        "/v1/abc?z=1&a=2",
        "/v12/abc%2Fd?z=1&a=%20+b",
        "/v1/%0A",
        "/bare?x=1&a=0;b",
        "/bare?",
        "/bare?x=%zz",
        "/x/bare",
        "/bare/bare/y",
        "/braces/joe",
        "/bad/a=1",
        "/bad/a=%25zz",
        "/bad/a%3D1;b",
        "/bad/a;b=2?q=1;r",
        "/bad/a%26b?q=1",
        "/bad/",
        "/path/a%2Fb%20c?q",
        "/path/a%20b;c",
        "/path/%e9",
        "/path/%ff%fe/a",
        "/path//x",
        "/path/%2F%2Fx",
        "/path/%2F",
        "/path/.%2F",
        "/path/a%0d%0aX:1",
        "/path/a%3Fb=1",
        "/path/a%3Fb=1?c",
        "/path/a%23b",
        "/path/%25zz",
        "/path/%25",
        "/path/%252e%252e/x",
        "/path/a!'()*b",
        "/path/[x]{y}|^",
        "/path/a;b,c=d&e+f@g:h$i~",
        "/path/%22%3C%3E%5C%7C",
        "/path/x?",
        "/path/x?;",
        "/path/x?&",
        "/path/x?a=1&&b=2&=3&a=0",
        "/path/x?a=1&b=%zz&c=3",
        "/path/x?a=b+c%20d%2B&A=~!*'()",
        "/path/x?a[]=1&%zz=2&b",
        "/path/%C3%A9?%C3%A9=%e9",
        "/path/%00",
        "/path/:y",
        "/path/",
        "/path/exact",
        "/path/is/longer/x",
        "/two/AB",
        "/fixed/x",
        "/gone/x",
        "/o",
        "/o/x?b=2&a=%zz",
        "/nowhere",
    ]);
    cases.push(case("two groups", get("/two/ab").signed_in()).explained_by(groups_as_written()));
    cases.extend(
        ["/rep", "/rep/rep", "/rep?x"]
            .map(|target| case(target, get(target).signed_in()).explained_by(slash_in_front())),
    );
    let upgrade = |target: &str| get(target).upgrading("websocket").signed_in();
    cases.push(
        case("a websocket", upgrade("/ws/websocket?b=2&a=1"))
            .explained_by(rows::websocket_answers())
            .explained_by(query_of_a_websocket()),
    );
    structured("rewritten paths", RULES, cases)
}

/// P56: the query of a rewritten WebSocket is that of any other request.
fn query_of_a_websocket() -> Vec<Explained> {
    vec![explained("P56", "app target", |pair| pair.ours == Some("/answers/websocket?a=1&b=2&k=v"))]
}

/// Without an upstream for everything else, where nothing hides a redirect to the same with a slash.
fn only_rewritten() -> Configuration {
    let yaml = r"
upstreamConfig:
  upstreams:
  - {id: end, path: '^/end/$', rewriteTarget: '/e/', uri: '{app}'}
  - {id: unanchored, path: 'x', rewriteTarget: 'y', uri: '{app}'}
  - {id: folded, path: '(?i)^/FOLD/(\w+)$', rewriteTarget: '/f/$1', uri: '{app}'}
  - {id: empty, path: '^/e*', rewriteTarget: '/', uri: '{app}'}
";
    let mut cases = signed_in(&["/end", "/end?q", "/end/", "/axbx", "/x", "/fold/a_1", "/Fold/%C3%A9", "/a"]);
    cases.push(case("two slashes", get("/eee/a").signed_in()).explained_by(two_slashes()));
    structured("nothing but rewritten paths", yaml, cases)
}

fn placeholders() -> Configuration {
    let yaml = r"
upstreamConfig:
  upstreams:
  - {id: a, path: '/br/{name}/x', uri: '{app}'}
  - {id: b, path: '/bre/{id:[0-9]+}', uri: '{app}'}
  - {id: c, path: '/brp/{id:[0-9]+}/', uri: '{app}'}
  - {id: d, path: '/any/{x:.*}/end', uri: '{app}'}
  - {id: e, path: '/len/{x:[a-z]{2,3}}', uri: '{second}'}
  - {id: f, path: '/alt/{x:a|b}', uri: '{app}'}
  - {id: g, path: '/a.b/{x}-{y}', uri: '{app}'}
  - {id: h, path: '/flag/{x:(?i)a}b', uri: '{app}'}
  - {id: i, path: '/static/{x}', static: true}
";
    let targets = [
        "/br/joe/x",
        "/br/joe/x/",
        "/br/joe/deep/x",
        "/br//x",
        "/br/a%2Fb/x",
        "/br/%ff/x",
        "/br/a%20b/x?q=%zz",
        "/bre/12",
        "/bre/x",
        "/bre/12/",
        "/brp/12",
        "/brp/12?q",
        "/brp/12/x/y",
        "/any/a/b/end",
        "/any/end",
        "/len/ab",
        "/len/abcd",
        "/len/a",
        "/alt/a",
        "/alt/ab",
        "/a.b/x-y-z",
        "/acb/x-y",
        "/flag/Ab",
        "/flag/AB",
        "/static/x",
    ];
    structured("placeholders", yaml, signed_in(&targets))
}

fn raw() -> Configuration {
    let yaml = r"
upstreamConfig:
  proxyRawPath: true
  upstreams:
  - {id: v, path: '^/v([0-9]+)/(.*)$', rewriteTarget: '/new/$1', uri: '{app}'}
  - {id: w, path: '^/path/(.*)$', rewriteTarget: '/$1', uri: '{app}'}
  - {id: o, path: /o/, uri: '{app}'}
  - {id: ab, path: /ab, uri: '{app}'}
  - {id: escaped, path: '/a%62c', uri: '{second}'}
  - {id: br, path: '/br/{name}/x', uri: '{app}'}
";
    let targets = [
        "/v1/abc?z=1&a=2",
        "/v1/a%2Fb",
        "/path/a%2Fb%20c?q",
        "/path//x",
        "//path/x",
        "/o",
        "/o/%2F%2Fx",
        "/o//x",
        "/%2F/",
        "/o/..%2fab",
        "/o/%2e%2e/ab",
        "/o/a%20b",
        "/o/a|b",
        "/o%2Fx/",
        "/ab",
        "/a%62",
        "/abc",
        "/a%62c",
        "/a%2562c",
        "/br/joe/x",
        "/br/a%2Fb/x",
    ];
    let mut cases = signed_in(&targets);
    cases.extend(
        ["/o%2Fx", "/%6f/x"].map(|target| case(target, get(target).signed_in()).explained_by(no_redirect_to_nothing())),
    );
    structured("raw paths", yaml, cases)
}
