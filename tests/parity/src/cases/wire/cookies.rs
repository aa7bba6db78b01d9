//! Cookie headers in every shape that a browser, a proxy or an attacker gives them.

use super::reasons;
use serde_json::json;

use crate::case::{Ask, Case, Configuration, alice, alice_but, case, configuration, get};
use crate::cases::sessions::long;
use crate::judge::{CookieOptions, Judge};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![headers(), names()]
}

fn headers() -> Configuration {
    let mut cases: Vec<Case> = Vec::new();
    for junk in [
        ";",
        ";;;",
        "=",
        "=x",
        "a",
        "a=",
        "a=b;",
        ";a=b",
        "a=b;;c=d",
        "a=b,c=d",
        "a b=c",
        "a=b c",
        "a=\"b\"",
        "a=\"b",
        "a=b\tc",
        "a=b=c",
        " a = b ",
        "a=b;c=d",
        "$Version=1; a=b",
        "é=x",
        "a=é",
        "a=b;  c=d",
        "__Host-x=1",
        "a={\"b\":1}",
        "a=b; a=c",
        "A=b; a=c",
    ] {
        cases.push(case(format!("junk alone {junk:?}"), page().with("Cookie", junk)));
        cases.push(case(format!("junk for the app {junk:?}"), get("/open").with("Cookie", junk)));
    }
    for (name, make) in BESIDE {
        cases.push(case(name, get("/page").with("Accept", "application/json").cookie(make)));
    }
    cases.extend(lines());
    configuration("cookie headers", &["--skip-auth-route=^/open"], cases)
}

fn page() -> Ask {
    get("/page").with("Accept", "application/json")
}

type Make = fn(&mut Judge, &CookieOptions) -> String;

/// Alice's session with something beside it.
const BESIDE: [(&str, Make); 17] = [
    ("a session behind junk", |j, o| format!(";;=x;a; {}", session(j, o))),
    ("a session before junk", |j, o| format!("{}; ; =x; a", session(j, o))),
    ("a session without a blank", |j, o| format!("a=b;{}", session(j, o))),
    ("a session with many blanks", |j, o| format!("a=b;   {}   ", session(j, o))),
    ("a session behind a tab", |j, o| format!("a=b;\t{}", session(j, o))),
    ("a session behind an open quote", |j, o| format!("a=\"b; {}", session(j, o))),
    ("a session behind a comma", |j, o| format!("a=b, {}", session(j, o))),
    ("a session with blanks around the equals sign", |j, o| session(j, o).replacen('=', " = ", 1)),
    ("a session under a name in capitals", |j, o| session(j, o).replacen(&o.name, &o.name.to_uppercase(), 1)),
    ("a session under a longer name", |j, o| format!("x{}", session(j, o))),
    ("a session with its value in quotes", |j, o| session(j, o).replacen('=', "=\"", 1) + "\""),
    ("a session with its value in escapes", |j, o| session(j, o).replacen('|', "%7C", 2)),
    ("a session twice", |j, o| format!("{0}; {0}", session(j, o))),
    ("another's session behind it", |j, o| format!("{}; {}", session(j, o), bobs(j, o))),
    ("an empty one behind it", |j, o| format!("{}; {}=", session(j, o), o.name)),
    ("a foreign cookie in between", |j, o| pieces(j, o).join("; x=y; ")),
    ("a piece twice", |j, o| {
        let pieces = pieces(j, o);
        format!("{}; {}", pieces.join("; "), pieces[1])
    }),
];

fn session(judge: &mut Judge, options: &CookieOptions) -> String {
    judge.mint(options, &alice())
}

fn bobs(judge: &mut Judge, options: &CookieOptions) -> String {
    judge.mint(options, &alice_but(&json!({"e": "bob@example.com", "u": "bob"})))
}

fn pieces(judge: &mut Judge, options: &CookieOptions) -> Vec<String> {
    judge.mint(options, &alice_but(&json!({"at": long(7000)}))).split("; ").map(str::to_owned).collect()
}

/// Several lines: those of the request come before the one with the session.
fn lines() -> Vec<Case> {
    vec![
        case("another line before the session", page().with("Cookie", "a=b").signed_in())
            .explained_by(reasons::cookie_lines_as_one()),
        case("two other lines before the session", page().with("Cookie", "a=b").with("Cookie", "c=d").signed_in())
            .explained_by(reasons::cookie_lines_as_one()),
        case("an empty line before the session", page().with("Cookie", "").signed_in())
            .explained_by(reasons::cookie_lines_as_one()),
        case("two lines for the app", get("/open").with("Cookie", "a=b").with("Cookie", "c=d"))
            .explained_by(reasons::cookie_lines_as_one()),
    ]
}

/// Cookies whose names only begin like ours are the app's.
fn names() -> Configuration {
    let own = |suffix: &'static str| -> Make {
        match suffix {
            "_0" => |_, o| format!("{}_0=x; a=b", o.name),
            "_00" => |_, o| format!("{}_00=x; a=b", o.name),
            "_1x" => |_, o| format!("{}_1x=x; a=b", o.name),
            "_x" => |_, o| format!("{}_x=x; a=b", o.name),
            "x" => |_, o| format!("{}x=x; a=b", o.name),
            "_csrf" => |_, o| format!("{}_csrf=x; a=b", o.name),
            "_csrf_0" => |_, o| format!("{}_csrf_0=x; a=b", o.name),
            _ => |_, o| format!("{}=x; a=b", o.name),
        }
    };
    let mut cases: Vec<Case> = Vec::new();
    for suffix in ["", "_0", "_00", "_1x", "_x", "x", "_csrf", "_csrf_0"] {
        cases.push(case(format!("a page with NAME{suffix}"), page().cookie(own(suffix))));
        cases.push(case(format!("the sign-in page with NAME{suffix}"), get("/oauth2/sign_in").cookie(own(suffix))));
        cases.push(case(format!("sign-out with NAME{suffix}"), get("/oauth2/sign_out").cookie(own(suffix))));
        cases.push(case(format!("the app with NAME{suffix}"), get("/open").cookie(own(suffix))));
    }
    configuration("names of cookies", &["--skip-auth-route=^/open", "--cookie-name=s.id"], cases)
}
