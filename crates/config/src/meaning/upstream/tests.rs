use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::meaning::surroundings::Surroundings;
use crate::written::Source;

/// What the option `upstream` with these elements means, and what is wrong with it.
fn told(texts: &[&str]) -> (Vec<UpstreamSettings>, Vec<String>) {
    let mut options = Options::default();
    options.upstreams.value = texts.iter().map(|text| (*text).to_owned()).collect();
    let mut judge = Judge::default();
    let structured = Structured::from_options(&options, &mut judge);
    let settings = settings(&options, &structured, Surroundings::default(), &mut judge).expect("settings");
    (settings.upstreams, judge.faults.iter().map(ToString::to_string).collect())
}

/// What one entry of the nested form means, and what is wrong with it.
fn entry(set: impl FnOnce(&mut Upstream)) -> (Vec<UpstreamSettings>, Vec<String>) {
    let mut entry = Upstream::unset("upstreamConfig.upstreams[0]");
    entry.id.value = "app".to_owned();
    entry.path.value = "/".to_owned();
    entry.uri.value = "http://app".to_owned();
    set(&mut entry);
    let mut judge = Judge::default();
    let upstreams = upstreams(&[entry], &mut judge);
    (upstreams, judge.faults.iter().map(ToString::to_string).collect())
}

#[test]
fn every_kind_of_upstream_is_read() {
    for (text, id, path, kind) in [
        ("http://127.0.0.1:8080", "/", "/", "http 127.0.0.1:8080"),
        ("HTTP://App:80/", "/", "/", "http App:80"),
        ("http://app/api/?q#f", "/api/", "/api/", "http app:80"),
        ("https://app/a%20b", "/a b", "/a b", "https app:443"),
        ("https://[::1]:9/x", "/x", "/x", "https [::1]:9"),
        ("unix:///run/app.sock", "/run/app.sock", "/", "unix /run/app.sock"),
        ("file:///var/www/", "/var/www/", "/var/www/", "files /var/www/"),
        ("file:/var/www/", "/var/www/", "/var/www/", "files /var/www/"),
        ("unix:/run/app.sock", "/run/app.sock", "/", "unix /run/app.sock"),
        ("static:", "static:", "/", "static 200 OK"),
        ("file:///var/www#/files/", "/files/", "/files/", "files /var/www"),
        ("static://204", "static://204", "/", "static 204 No Content"),
        ("static://ok", "static://ok", "/", "static 200 OK"),
    ] {
        let (upstreams, faults) = told(&[text]);
        let [upstream] = upstreams.as_slice() else { panic!("{text}: {faults:?}") };
        let found = match &upstream.kind {
            Kind::Http(http) => match &http.endpoint {
                Endpoint::Unix(path) => format!("unix {}", path.display()),
                endpoint @ Endpoint::Http { .. } => format!("http {endpoint}"),
                endpoint @ Endpoint::Https { .. } => format!("https {endpoint}"),
            },
            Kind::Static { status } => format!("static {status}"),
            Kind::Files { dir } => format!("files {}", dir.display()),
        };
        assert_eq!((upstream.id.as_str(), upstream.path.as_str(), found.as_str()), (id, path, kind), "{text}");
    }
}

#[test]
fn what_is_no_upstream_is_refused() {
    for text in [
        "",
        "localhost:8080",
        "127.0.0.1:8080",
        ":foo",
        "http:/x",
        "http://",
        "http:///x",
        "http://a b/",
        "http://a:b/",
        "http://a:99999",
        "http://user:pass@a/",
        "http://a/%zz",
        "http://a/{name/",
        "ftp://a/",
        "unix://",
        "unix:///",
        "unix://host/x",
        "file:///w#x",
        "static://20",
        "static://100",
        "static://1000",
        "static://-1",
        "http://a\n/",
    ] {
        let (upstreams, faults) = told(&[text]);
        assert!(upstreams.is_empty() && faults.len() == 1, "{text}: {faults:?}");
    }
}

