//! Pages as operators write them, and files as nobody should.

use std::fmt::Write;
use std::thread;

use proptest::prelude::*;
use sidecar_gotmpl::{Fault, Record, RenderError, Set, Source, TemplateError, Value};

/// What the original prints for this in each place.
const REDIRECT: &str = "/a?b=\"<x>&c='d'`javascript:1";

fn data() -> Value {
    Record::new()
        .with("Redirect", REDIRECT)
        .with("StatusCode", 403)
        .with("Footer", Value::Html("<b>footer</b>".to_owned()))
        .with("CustomLogin", true)
        .with("Items", vec![Record::new().with("Name", "n").into()])
        .into()
}

fn html(text: &str) -> Result<Set, TemplateError> {
    Set::html(&[Source { name: "page.html", text }], &[])
}

/// Runs it on half the stack of the threads that serve requests, in a build whose frames are large.
fn on_a_small_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(256 * 1024);
        let thread = builder.spawn_scoped(scope, run).expect("a thread starts");
        thread.join().expect("the stack is large enough")
    })
}

fn page(text: &str) -> String {
    let set = html(text).expect("it is supported");
    on_a_small_stack(|| set.render("page.html", &data())).expect("it runs")
}

fn fault(text: &str) -> Fault {
    let set = html(text).expect("it is supported");
    match on_a_small_stack(|| set.render("page.html", &data())) {
        Err(RenderError::Action { fault, .. }) => fault,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_value_is_escaped_by_its_place() {
    let table = [
        ("{{.Redirect}}", "/a?b=&#34;&lt;x&gt;&amp;c=&#39;d&#39;`javascript:1"),
        (r#"<a href="{{.Redirect}}">"#, r#"<a href="/a?b=%22%3cx%3e&amp;c=%27d%27%60javascript:1">"#),
        (r#"<a href="/?x={{.Redirect}}">"#, r#"<a href="/?x=%2fa%3fb%3d%22%3cx%3e%26c%3d%27d%27%60javascript%3a1">"#),
        (
            r#"<a onclick="f({{.Redirect}})">"#,
            r#"<a onclick="f(&#34;/a?b=\&#34;\u003cx\u003e\u0026c=&#39;d&#39;`javascript:1&#34;)">"#,
        ),
        (
            "<script>var a={{.Redirect}}</script>",
            r#"<script>var a="/a?b=\"\u003cx\u003e\u0026c='d'`javascript:1"</script>"#,
        ),
        (
            r#"<script>"{{.Redirect}}"</script>"#,
            r#"<script>"\/a?b=\u0022\u003cx\u003e\u0026c=\u0027d\u0027\u0060javascript:1"</script>"#,
        ),
        ("<script>n={{.StatusCode}}</script>", "<script>n= 403 </script>"),
        ("<style>p{color:{{.Redirect}}}</style>", "<style>p{color:ZgotmplZ}</style>"),
        (r#"<a href="{{"javascript:alert(1)"}}">"#, r##"<a href="#ZgotmplZ">"##),
        ("{{.Footer}}<p title='{{.Footer}}'>", "<b>footer</b><p title='footer'>"),
        ("{{if eq .StatusCode 400 401 403}}yes{{end}}", "yes"),
    ];
    for (text, expected) in table {
        assert_eq!(page(text), expected, "{text}");
    }
}

/// Where Go misreads a tag, what it prints for these runs what a visitor wrote.
#[test]
fn a_tag_is_read_as_browsers_read_it_where_go_does_not() {
    let script = r#""\/a?b=\u0022\u003cx\u003e\u0026c=\u0027d\u0027\u0060javascript:1""#;
    for tag in [
        "<svg/onload='f(\"{{.Redirect}}\")'>",
        "<svg x/onload='f(\"{{.Redirect}}\")'>",
        "<svg x=\"y\"/onload='f(\"{{.Redirect}}\")'>",
        "<svg x{{.StatusCode}}/ /onload='f(\"{{.Redirect}}\")'>",
        "<svg / onload='f(\"{{.Redirect}}\")'>",
    ] {
        let page = page(tag);
        assert!(page.contains(r"\/a?b=\u0022") && !page.contains("#34"), "{page}");
    }
    assert_eq!(page("<a/href=\"{{\"javascript:x\"}}\">"), "<a/href=\"#ZgotmplZ\">");
    for tag in [
        "<script type=\"text/{{\"java\"}}script\">",
        "<script type=\"text/java{{/* c */}}script\">",
        "<script type=\"text/{{if .CustomLogin}}java{{else}}x{{end}}script\">",
        "<script type=\"{{if .CustomLogin}}text/{{end}}javascript\">",
        "<script type=\"text/java&#115;cript\">",
    ] {
        let page = page(&format!("{tag}\"{{{{.Redirect}}}}\"</script>"));
        assert!(page.contains(&format!(">{script}</script>")), "{page}");
    }
}

#[test]
fn a_fault_names_its_file_and_line() {
    let table = [
        ("a\nb {{if}}\n{{end}}", "page.html:2: if is without a value"),
        ("\n\n{{.Redirect", "page.html:3: an action is not closed"),
        ("{{if .CustomLogin}}\n\n", "page.html:3: the file ends inside an open action"),
        ("\n{{ nope .Redirect }}", "page.html:2: there is no function \"nope\""),
        (
            "<a href=\"\n{{if .CustomLogin}}?{{end}}{{.Redirect}}\">",
            "page.html:2: the value could stand in the path or in the query of a URL",
        ),
        (
            "<a {{if .CustomLogin}}data-{{end}}href=\"\n{{.Redirect}}\">",
            "page.html:2: a value stands in an attribute whose name is in pieces: write the name out",
        ),
        (
            "<a href=\"javascript:go('\n{{.Redirect}}')\">",
            "page.html:2: a value stands in a javascript: URL, where no escaping is safe",
        ),
        ("\n{{template \"x\"}}", "page.html:2: there is no template \"x\""),
        ("<p>\n<a b'>", "page.html:2: '\\'' stands in the name of an attribute"),
        (
            "\n{{if .CustomLogin}}<script>{{end}}",
            "page.html:2: the ways through this action end in different places of the markup",
        ),
        (
            "a\n{{define \"x\"}}b\n{{if .}}{{template \"x\"}}{{end}}?{{end}}<a href='{{template \"x\"}}'>",
            "page.html:2: \"x\" calls itself, and does not end in the context that it begins in",
        ),
        (
            "<script>\n",
            "page.html:2: the template \"page.html\" ends inside a tag, a comment or an element such as script",
        ),
        ("\n{{printf \"%U\" .Redirect}}", "page.html:2: printf does not support \"%U\""),
    ];
    for (text, expected) in table {
        assert_eq!(html(text).expect_err(text).to_string(), expected);
    }
    let error = html("\n\n{{.Redirect.X}}").expect("it is supported").render("page.html", &data());
    let text = "page.html:3: there is no field \"X\" in a value of type string";
    assert_eq!(error.expect_err("a text has no fields").to_string(), text);
}

#[test]
fn files_share_what_they_define_and_the_later_one_wins() {
    let set = |first, second| {
        let sources = [Source { name: "a.html", text: first }, Source { name: "b.html", text: second }];
        Set::html(&sources, &[]).expect("it is supported")
    };
    let shared = set("{{template \"x\"}}", "{{define \"x\"}}shared{{end}}b");
    assert_eq!(shared.render("a.html", &Value::Nil).as_deref(), Ok("shared"));
    assert_eq!(shared.render("b.html", &Value::Nil).as_deref(), Ok("b"));
    let later = set("{{define \"x\"}}1{{end}}{{template \"x\"}}", "{{define \"x\"}}2{{end}}");
    assert_eq!(later.render("a.html", &Value::Nil).as_deref(), Ok("2"));
    let wrapped = set("\n{{define \"a.html\"}}wrapped{{end}}\n", "{{define \"a.html\"}} {{end}}");
    assert_eq!(wrapped.render("a.html", &Value::Nil).as_deref(), Ok("wrapped"));
    assert!(wrapped.contains("a.html") && !wrapped.contains("c.html"));
    assert_eq!(wrapped.render("c.html", &Value::Nil), Err(RenderError::Unknown("c.html".to_owned())));
}

#[test]
fn text_is_not_escaped() {
    let set =
        Set::text(&[Source { name: "log", text: "[{{.Redirect}}] {{.StatusCode}}" }], &[]).expect("it is supported");
    assert_eq!(set.render("log", &data()), Ok(format!("[{REDIRECT}] 403")));
}

#[test]
fn an_unknown_field_is_found_wherever_it_is() {
    let check = |text: &str| html(text).expect("it is supported").check("page.html", &data());
    for text in [
        "{{.Nope}}",
        "{{if not .CustomLogin}}{{.Nope}}{{end}}",
        "{{with .Footer}}{{$.Nope}}{{end}}",
        "{{$x := .}}{{print (len $x.Nope)}}",
        "{{range .Items}}{{.Nope}}{{end}}",
        "{{.Redirect.Nope}}",
        "{{define \"x\"}}{{.Nope}}{{end}}{{template \"x\" .}}",
        "{{define \"x\"}}{{if .}}{{template \"x\" .}}{{end}}{{.Nope}}{{end}}<p title='{{template \"x\" .}}'>",
    ] {
        let error = check(text).expect_err(text);
        let RenderError::Action { fault: Fault::Field { field, .. }, line: 1, .. } = error else {
            panic!("{text}: {error}");
        };
        assert_eq!(field, "Nope");
    }
    for text in [
        "{{.Redirect}}{{range .Items}}{{.Name}}{{end}}",
        "{{with index .Items 0}}{{.Anything}}{{end}}",
        "{{$x := .}}{{$x = index .Items 0}}{{$x.Anything}}",
        "{{define \"x\"}}{{.Anything}}{{end}}{{template \"x\"}}",
        "{{range $i, $e := .Items}}{{$e.Anything}}{{end}}",
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
}

/// Templates `t0`, `t1`, … each of which calls the next.
fn chain(count: usize, before: &str, after: &str) -> String {
    let mut text = String::new();
    for at in 0..count {
        let next = at + 1;
        let _ = write!(text, "{{{{define \"t{at}\"}}}}{before}{{{{template \"t{next}\"}}}}{after}{{{{end}}}}");
    }
    text
}

#[test]
fn what_is_not_too_deep_runs() {
    let nested = "{{if .}}".repeat(47) + "{{print (1)}}" + &"{{end}}".repeat(47);
    assert_eq!(page(&nested), "1");
    let calls = format!(
        "<p title='{{{{template \"t0\"}}}}'>{}{{{{define \"t22\"}}}}end{{{{end}}}}",
        chain(22, "{{if 1}}", "{{end}}")
    );
    assert_eq!(page(&calls), "<p title='end'>");
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("{{if .}}", "{{end}}"), ("{{range .}}", "{{end}}"), ("{{if .}}{{else}}", "{{end}}")] {
        let text = open.repeat(5000) + &close.repeat(5000);
        assert!(html(&text).expect_err(open).fault.contains("nested"), "{open}");
    }
    let parens = format!("{{{{{}1{}}}}}", "(".repeat(5000), ")".repeat(5000));
    assert!(html(&parens).expect_err("it nests").fault.contains("nested"));
    let literals = format!("<script>{}{}</script>", "`${".repeat(5000), "}`".repeat(5000));
    assert!(html(&literals).expect_err("it nests").fault.contains("nested"));
    let else_if = format!("{{{{if .}}}}{}{{{{end}}}}", "{{else if .}}".repeat(5000));
    assert!(html(&else_if).expect_err("it nests").fault.contains("nested"));
    let chain = format!("{{{{template \"t0\"}}}}{}{{{{define \"t5000\"}}}}{{{{end}}}}", chain(5000, "", ""));
    assert!(html(&chain).expect_err("it nests").fault.contains("deeply"));
}

#[test]
fn a_template_that_never_ends_is_stopped() {
    let depth = [
        "{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}",
        "{{define \"x\"}}{{if 1}}{{with 1}}{{template \"y\" (print (print 1))}}{{end}}{{end}}{{end}}\
         {{define \"y\"}}{{range 2}}{{template \"x\"}}{{end}}{{end}}<p title='{{template \"x\"}}'>",
    ];
    for text in depth {
        assert_eq!(fault(text), Fault::Depth, "{text}");
    }
    let budget = [
        "{{range 1000000000}}{{end}}",
        "{{range 100000}}{{range 100000}}{{continue}}{{end}}{{end}}",
        "{{$x := \"0123456789\"}}{{range 100}}{{$x = print $x $x}}{{end}}",
        "{{$x := .}}{{range 100000}}{{$x = printf \"%1000v\" $x}}{{end}}",
        "{{$x := printf \"%1000d%1000d\" 1 2}}{{range 100000}}{{with $x}}{{end}}{{end}}",
        "{{range 100000}}{{printf \"%1000d%1000d\" 1 2}}{{end}}",
    ];
    for text in budget {
        assert_eq!(fault(text), Fault::Budget, "{text}");
    }
}

#[test]
fn a_megabyte_of_markup_is_read_at_once() {
    for (before, piece, after) in [
        ("<script>", "x = 'a' / 2; // b\n", "{{.StatusCode}}</script>"),
        ("<style>", "p { a: url('b'); } /* c */", "{{.StatusCode}}</style>"),
        ("<p onclick=\"", "f('a', &quot;b&quot;);", "{{.StatusCode}}\">"),
        ("<title>", "a < b </titl", "{{.StatusCode}}</title>"),
        ("<meta content='", "url=;", "{{.StatusCode}}'>"),
        ("", "<p class=a title=\"b\">c</p><!-- d -->", "{{.StatusCode}}"),
    ] {
        let text = format!("{before}{}{after}", piece.repeat((1 << 20) / piece.len()));
        assert!(page(&text).contains("403"), "{before}");
    }
}

#[test]
fn a_file_of_a_megabyte_of_actions_is_refused() {
    let refused = html(&"{{.}}".repeat(200_001)).expect_err("it is too large");
    assert!(refused.fault.contains("too large"), "{refused}");
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(text in ".*") {
        let _ = html(&text).map(|set| set.render("page.html", &data()));
    }

    #[test]
    fn no_template_makes_it_panic(words in prop::collection::vec(
        prop::sample::select(vec![
            "{{", "}}", "{{- ", " -}}", "if ", "else", "end", "range ", "with ", "define ", "template ", "block ", "break",
            "continue", "\"x\"", "`", "'", "(", ")", "|", "$x", ":=", "=", ",", ".", ".Redirect", ".Items", ".Name", "1", "-",
            "printf ", "\"%5.3q%\"", "index ", "slice ", "html ", "<a ", "href=", "\"", ">", "<script>", "</script>", "<style>",
            "</style>", "<title>", "url(", "/*", "*/", "//", "\\", "&#x", "&quot;", "é", "\0", "<!--", "-->", "`${", "}", " ",
        ]), 0..40)) {
        let _ = html(&words.concat()).map(|set| (set.check("page.html", &data()), set.render("page.html", &data())));
    }

    #[test]
    fn no_value_leaves_the_attribute_or_the_element_that_it_is_in(text in "\\PC*|[<>\"'&/a-z ]*") {
        let data = Record::new().with("X", text).into();
        let set = html("<p title=\"{{.X}}\">{{.X}}</p><p title={{.X}}></p><script>x = {{.X}}, '{{.X}}'</script>").expect("it is supported");
        let page = set.render("page.html", &data).expect("it runs");
        prop_assert_eq!(page.matches('<').count(), 6);
        prop_assert_eq!(page.matches('>').count(), 6);
        let tag = page.split("></p>").nth(1).expect("the second paragraph");
        prop_assert!(!page[..page.find("</p>").expect("the first one")].is_empty() && !tag.is_empty());
    }
}
