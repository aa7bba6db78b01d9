//! Pages of the operator's own: the same templates in both programs, asked for with hostile targets and ids. What comes
//! out is compared byte by byte, but for the version and the words for what went wrong.

use super::rows;
use crate::case::{Ask, Case, Configuration, HOST, ask, case, configuration, get};

/// Every configuration of this file.
pub(super) fn all() -> Vec<Configuration> {
    vec![documented(), contexts(), flow(), functions(), without_a_frame(), failing(), failing_for_errors()]
}

/// The templates in `templates/NAME/`.
macro_rules! templates {
    ($name:literal) => {
        [
            ("sign_in.html", include_str!(concat!("templates/", $name, "/sign_in.html"))),
            ("error.html", include_str!(concat!("templates/", $name, "/error.html"))),
        ]
    };
}

/// What the original's documentation says that such pages do: its variables in their usual places.
fn documented() -> Configuration {
    let flags = ["--custom-sign-in-logo=https://cdn.example.com/logo.png?a=1&b=2", "--banner=Staff <b>only</b>."];
    with("templates of the usual kind", templates!("documented").to_vec(), &flags)
}

/// Every place that a value can stand in.
fn contexts() -> Configuration {
    let files = [&templates!("contexts")[..], &[("logo.svg", DRAWING)]].concat();
    let flags = [
        "--custom-sign-in-logo=logo.svg",
        "--banner=<i class=\"x\">Staff & \"friends\"</i>",
        "--footer=<b>us</b> & co",
    ];
    with("templates with every context", files, &flags)
}

/// Conditions, loops, helpers that both files share.
fn flow() -> Configuration {
    let files = [&templates!("flow")[..], &[("logo.PNG", "no picture, and nobody looks")]].concat();
    with(
        "templates with conditions and helpers",
        files,
        &["--custom-sign-in-logo=logo.PNG", "--banner=-", "--footer=-"],
    )
}

/// The functions of the template language, and literals.
fn functions() -> Configuration {
    let flags = ["--custom-sign-in-logo=-", "--banner=<b>x</b>", "--footer=<p>100% ours</p>"];
    with("templates that call functions", templates!("functions").to_vec(), &flags)
}

/// A page that no browser would guess to be HTML.
fn without_a_frame() -> Configuration {
    let files = vec![("sign_in.html", "Welcome <p data-page=\"custom\">{{.Redirect}}</p>")];
    let mut all = with("a template without a frame", files, &[]);
    all.cases = vec![case("a page", get("/x?a=b")).explained_by(rows::page_is_html())];
    all
}

/// Templates that fail when they are used.
fn failing() -> Configuration {
    let files = vec![
        ("sign_in.html", "<!doctype html>before it fails{{.Nothing}}"),
        ("error.html", "<!doctype html><html data-page=\"custom\">{{.StatusCode}} {{.Redirect}} {{.RequestID}}</html>"),
    ];
    let mut all = with("a failing template", files, &[]);
    all.cases = vec![
        case("the sign-in page", hostile_id(get("/oauth2/sign_in?rd=/x"))).explained_by(rows::failing_sign_in_page()),
        case("a page", hostile_id(get("/x?a=b"))).explained_by(rows::failing_sign_in_page()),
    ];
    all
}

/// An error page that fails leaves a line of text.
fn failing_for_errors() -> Configuration {
    let files = vec![("error.html", "<!doctype html>before it fails{{.Nothing}}")];
    let mut all = with("a failing template of errors", files, &[]);
    all.cases = vec![
        case("an error", get("/oauth2/callback?code=x&state=bad")).explained_by(rows::failing_error_page()),
        case("another", get("/answers/hang-up")).explained_by(rows::failing_error_page_with_502()),
    ];
    all
}

const DRAWING: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><style>.a{fill:red}</style></svg>\n";

fn with(name: &'static str, files: Vec<(&'static str, &'static str)>, more: &[&'static str]) -> Configuration {
    let mut flags = vec![
        "--custom-templates-dir=.",
        "--provider-display-name=A & B's </script> <\"Login\">",
        "--allowed-group=nobody",
        "--skip-auth-route=^/answers/",
    ];
    flags.extend(more);
    Configuration { files, ..configuration(name, &flags, TARGETS.iter().flat_map(pages).chain(others()).collect()) }
}

/// Targets that a visitor may bring, and what is odd about them.
const TARGETS: [(&str, &str); 9] = [
    ("plain", "/deep/page?tab=2&x=%2F#part"),
    ("markup", "/a?b=\"<x>&c='d'`javascript:1"),
    ("an end of a script", "/</script><script>alert(1)/*--><!--"),
    ("an end of a style", "/</style>*/}body{background:url(x)}"),
    ("an end of a string", "/x?a=\\'\\\";alert(1);${alert(2)}{{.Version}}"),
    ("a query", "/x?u=1&amp;v=2&w=a+b%20c&=&&é=ü"),
    ("odd letters", "/\u{2028}\u{2029}\u{feff}\u{202e}\u{7f}é/日本/\u{1f600}"),
    ("control characters", "/a\u{1}b\u{b}c\u{1f}d"),
    ("javascript", "javascript:alert(1)"),
];

/// Every kind of page on the way to one target.
fn pages((what, target): &(&str, &str)) -> Vec<Case> {
    let rd = encoded(target);
    let state = encoded(&rd);
    vec![
        case(format!("sign-in page, {what}"), hostile_id(get(format!("/oauth2/sign_in?rd={rd}")))),
        case(format!("sign-in page of a page, {what}"), get(format!("/page?rd={rd}"))),
        case(format!("403 of an account, {what}"), hostile_id(get(format!("/page?rd={rd}")).signed_in())),
        case(
            format!("403 of the provider, {what}"),
            hostile_id(get(format!("/oauth2/callback?error=denied&rd={rd}&state=x:{state}"))),
        ),
        case(format!("500, {what}"), hostile_id(get(format!("/oauth2/callback?code=x&state=bad&rd={rd}")))),
        case(format!("502, {what}"), hostile_id(get(format!("/answers/hang-up?rd={rd}")))),
    ]
}

fn others() -> Vec<Case> {
    vec![
        case("sign-in page without a target", get("/oauth2/sign_in")),
        case("sign-in page of a page with a query", get("/page?a='b'&c=(d)&e=%3Cf%3E&g=%22")),
        case("sign-in page by HEAD", ask("HEAD", "/oauth2/sign_in")),
        case("a target in a header", get("/page").with("X-Auth-Request-Redirect", "/h?x=%22'&y=<b>")),
        case("robots", get("/robots.txt").at(HOST)),
    ]
}

/// An id of the visitor's making is shown on the page as it came.
fn hostile_id(ask: Ask) -> Ask {
    ask.with("X-Request-Id", "id-<b>\"'&</script>")
}

fn encoded(text: &str) -> String {
    crate::page::encode_component(text)
}
