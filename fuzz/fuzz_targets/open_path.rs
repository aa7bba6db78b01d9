//! Routes that need no session: no reader, however lenient, may take an exempt target for a place outside of the rule.
#![no_main]

use std::sync::LazyLock;

use http::Method;
use regex::Regex;
use sidecar_core::net::IpNets;
use sidecar_core::policy::{BypassRules, ClientIp, MethodRule, RouteRule};

fn rules(pattern: &str, negated: bool) -> BypassRules {
    let rule = RouteRule { method: MethodRule::Any, negated, path: Regex::new(pattern).expect("a pattern") };
    BypassRules { preflight: false, routes: vec![rule], clients: IpNets::default() }
}

static PUBLIC: LazyLock<BypassRules> = LazyLock::new(|| rules("^/public/", false));
static EXACT: LazyLock<BypassRules> = LazyLock::new(|| rules("^/status$", false));
static ALL_BUT: LazyLock<BypassRules> = LazyLock::new(|| rules("^/private(/|$)", true));

/// Undoes the percent-escapes that are right, and leaves the others.
fn lenient_decode(path: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        if let (b'%', [high, low, ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high << 4 | low);
            rest = &tail[2..];
        } else {
            decoded.push(*first);
            rest = tail;
        }
    }
    decoded
}

/// Path segments with `//` merged and dots resolved.
fn resolve(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut resolved = Vec::new();
    for segment in segments {
        resolved.push(b'/');
        resolved.extend_from_slice(segment);
    }
    if resolved.is_empty() || path.ends_with(b"/") {
        resolved.push(b'/');
    }
    resolved
}

/// What programs are known to make of a path.
fn readings(target: &str) -> Vec<Vec<u8>> {
    let path = target.split('?').next().unwrap_or_default().as_bytes();
    let mut readings = vec![path.to_vec()];
    for _ in 0..3 {
        let last = readings.last().expect("one").clone();
        readings.push(lenient_decode(&last));
    }
    let mut all = Vec::new();
    for reading in readings {
        let cut_at = |stop: &[u8]| reading.split(|byte| stop.contains(byte)).next().unwrap_or_default().to_vec();
        let slashes: Vec<u8> = reading.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
        let segments: Vec<_> =
            reading.split(|byte| *byte == b'/').map(|part| part.split(|byte| *byte == b';').next().unwrap()).collect();
        let graphic: Vec<u8> = reading.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
        for variant in [segments.join(&b'/'), slashes, cut_at(b"?#"), cut_at(b"\0"), cut_at(b";"), graphic, reading] {
            all.push(resolve(&variant));
            all.push(variant);
        }
    }
    all
}

libfuzzer_sys::fuzz_target!(|target: &str| {
    // What is no target of a request never comes so far.
    if target.parse::<http::Uri>().is_err() {
        return;
    }
    let is_open = |rules: &BypassRules| rules.find(&Method::GET, target, ClientIp::Unknown).is_some();
    let (public, exact, all_but) = (is_open(&PUBLIC), is_open(&EXACT), is_open(&ALL_BUT));
    if !(public || exact || all_but) {
        return;
    }
    for reading in readings(target) {
        let text = String::from_utf8_lossy(&reading);
        assert!(!public || text.starts_with("/public/") || text == "/public", "{target:?} is read as {text:?}");
        assert!(!exact || text == "/status", "{target:?} is read as {text:?}");
        assert!(!all_but || !(text.starts_with("/private/") || text == "/private"), "{target:?} is read as {text:?}");
    }
});
