//! Which app a request goes to, and what becomes of requests and answers on the way.

use crate::case::{Base, Case, Configuration, ask, case, configuration, get};
use crate::explain::{Explained, explained};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![by_path(), fixed(), forwarding(), without_websockets(), without_keep_alives()]
}

fn by_path() -> Configuration {
    let paths = [
        "/",
        "/one",
        "/one/",
        "/one/x",
        "/two",
        "/two/",
        "/two/x?y=1",
        "/two?x=1",
        "/two/deeper/x",
        "/exact",
        "/exact/",
        "/exact/x",
        "/nowhere",
        "/%74wo/x",
        "/%74wo",
        "/TWO/x",
        "/a%2F%2Fb",
        "/two%2Fx",
        "/%2F/",
        "/one/..%2ftwo/",
        "/gone/x",
        "/two?",
    ];
    let cases = paths.iter().map(|path| case(*path, get(*path).signed_in())).collect::<Vec<Case>>();
    Configuration {
        base: Base::NoApp,
        ..configuration(
            "several apps",
            &[
                "--upstream={app}/one/",
                "--upstream={second}/two/",
                "--upstream={app}/two/deeper/",
                "--upstream={second}/exact",
                "--upstream=http://127.0.0.1:1/gone/",
            ],
            cases,
        )
    }
}

fn fixed() -> Configuration {
    Configuration {
        base: Base::NoApp,
        ..configuration(
            "a fixed answer",
            &["--upstream=static://202", "--set-xauthrequest=true", "--skip-auth-route=^/open"],
            vec![
                case("signed in", get("/page").signed_in()),
                case("not signed in", get("/page")),
                case("exempt", get("/open")),
                case("by POST", ask("POST", "/page").body("x").signed_in()),
                case("by HEAD", ask("HEAD", "/page").signed_in()),
            ],
        )
    }
}

fn forwarding() -> Configuration {
    let answers = ["404", "500", "204", "304", "redirect", "hop", "until-close"];
    let mut cases: Vec<Case> = answers
        .iter()
        .map(|kind| case(format!("the app answers {kind}"), get(format!("/answers/{kind}")).signed_in()))
        .collect();
    cases.extend([
        case("the app sets identity headers", get("/answers/identity").signed_in())
            .explained_by(super::rows::injected_once()),
        case("trailers that nobody asked for", get("/answers/chunked").signed_in())
            .explained_by(super::rows::trailers_on_demand()),
        case("trailers", get("/answers/chunked").with("TE", "trailers").with("Connection", "TE").signed_in()),
        case("a packed answer", get("/answers/gzip").signed_in()),
        case("a packed answer that was asked for", get("/answers/gzip").with("Accept-Encoding", "gzip").signed_in()),
        case("a packed answer to HEAD", ask("HEAD", "/answers/gzip").signed_in()),
        case("an interim answer", get("/answers/interim").signed_in())
            .explained_by(super::rows::headers_stay_after_an_interim_answer()),
        case("an answer to HEAD", ask("HEAD", "/page").signed_in()),
        // Not idempotent, so that neither program tries again.
        case("the app hangs up", ask("POST", "/answers/hang-up").body("x").signed_in()),
        case("a body", ask("POST", "/page").form("a=b&c=d").signed_in()),
        case("an empty body", ask("POST", "/page").body("").signed_in()),
        case(
            "a chunked body",
            ask("PUT", "/page").with("Transfer-Encoding", "chunked").body("4\r\nbody\r\n0\r\n\r\n").signed_in(),
        ),
        case(
            "hop-by-hop headers",
            get("/page")
                .with("Connection", "keep-alive, X-Mine")
                .with("X-Mine", "1")
                .with("Keep-Alive", "9")
                .with("TE", "trailers")
                .with("Proxy-Authorization", "x")
                .with("Proxy-Connection", "y")
                .signed_in(),
        ),
        case(
            "a Connection that names identity headers",
            get("/page").with("Connection", "X-Forwarded-User, X-Auth-Request-User").signed_in(),
        )
        .explained_by(super::rows::added_after_connection()),
        case(
            "two lines of one header",
            get("/page")
                .with("X-Two", "a")
                .with("X-Two", "b")
                .with("Accept", "text/a")
                .with("Accept", "text/b")
                .signed_in(),
        ),
        case("two Cookie lines", get("/page").with("Cookie", "a=1").signed_in())
            .explained_by(super::rows::two_cookie_lines()),
        case("no User-Agent", get("/page").signed_in()),
        case("an empty User-Agent", get("/page").with("User-Agent", "").signed_in()),
        case("two User-Agents", get("/page").with("User-Agent", "").with("User-Agent", "x").signed_in()),
        case("a User-Agent", get("/page").with("User-Agent", "curl/8").signed_in()),
        case("an encoding that is accepted", get("/page").with("Accept-Encoding", "br").signed_in()),
        case("a range", get("/page").with("Range", "bytes=0-1").signed_in()),
        case("an empty header", get("/page").with("X-Empty", "").signed_in()),
        case("letters beyond ASCII in a header", get("/page").with("X-Latin", "\u{e9}").signed_in()),
        case("Expect", ask("POST", "/page").with("Expect", "100-continue").body("x").signed_in())
            .explained_by(super::rows::interim_answers()),
        case("another Host", get("/page").at("some.thing.example.com:99").signed_in()),
    ]);
    let forwarding = configuration("forwarding", &["--set-xauthrequest=true", "--upstream-timeout=5s"], cases);
    Configuration { explained: super::rows::no_guessed_type(), ..forwarding }
}

/// P14: the upgrade does not pass by another way.
fn upgrade_dropped() -> Vec<Explained> {
    vec![explained("P14", "app header *", |pair| {
        matches!(pair.place, "app header connection" | "app header upgrade") && pair.ours.is_none()
    })]
}

fn without_websockets() -> Configuration {
    let handshake = |target: &str| get(target).upgrading("websocket").signed_in();
    let cases = vec![
        case("a websocket", handshake("/page")).explained_by(upgrade_dropped()),
        case("a websocket to an app that refuses", handshake("/answers/404")).explained_by(upgrade_dropped()),
        case("a request", get("/page").signed_in()),
    ];
    configuration("no websockets", &["--proxy-websockets=false", "--flush-interval=0s"], cases)
}

fn without_keep_alives() -> Configuration {
    let cases = ["/page", "/answers/404", "/answers/chunked"].map(|target| case(target, get(target).signed_in()));
    let cases = cases.map(|case| match case.name.as_str() {
        "/answers/chunked" => case.explained_by(super::rows::trailers_on_demand()),
        _ => case,
    });
    configuration("no keep-alives", &["--disable-keep-alives"], cases.into())
}
