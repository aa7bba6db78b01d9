//! Pages of the operator's own, mounted in `/templates`.

use serde_json::json;
use sidecar_testkit::{App, Launch, Provider, Request, Which, place};

use crate::chromium::{run, screenshots};
use crate::site::Site;

/// A sidecar with these files in its folder of templates.
fn with_pages(app: &str, pages: &[(&str, &str)]) -> Launch {
    let launch = Launch::oidc(Which::Ours, Provider::shared(), app);
    for (name, content) in pages {
        let _ = launch.write(name, content);
    }
    launch.flag("--custom-templates-dir=.")
}

/// A page of the guide, which is there to be copied.
fn of_the_guide(name: &str) -> String {
    let path = place::tree().join("docs/guide/templates").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A site with the pages of the guide.
fn site_of_the_guide() -> Site {
    let app = App::start();
    let pages = [("sign_in.html", of_the_guide("sign_in.html")), ("error.html", of_the_guide("error.html"))];
    let pages = pages.each_ref().map(|(name, content)| (*name, content.as_str()));
    let program = with_pages(&app.upstream(), &pages)
        .flags(["--provider-display-name=Example Login", "--login-restart=false", "--custom-sign-in-logo=-"])
        .start();
    Site { program, app }
}

#[test]
fn a_page_of_the_operators_own_stands_in_place_of_ours_with_the_same_statuses() {
    let page =
        "<!doctype html><p>{{.StatusCode}} {{.ProviderName}} <a href=\"{{.ProxyPrefix}}/start?rd={{.Redirect}}\">";
    let program =
        with_pages("http://127.0.0.1:1/", &[("sign_in.html", page)]).flag("--provider-display-name=A & B").start();
    let answer = program.get("/deep?a=%22&b=1");
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.text(),
        "<!doctype html><p>403 A &amp; B <a href=\"/oauth2/start?rd=%2fdeep%3fa%3d%2522%26b%3d1\">"
    );
    assert_eq!(
        program.get("/oauth2/sign_in").text(),
        "<!doctype html><p>200 A &amp; B <a href=\"/oauth2/start?rd=%2f\">"
    );
    let error = program.get("/oauth2/callback?error=x&state=y");
    assert!(error.text().contains("Request ID"), "no error.html: ours is shown: {}", error.text());
}

