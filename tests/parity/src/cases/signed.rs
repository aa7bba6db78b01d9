//! `signature-key`: the same signatures, and the same words for what is no key.

use crate::case::{Base, Case, Configuration, ask, case, configuration, get};
use crate::explain::{Explained, explained};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    let by = |name, flag| configuration(name, &[flag, EVERYBODY], cases());
    vec![
        by("signed with md5", "--signature-key=md5:s3cret"),
        by("signed with sha1", "--signature-key=sha1:s3cret"),
        by("signed with sha224", "--signature-key=sha224:s3cret"),
        by("signed with sha256", "--signature-key=sha256:s3cret"),
        by("signed with sha384", "--signature-key=sha384:s3cret"),
        by("signed with sha512", "--signature-key=sha512:s3cret"),
        rewritten(),
    ]
}

/// Nobody is signed in: what each side signs does not depend on its cookies.
const EVERYBODY: &str = "--trusted-ip=127.0.0.1";

/// P58: the head that is signed is the one that the app gets.
fn as_the_app_gets_it() -> Vec<Explained> {
    vec![explained("P58", "app header gap-signature", |pair| pair.original.is_some() && pair.ours.is_some())]
}

fn cases() -> Vec<Case> {
    vec![
        case("a request", get("/p%61th?q=%20;")),
        case("an encoded slash", get("/a%2Fb%20c")),
        case("no text", get("/a%e9%0Ab")),
        case("a bare question mark", get("/path?")),
        case("a body", ask("POST", "/path").with("Content-Type", "a").body("abc")),
        case("an empty body", ask("POST", "/path").body("")),
        case("no body", ask("POST", "/path")).explained_by(as_the_app_gets_it()),
        case("chunks", ask("PUT", "/path").with("Transfer-Encoding", "chunked").body("4\r\nbody\r\n0\r\n\r\n")),
        case("two lines", get("/path").with("Content-Type", "a").with("Content-Type", "b")),
        case("headers", get("/path").with("Date", "x").with("Content-MD5", "y").with("Cookie", "z=1")),
        case("credentials", get("/path").with("Authorization", "Basic YTpi")),
        case("forged", get("/path").with("GAP-Auth", "evil").with("GAP-Signature", "sha256 evil")),
        case("an old name", get("/path").with("X-Forwarded-Preferred-User", "evil")),
    ]
}

fn rewritten() -> Configuration {
    let yaml = r"
upstreamConfig:
  upstreams:
  - {id: v, path: '^/v([0-9]+)/(.*)$', rewriteTarget: '/new/$1?a=b', uri: '{app}'}
  - {id: p, path: '^/p/(.*)$', rewriteTarget: '/$1', uri: '{app}'}
";
    let cases = vec![
        case("rewritten without a query", get("/p/a%2Fb")),
        case("rewritten with a query", get("/v1/abc?z=1")).explained_by(as_the_app_gets_it()),
    ];
    let flags = ["--signature-key=sha256:s3cret", EVERYBODY];
    Configuration { base: Base::Structured, file: Some(yaml), ..configuration("signed and rewritten", &flags, cases) }
}
