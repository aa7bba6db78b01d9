//! What both programs make of variables in a structured configuration: thousands of expressions, seen in the query of the
//! authorization request.

use std::fmt::Write as _;

use sidecar_testkit::{Launch, Which};

/// The variables of both: `V` and `W` are set, `E` is empty, all others are not there.
const VARIABLES: [(&str, &str); 3] = [("V", "val"), ("W", "wal"), ("E", "")];

/// What a program makes of each expression.
fn filled(which: Which, expressions: &[String]) -> Vec<String> {
    let launch = VARIABLES
        .iter()
        .fold(Launch::new(which), |launch, (name, value)| launch.env(name, value))
        .listening_as_configured()
        .flags(["--email-domain=*", "--cookie-secret=0123456789abcdef", "--cookie-secure=false"]);
    let mut yaml = String::from(
        "providers:\n- id: p\n  provider: oidc\n  clientID: c\n  clientSecret: s\n  loginURL: http://127.0.0.1:1/a\n  \
         redeemURL: http://127.0.0.1:1/t\n  oidcConfig:\n    issuerURL: http://127.0.0.1:1\n    skipDiscovery: true\n    \
         jwksURL: http://127.0.0.1:1/k\n  loginURLParameters:\n",
    );
    for (n, expression) in expressions.iter().enumerate() {
        let _ = writeln!(yaml, "  - name: p{n}\n    default: ['<{expression}>']");
    }
    let _ = write!(yaml, "server:\n  bindAddress: {}\n", launch.address());
    yaml.push_str("upstreamConfig:\n  upstreams:\n  - id: a\n    path: /\n    uri: http://127.0.0.1:1/\n");
    let file = launch.write("alpha.yaml", &yaml);
    let program = launch.flag(&format!("--alpha-config={}", file.display())).start();
    let location = program.get("/oauth2/start?rd=/").location().to_owned();
    let location = url::Url::parse(&location).unwrap_or_else(|e| panic!("{location}: {e} {}", program.said()));
    let value = |n: usize| {
        let name = format!("p{n}");
        location.query_pairs().find(|(key, _)| *key == name).map(|(_, value)| value.into_owned())
    };
    (0..expressions.len()).map(|n| value(n).unwrap_or_else(|| panic!("p{n} is not in {location}"))).collect()
}

/// Every word over these letters, up to this length.
fn words(letters: &[&str], length: u32) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..length {
        longest = longest.iter().flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}"))).collect();
        all.extend_from_slice(&longest);
    }
    all
}

#[test]
fn variables_and_their_defaults_come_to_the_same_in_both_programs() {
    let mut expressions = Vec::new();
    for outer in ["${U:-%}", "${E-%}", "${U=%}", "${E:=%}", "${V+%}"] {
        for word in words(&["a", "$", "-", "V"], 3).iter().chain(&words(&["a", "$", "/"], 4)) {
            expressions.push(outer.replace('%', word));
        }
    }
    for text in words(&["$", "V", "a", "_", "."], 4) {
        expressions.push(text);
    }
    let mut different = Vec::new();
    for some in expressions.chunks(400) {
        let both = [Which::Original, Which::Ours].map(|which| filled(which, some));
        let pairs = some.iter().zip(both[0].iter().zip(&both[1])).filter(|(_, (original, ours))| original != ours);
        different.extend(pairs.map(|(text, (original, ours))| format!("{text}: {original} there, {ours} here")));
    }
    println!("parity: {} expressions of variables, {} differences", expressions.len(), different.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}