#[test]
fn a_page_of_the_operators_own_says_what_it_may_load_and_only_caches_are_told_something() {
    let program = with_pages("http://127.0.0.1:1/", &[("sign_in.html", "Hello"), ("error.html", "Sorry")]).start();
    for path in ["/", "/oauth2/sign_in", "/oauth2/callback?error=x&state=y", "/x?a;b"] {
        let answer = program.get(path);
        assert_eq!(answer.headers.get("Content-Type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(answer.headers.get("Cache-Control").is_some_and(|value| value.contains("no-store")), "{path}");
        for name in ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"] {
            assert!(!answer.headers.has(name), "{path}: {name}");
        }
        assert!(matches!(answer.text().as_str(), "Hello" | "Sorry"), "{path}");
    }
}

#[test]
fn what_a_visitor_brings_cannot_leave_its_place_in_a_page() {
    let page = "<!doctype html><script>to = {{.Redirect}}</script><a href='{{.Redirect}}' title={{.Redirect}}>x</a>";
    let program = with_pages("http://127.0.0.1:1/", &[("sign_in.html", page)]).start();
    for target in ["/</script><script>alert(1)</script>", "/' onclick='alert(1)", "/ onclick=alert(1)", "/{{.Version}}"]
    {
        let rd = target.bytes().fold(String::new(), |rd, byte| rd + &format!("%{byte:02x}"));
        let text = program.get(&format!("/oauth2/sign_in?rd={rd}")).text();
        assert_eq!(text.matches("<script").count(), 1, "{text}");
        let link = text.split("</script>").last().unwrap_or_default();
        assert!(!link.contains(" onclick"), "{text}");
        assert_eq!(text.matches("{{").count(), text.matches("{{.Version}}").count(), "{text}");
    }
}

/// A value in every kind of place, in tags as sloppy as browsers bear.
const HOSTILE: &str = r#"<!doctype html>
<meta charset="utf-8"><title>{{.Redirect}}</title>
<style>p::before { content: "{{.Redirect}}"; background: url("{{.Redirect}}"); color: {{.Redirect}} }</style>
<script>
const told = {};
const tell = (place, text) => { told[place] = text; };
tell("value", {{.Redirect}}); tell("string", "{{.Redirect}}"); tell('single string', '{{.Redirect}}');
tell("literal", `{{.Redirect}}`); tell("nested", `${ {{.Redirect}} }`); // {{.Redirect}}
</script>
<script type="application/json" id="data">{"value": {{.Redirect}}, "string": "{{.Redirect}}"}</script>
<body/onload="tell('handler', '{{.Redirect}}')">
<!-- {{.Redirect}} -->
<p id="text" title="{{.Redirect}}" data-to='{{.Redirect}}' style="color: {{.Redirect}}">{{.Redirect}}</p>
<input id="bare" value={{.Redirect}}>
<textarea id="area">{{.Redirect}}</textarea>
<a id="link" href="/x?to={{.Redirect}}">x</a><a href="{{.Redirect}}">x</a><img srcset="{{.Redirect}} 2x" alt="{{.Redirect}}">
<svg class="a"/onclick="tell('slash', {{.Redirect}})"><title id="drawing">{{.Redirect}}</title></svg>
"#;

#[test]
fn a_browser_runs_nothing_that_a_visitor_brings_in_any_place_of_a_page() {
    let program = with_pages("http://127.0.0.1:1/", &[("sign_in.html", HOSTILE)]).start();
    run("hostile.mjs", &json!({ "url": program.url("/oauth2/sign_in") }));
}

#[test]
fn a_page_that_fails_is_answered_with_500_and_told_by_file_and_line() {
    let files = [
        ("sign_in.html", "<p>\n{{.Nothing}}"),
        ("error.html", "{{.StatusCode}}{{if eq .StatusCode 403}}{{.Nothing}}{{end}}"),
    ];
    let program = with_pages("http://127.0.0.1:1/", &files).start();
    let answer = program.get("/deep");
    assert_eq!((answer.status, answer.text().as_str()), (500, "500"));
    let answer = program.get("/oauth2/callback?error=x&state=y");
    assert_eq!((answer.status, answer.text().as_str()), (500, "Internal Server Error\n"));
    assert_eq!(answer.headers.get("Content-Type"), Some("text/plain; charset=utf-8"));
    let said = program.stop();
    let said = said.stdout + &said.stderr;
    for line in ["a visitor may get 500 in place of a page: ./sign_in.html:2: ", "sign_in.html:2: ", "error.html:1: "] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_page_that_cannot_be_used_is_refused_at_start_and_by_a_test_of_the_configuration() {
    let files = [("sign_in.html", "<p>\n\n{{if .Redirect}}")];
    for flag in ["--config-test", "--cookie-secure=false"] {
        let end = with_pages("http://127.0.0.1:1/", &files).flag(flag).run();
        assert_eq!(end.status.code(), Some(1), "{flag}");
        let said = end.stdout + &end.stderr;
        assert!(said.contains("custom-templates-dir (command line): ./sign_in.html:3: "), "{flag}: {said}");
    }
}

#[test]
fn a_test_of_the_configuration_tells_of_a_variable_that_is_not_there() {
    let end = with_pages("http://127.0.0.1:1/", &[("error.html", "<p>\n{{.Mesage}}")]).flag("--config-test").run();
    assert_eq!((end.status.code(), end.stdout.as_str()), (Some(0), "configuration is valid\n"));
    assert!(end.stderr.contains("./error.html:2: ") && end.stderr.contains("Mesage"), "{}", end.stderr);
}

#[test]
fn a_logo_of_the_operators_own_is_on_our_page() {
    let program = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/");
    let path = program.write("logo.png", "a picture");
    let program = program.flag(&format!("--custom-sign-in-logo={}", path.display())).start();
    let answer = program.ask(&Request::get("/oauth2/sign_in"));
    assert!(answer.text().contains("src=\"data:image/png;base64,YSBwaWN0dXJl\""), "{}", answer.text());
}

/// A drawing that would like to run a script.
const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 40\" onload=\"globalThis.ran = 1\">\
    <script>globalThis.ran = 1</script><style>.a { fill: #4338ca }</style>\
    <rect class=\"a\" width=\"120\" height=\"40\" rx=\"8\"/></svg>";

#[test]
fn a_browser_signs_in_on_a_page_of_the_operators_own_and_logos_are_shown_and_do_nothing() {
    let site = site_of_the_guide();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &site.app.upstream());
    let drawing = launch.write("logo.svg", DRAWING);
    let drawing = launch.flag(&format!("--custom-sign-in-logo={}", drawing.display())).start();
    let remote = Site::start(&["--custom-sign-in-logo=https://logo.example.com/logo.png"]);
    let arguments = json!({
        "url": site.program.url("/deep/page?tab=2"),
        "error": site.program.url("/oauth2/callback?error=access_denied&state=x"),
        "drawing": drawing.url("/deep/page"),
        "remote": remote.program.url("/deep/page"),
        "shots": screenshots(),
    });
    run("templates.mjs", &arguments);
}
