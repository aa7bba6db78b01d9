//! Files of a directory.

use crate::case::{Base, Case, Configuration, ask, case, configuration, get};
use crate::explain::{Explained, explained};
use crate::facts::Facts;

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![files()]
}

const YAML: &str = r"
upstreamConfig:
  upstreams:
  - {id: files, path: /f/, uri: 'file://{folder}/www'}
  - {id: rewritten, path: '^/g/(.*)$', rewriteTarget: '/$1', uri: 'file://{folder}/www'}
  - {id: exact, path: /exact.txt, uri: 'file://{folder}/www/dir'}
";

/// P57: several ranges are answered with the whole file.
fn several_ranges() -> Vec<Explained> {
    vec![explained("P57", "*", |pair| pair.all_original["status"] == "206" && pair.all_ours["status"] == "200")]
}

/// P57: what is in a file without a known extension says whether it is text, and no more.
fn guessed_types() -> Vec<Explained> {
    vec![explained("P57", "*", |pair| {
        let kind = |facts: &Facts| facts.get("header content-type").cloned().unwrap_or_default();
        kind(pair.all_original).starts_with("text/html") && kind(pair.all_ours).starts_with("text/plain")
    })]
}

/// What is asked for.
const TARGETS: &[&str] = &[
    "/f/a.txt",
    "/f/",
    "/f",
    "/f/dir",
    "/f/dir?x=1",
    "/f/dir/",
    "/f/sub",
    "/f/sub/",
    "/f/sub/index.html",
    "/f/sub/index.html?q=1",
    "/f/a.txt/",
    "/f/.hidden/config",
    "/f/%00",
    "/f/a.txt%00",
    "/f/nope",
    "/f/sub/..%2f..%2f..%2fetc/passwd",
    "/f/C:/x",
    "/f/sub/b%20c.txt",
    "/f/sub%2Fb%20c.txt",
    "/f/x;y,z.txt",
    "/f/x%3By,z.txt/",
    "/f/page.html",
    "/f/style.css",
    "/f/empty.txt",
    "/g/a.txt",
    "/g/sub",
    "/g/sub/index.html",
    "/g/dir",
    "/g/dir/?y",
    "/g/..%2fx",
    "/g/",
    "/exact.txt",
];

/// What is in the directory.
const FILES: &[(&str, &str)] = &[
    ("www/a.txt", "hi\n"),
    ("www/empty.txt", ""),
    ("www/sub/b c.txt", "b c"),
    ("www/sub/index.html", "<b>"),
    ("www/dir/z.txt", "x\n"),
    ("www/dir/a:b.txt", "x"),
    ("www/.hidden/config", "c\n"),
    ("www/page", "<html>"),
    ("www/page.html", "<p>"),
    ("www/style.css", "a{}"),
    ("www/x;y,z.txt", ""),
    ("www/e!'().txt", ""),
];

fn files() -> Configuration {
    let mut cases: Vec<Case> = TARGETS.iter().map(|target| case(*target, get(*target).signed_in())).collect();
    let ranges = [
        "bytes=0-0",
        "bytes=1-",
        "bytes=-1",
        "bytes=-99",
        "bytes=9-",
        "bytes=5-4",
        "bytes=0-,0-,0-",
        "bytes=",
        "bytes=x",
        "lines=0-1",
        "bytes=0-0,99-",
    ];
    cases.extend(ranges.map(|range| case(format!("Range: {range}"), get("/f/a.txt").with("Range", range).signed_in())));
    cases.push(
        case("two ranges", get("/f/a.txt").with("Range", "bytes=0-0,2-2").signed_in()).explained_by(several_ranges()),
    );
    let conditions = [
        ("If-Match", "\"a\""),
        ("If-Match", "*"),
        ("If-None-Match", "*"),
        ("If-None-Match", "\"x\""),
        ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("If-Modified-Since", "Fri, 01 Jan 2010 00:00:00 GMT"),
        ("If-Modified-Since", "soon"),
        ("If-Unmodified-Since", "Fri, 01 Jan 2010 00:00:00 GMT"),
        ("If-Unmodified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ];
    cases.extend(
        conditions.map(|(name, value)| case(format!("{name}: {value}"), get("/f/a.txt").with(name, value).signed_in())),
    );
    cases.extend(["\"x\"", "Fri, 01 Jan 2010 00:00:00 GMT"].map(|condition| {
        let request = get("/f/a.txt").with("Range", "bytes=0-0").with("If-Range", condition);
        case(format!("If-Range: {condition}"), request.signed_in())
    }));
    cases.extend(["HEAD", "POST", "DELETE", "OPTIONS"].map(|method| case(method, ask(method, "/f/a.txt").signed_in())));
    cases.push(case("HEAD of a directory", ask("HEAD", "/f/dir/").signed_in()));
    cases.push(case("a range beyond the end, by HEAD", ask("HEAD", "/f/a.txt").with("Range", "bytes=9-").signed_in()));
    cases.push(case("a page without an extension", get("/f/page").signed_in()).explained_by(guessed_types()));
    Configuration {
        base: Base::Structured,
        file: Some(YAML),
        files: FILES.to_vec(),
        ..configuration("files", &["--skip-auth-route=^/never$"], cases)
    }
}