#[test]
fn two_upstreams_share_neither_path_nor_id() {
    let (_, faults) = told(&["http://a", "https://b/"]);
    assert_eq!(
        faults,
        [r#"upstream (not set): "https://b/" serves "/", as another one does; give each upstream a path of its own"#]
    );
    let one = |id: &str, path: &str| {
        let mut entry = Upstream::unset("upstreamConfig.upstreams[0]");
        entry.id.value = id.to_owned();
        entry.path.value = path.to_owned();
        entry.is_static.value = true;
        entry
    };
    let mut judge = Judge::default();
    upstreams(&[one("a", "/"), one("a", "/x")], &mut judge);
    let subjects: Vec<_> = judge.faults.iter().map(|fault| fault.subject.as_str()).collect();
    assert_eq!(subjects, ["upstreamConfig.upstreams[0].id"]);
}

#[test]
fn each_entry_has_switches_of_its_own() {
    let (upstreams, faults) = entry(|entry| {
        entry.pass_host_header.value = false;
        entry.proxy_web_sockets.value = false;
        entry.disable_keep_alives.value = true;
        entry.insecure_skip_tls_verify.value = true;
        entry.timeout.value = crate::value::GoDuration::from_nanos(5_000_000_000);
    });
    assert_eq!(faults, [] as [&str; 0]);
    let Kind::Http(http) = &upstreams[0].kind else { panic!("an app") };
    assert_eq!(
        (http.host, http.websockets, http.keep_alive, http.tls.verify, http.timeout),
        (
            HostHeader::OfUpstream,
            WebSockets::Drop,
            KeepAlive::Off,
            Verify::InsecureSkip,
            Some(std::time::Duration::from_secs(5))
        )
    );
}

#[test]
fn what_an_entry_lacks_or_has_too_much_is_named_by_its_path() {
    let subject = |set: fn(&mut Upstream)| {
        let (_, faults) = entry(set);
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        fault.split(" (").next().unwrap_or_default().to_owned()
    };
    assert_eq!(subject(|entry| entry.id.value.clear()), "upstreamConfig.upstreams[0].id");
    assert_eq!(subject(|entry| entry.path.value.clear()), "upstreamConfig.upstreams[0].path");
    assert_eq!(subject(|entry| entry.path.value = "x".to_owned()), "upstreamConfig.upstreams[0].path");
    assert_eq!(subject(|entry| entry.uri.value.clear()), "upstreamConfig.upstreams[0].uri");
    assert_eq!(subject(|entry| entry.uri.value = "static://200".to_owned()), "upstreamConfig.upstreams[0].uri");
    assert_eq!(subject(|entry| entry.static_code.value = Some(200)), "upstreamConfig.upstreams[0].staticCode");
    let rewritten = |entry: &mut Upstream| {
        entry.path.value = "^/(".to_owned();
        entry.rewrite_target.value = "/$1".to_owned();
    };
    assert_eq!(subject(rewritten), "upstreamConfig.upstreams[0].path");
    let placeholder_for_files = |entry: &mut Upstream| {
        entry.path.value = "/{x}/".to_owned();
        entry.uri.value = "file:///tmp".to_owned();
    };
    assert_eq!(subject(placeholder_for_files), "upstreamConfig.upstreams[0].path");
}

#[test]
fn a_switch_that_was_written_once_is_warned_of_once() {
    let mut options = Options::default();
    options.upstreams.value = vec!["https://a/".to_owned(), "https://b/b".to_owned(), "static://200".to_owned()];
    options.ssl_upstream_insecure_skip_verify = Written {
        option: Cow::Borrowed("ssl-upstream-insecure-skip-verify"),
        value: true,
        source: Source::Flag,
        element: None,
    };
    let mut judge = Judge::default();
    let structured = Structured::from_options(&options, &mut judge);
    settings(&options, &structured, Surroundings::default(), &mut judge);
    let subjects: Vec<_> = judge.warnings.iter().map(|warning| warning.subject.as_ref()).collect();
    assert_eq!(subjects, ["ssl-upstream-insecure-skip-verify"]);
}

#[test]
fn a_signature_key_is_an_algorithm_and_a_key() {
    let read = |text: &str| {
        let mut judge = Judge::default();
        let written = Options::default().signature_key.with(sidecar_core::Secret::new(text.to_owned()));
        let read =
            signature(&written, &mut judge).map(|signature| (signature.algorithm, signature.key.expose().clone()));
        assert_eq!(read.is_none() && !text.is_empty(), judge.faults.len() == 1, "{text}");
        assert!(judge.faults.iter().all(|fault| !fault.to_string().contains("marked")), "{text}");
        read
    };
    assert_eq!(read("sha256:marked key"), Some((Algorithm::Sha256, "marked key".to_owned())));
    assert_eq!(read("md5:k"), Some((Algorithm::Md5, "k".to_owned())));
    assert_eq!(read(""), None);
    for wrong in
        ["marked", "sha256", "sha256:", "sha256:marked:x", ":marked", "SHA256:marked", "marked:sha256", "md4:marked"]
    {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_is_an_upstream_or_a_refusal(text in "(http|file|unix|static|\\PC{0,4})?(://)?\\PC{0,16}") {
        drop(told(&[&text]));
    }
}
