//! The files that pages are made of.

use sidecar_gateway::{Footer, Logo, PageKind};

use super::*;

/// A start whose `custom-templates-dir` is its own folder.
fn with_templates(files: &[(&str, &str)]) -> Start {
    let start = Start::minimal();
    for (name, content) in files {
        start.file(name, content);
    }
    let directory = start.folder.path().to_str().expect("UTF-8").to_owned();
    start.with("CUSTOM_TEMPLATES_DIR", &directory)
}

/// What is said about the templates and the logo.
fn warnings(start: &Start) -> Vec<String> {
    let directory = start.folder.path().to_str().expect("UTF-8");
    let warnings = start.config().warnings;
    let ours = warnings.iter().filter(|warning| warning.subject.starts_with("custom-"));
    ours.map(|warning| warning.message.replace(directory, "DIR")).collect()
}

fn logo(value: &str) -> Start {
    Start::minimal().with("CUSTOM_SIGN_IN_LOGO", value)
}

#[test]
fn the_template_directory_may_bring_any_of_its_three_files() {
    let start = with_templates(&[("robots.txt", "User-agent: *\nAllow: /\n")]);
    let gateway = start.config().gateway;
    assert_eq!(gateway.robots.as_deref(), Some(&b"User-agent: *\nAllow: /\n"[..]));
    assert!(gateway.pages.custom.is_none());
    let built_in = |name: &str| format!("DIR/{name} is no file; the built-in page is served");
    assert_eq!(warnings(&start), [built_in("sign_in.html"), built_in("error.html")]);

    start.file("error.html", "<p>{{.Message}}</p>");
    let custom = start.config().gateway.pages.custom.expect("a page");
    assert!(custom.has(PageKind::Error) && !custom.has(PageKind::SignIn));
    assert_eq!(warnings(&start), [built_in("sign_in.html")]);

    start.file("sign_in.html", "{{define \"sign_in.html\"}}{{.Redirect}}{{end}}");
    let custom = start.config().gateway.pages.custom.expect("pages");
    assert!(custom.has(PageKind::Error) && custom.has(PageKind::SignIn));
    assert!(warnings(&start).is_empty());
}

#[test]
fn a_folder_in_place_of_a_page_means_the_built_in_one() {
    let start = with_templates(&[("error.html", "x")]);
    fs::create_dir(start.folder.path().join("sign_in.html")).expect("a folder");
    assert_eq!(warnings(&start), ["DIR/sign_in.html is no file; the built-in page is served"]);
}

#[test]
fn a_template_that_cannot_be_used_is_refused_by_file_and_line() {
    for (text, place) in [
        ("<p>\n{{if .Title}}", "DIR/error.html:2: "),
        ("a\nb\n{{nothing .Title}}", "DIR/error.html:3: "),
        ("{{.Title}", "DIR/error.html:1: "),
        ("<a href='{{if .Title}}x' title='{{end}}'>", "DIR/error.html:1: "),
    ] {
        let start = with_templates(&[("error.html", text)]);
        let directory = start.folder.path().to_str().expect("UTF-8");
        let fault = start.fault().replace(directory, "DIR");
        assert!(fault.starts_with("custom-templates-dir (") && fault.contains(place), "{text}: {fault}");
    }
}

#[test]
fn a_template_that_is_not_utf_8_is_refused() {
    let start = with_templates(&[]);
    fs::write(start.folder.path().join("sign_in.html"), b"<p>\xe9").expect("written");
    assert!(start.fault().contains("sign_in.html is not UTF-8"), "{}", start.fault());
}

#[test]
fn a_variable_that_does_not_exist_is_a_warning_by_file_and_line() {
    let start = with_templates(&[("error.html", "x"), ("sign_in.html", "<p>\n{{if .CustomLogin}}{{end}}{{.Logo}}")]);
    let warnings = warnings(&start);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("DIR/sign_in.html:2: ") && warnings[0].contains("Logo"), "{warnings:?}");
}

#[test]
fn an_empty_page_is_a_warning() {
    for text in ["", "{{define \"another\"}}x{{end}}", " \n{{/* nothing */}}"] {
        let start = with_templates(&[("error.html", text), ("sign_in.html", "x")]);
        assert_eq!(warnings(&start), ["DIR/error.html: the page is empty"], "{text}");
    }
}

#[test]
fn a_logo_is_a_url_a_file_of_a_known_kind_or_nothing() {
    let start = Start::minimal();
    let svg = start.file("logo.SVG", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let jpg = start.file("logo.jpg", "jpeg");
    let png = start.file("logo.png", "png");
    let raster = |media_type, content: &'static str| Logo::Raster { media_type, content: content.into() };
    for (value, expected) in [
        ("", Logo::BuiltIn),
        ("-", Logo::Hidden),
        ("https://cdn.example.com/l.gif", Logo::Remote("https://cdn.example.com/l.gif".into())),
        (&svg, Logo::Svg("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into())),
        (&jpg, raster("image/jpeg", "jpeg")),
        (&png, raster("image/png", "png")),
    ] {
        let start = logo(value);
        assert_eq!(start.config().gateway.pages.logo, expected, "{value}");
        assert!(warnings(&start).is_empty(), "{value}");
    }
}

#[test]
fn a_logo_of_another_kind_or_out_of_reach_is_refused() {
    let start = Start::minimal();
    let gif = start.file("logo.gif", "gif");
    for (value, reason) in [
        (gif.as_str(), "is no picture by its name"),
        ("http://cdn.example.com/l.png", "cannot read http://cdn.example.com/l.png"),
        ("/nowhere/logo.png", "cannot read /nowhere/logo.png"),
        ("logo", "is no picture by its name"),
    ] {
        assert!(logo(value).fault().contains(reason), "{value}: {}", logo(value).fault());
    }
}

#[test]
fn a_file_that_no_page_could_hold_is_refused() {
    let large = "x".repeat((4 << 20) + 1);
    let start = Start::minimal();
    let png = start.file("logo.png", &large);
    assert!(logo(&png).fault().contains("logo.png has more than 4 MiB"), "{}", logo(&png).fault());
    let start = with_templates(&[("error.html", &large)]);
    assert!(start.fault().contains("error.html has more than 4 MiB"), "{}", start.fault());
    start.file("error.html", &large[1..]);
    assert!(start.load().is_ok());
}

#[test]
fn a_drawing_that_no_browser_shows_as_an_image_is_a_warning() {
    let start = Start::minimal();
    let svg = start.file("logo.svg", "<svg/>");
    assert!(warnings(&logo(&svg))[0].contains("namespace"));
}

#[test]
fn the_footer_has_three_forms() {
    for (value, footer) in [("", Footer::BuiltIn), ("-", Footer::Hidden), ("<b>x</b>", Footer::Html("<b>x</b>".into()))]
    {
        assert_eq!(Start::minimal().with("FOOTER", value).config().gateway.pages.footer, footer);
    }
}

#[test]
fn the_form_for_users_of_a_file_may_be_hidden_or_not() {
    for value in ["true", "false"] {
        assert!(Start::minimal().with("DISPLAY_HTPASSWD_FORM", value).load().is_ok());
    }
}
