//! Log lines in formats of the operator's own, and what strangers cannot do to them.

use sidecar_testkit::{App, Launch, Program, Provider, Request, Which};

use crate::site::Site;

/// A program that lets everybody through, with these flags.
fn open_program(app: &App, flags: &[&str]) -> Program {
    Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag("--skip-auth-route=.*").flags(flags).start()
}

/// The lines of standard output that contain `text`.
fn lines_with(program: Program, text: &str) -> Vec<String> {
    let finished = program.stop();
    finished.stdout.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}

#[test]
fn every_variable_of_a_request_line_has_its_value() {
    let app = App::start();
    let format = "R|{{.Client}}|{{.Host}}|{{.Protocol}}|{{.RequestID}}|{{.RequestDuration}}|{{.RequestMethod}}|\
                  {{.RequestURI}}|{{.ResponseSize}}|{{.StatusCode}}|{{.Timestamp}}|{{.Upstream}}|{{.UserAgent}}|{{.Username}}";
    let program = open_program(&app, &[&format!("--request-logging-format={format}")]);
    let request = Request::post_form("/a?b=%20", "x").header("User-Agent", "a \"b\"").header("X-Request-Id", "id-1");
    let answer = program.ask(&request);
    let host = program.address().to_string();
    let lines = lines_with(program, "id-1");
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let fields: Vec<&str> = line.split('|').collect();
    assert!(fields[1].starts_with("127.0.0.1:") && fields[1] != host, "{line}");
    assert_eq!((fields[2], fields[3], fields[4]), (host.as_str(), "HTTP/1.1", "id-1"));
    assert!(
        fields[5].parse::<f64>().is_ok() && fields[5].split('.').nth(1).is_some_and(|part| part.len() == 3),
        "{line}"
    );
    assert_eq!((fields[6], fields[7]), ("POST", "\"/a?b=%20\""));
    assert_eq!((fields[8], fields[9]), (answer.body.len().to_string().as_str(), "200"));
    assert_eq!(
        (fields[10].len(), fields[11], fields[12], fields[13]),
        ("2026/11/23 10:38:34".len(), "/", "\"a \\\"b\\\"\"", "-")
    );
}

#[test]
fn logins_and_the_programs_own_lines_have_formats_too() {
    let site = Site::start(&[
        "--auth-logging-format=A|{{.Status}}|{{.Username}}|{{.Message}}|{{.RequestMethod}}|{{.Host}}|{{.Protocol}}",
        "--standard-logging-format=S|{{.File}}|{{.Message}}",
        "--request-logging-format=",
    ]);
    let host = site.program.address().to_string();
    site.alice();
    let finished = site.program.stop();
    let auth = finished.stdout.lines().find(|line| line.starts_with("A|")).expect("a line of a login");
    assert!(auth.starts_with("A|AuthSuccess|alice@example.com|Authenticated via OAuth2: Session{"), "{auth}");
    assert!(auth.ends_with(&format!("|GET|{host}|HTTP/1.1")), "{auth}");
    let own = finished.stdout.lines().find(|line| line.contains("listening on")).expect("a line of its own");
    let mut parts = own.split('|');
    assert_eq!(parts.next(), Some("S"));
    assert!(parts.next().is_some_and(|file| file.starts_with("run.rs:")), "{own}");
    assert!(finished.stdout.lines().any(str::is_empty), "an empty format makes empty lines, as v7 does");
}

/// What visitors send to make a log say what did not happen.
fn hostile() -> Vec<Request> {
    let long = "x".repeat(30_000);
    let values = [
        "a\\nforged".as_bytes(),
        "\u{85}\u{2028}\u{202e}forged".as_bytes(),
        b"\"},{\"forged\":\"\xff\xfe\x80\x9b2J",
        "\u{200b}\u{feff}\u{1f600}".as_bytes(),
        long.as_bytes(),
    ];
    let requests = values.into_iter().flat_map(|value| {
        // The test kit writes each character as one byte.
        let text: String = value.iter().map(|byte| char::from(*byte)).collect();
        let named = |target: &str, name: &str| Request::get(target).header("X-Request-Id", name);
        [
            named("/%0a%0dforged", "hostile").header("User-Agent", &text),
            named(&format!("/?forged={}", text.replace(|c: char| !c.is_ascii_alphanumeric(), "")), "hostile"),
            named("/", &format!("hostile{text:.2000}")),
        ]
    });
    requests.collect()
}

#[test]
fn one_event_is_one_line_of_bounded_length_and_json_stays_json() {
    let app = App::start();
    let quoted = |name: &str| format!("{{{{printf \"%q\" .{name}}}}}");
    let format = format!(
        "{{\"id\":{},\"agent\":{},\"uri\":{},\"host\":{},\"method\":{},\"user\":{},\"status\":{{{{.StatusCode}}}}}}",
        quoted("RequestID"),
        quoted("UserAgent"),
        quoted("RequestURI"),
        quoted("Host"),
        quoted("RequestMethod"),
        quoted("Username")
    );
    let program = open_program(&app, &[&format!("--request-logging-format={format}")]);
    let asked = hostile();
    for request in &asked {
        let answer = program.ask(request);
        assert!([200, 403].contains(&answer.status), "{}", answer.status);
    }
    let lines = lines_with(program, "{\"id\":\"");
    // The first is the probe of the start.
    let lines = &lines[1..];
    assert_eq!(lines.len(), asked.len(), "{lines:#?}");
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value.get("forged").is_none() && value["status"].is_u64(), "{line}");
        assert!(line.len() < 20_000, "{} bytes", line.len());
        assert!(line.chars().all(|c| !c.is_control() && !('\u{2028}'..='\u{202e}').contains(&c)), "{line:?}");
    }
}

#[test]
fn a_variable_that_a_stream_does_not_have_is_named_before_anything_is_served() {
    for (flag, variable) in [
        ("--standard-logging-format={{.Client}}", "Client"),
        ("--auth-logging-format={{.Message}}{{if false}}{{.StatusCode}}{{end}}", "StatusCode"),
        ("--request-logging-format=\n{{.Message}}", "Message"),
    ] {
        let finished =
            Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/").flags([flag, "--config-test"]).run();
        assert_eq!(finished.status.code(), Some(1), "{flag}");
        let option = flag.trim_start_matches("--").split('=').next().expect("a name");
        assert!(
            finished.stderr.contains(option) && finished.stderr.contains(&format!("\"{variable}\"")),
            "{}",
            finished.stderr
        );
        assert!(finished.stderr.contains("Timestamp"), "it says which there are: {}", finished.stderr);
    }
}

#[test]
fn a_line_that_its_format_cannot_make_is_written_in_the_usual_one_and_that_is_told_once() {
    let app = App::start();
    let program = open_program(&app, &["--request-logging-format=short {{slice .RequestURI 0 12}}"]);
    for target in ["/long-enough-for-it", "/a", "/b"] {
        assert_eq!(program.get(target).status, 200);
    }
    let finished = program.stop();
    assert!(finished.stdout.contains("short \"/long-enoug\n"), "{}", finished.stdout);
    for target in ["\"/a\" HTTP/1.1", "\"/b\" HTTP/1.1"] {
        assert!(finished.stdout.contains(target), "{}", finished.stdout);
    }
    assert_eq!(
        finished.stderr.matches("written in the usual format, since its own fails").count(),
        1,
        "{}",
        finished.stderr
    );
}
