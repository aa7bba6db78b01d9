//! An app that is down, slow, or talks nonsense.

use std::time::Instant;

use sidecar_testkit::app::SOON;
use sidecar_testkit::{App, Launch, Program, Provider, Reply, Request, Response, Which, place};

use crate::site::{Site, get_with};

/// A program that lets everybody through to this upstream.
fn open_program(upstream: &str, flags: &[&str]) -> Program {
    Launch::oidc(Which::Ours, Provider::shared(), upstream).flag("--skip-auth-route=.*").flags(flags).start()
}

fn assert_page(answer: &Response, statuses: &[u16]) {
    assert!(statuses.contains(&answer.status), "{} {}", answer.status, answer.text());
    assert!(answer.text().contains("Request ID"), "{}", answer.text());
    assert!(answer.headers.get("Content-Type").is_some_and(|value| value.starts_with("text/html")));
}

#[test]
fn an_app_that_is_down_is_a_502_page_until_it_is_back() {
    let port = place::free_port();
    let program = open_program(&format!("http://127.0.0.1:{port}/"), &[]);
    assert_page(&program.get("/x"), &[502]);
    assert_page(&program.ask(&Request::post_form("/x", "a=b")), &[502]);
    let _app = App::on(port, |_| Reply::Echo);
    assert_eq!(program.get("/x").status, 200);
}

#[test]
fn an_app_that_answers_too_late_is_a_gateway_error_page_in_time() {
    let app = App::with(|seen| if seen.target == "/slow" { Reply::Silence } else { Reply::Echo });
    let program = open_program(&app.upstream(), &["--upstream-timeout=1s"]);
    let asked = Instant::now();
    assert_page(&program.get("/slow"), &[502, 504]);
    assert!(asked.elapsed() < SOON);
    assert_eq!(program.get("/quick").status, 200);
}

#[test]
fn an_app_that_hangs_up_or_talks_nonsense_is_a_502_page() {
    let app = App::with(|seen| match seen.target.as_str() {
        "/hang-up" => Reply::HangUp,
        "/nonsense" => Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        "/empty" => Reply::Raw(Vec::new()),
        "/bad-status" => Reply::Raw(b"HTTP/1.1 abc OK\r\n\r\n".to_vec()),
        "/two-lengths" => Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec()),
        _ => Reply::Echo,
    });
    let program = open_program(&app.upstream(), &[]);
    for target in ["/hang-up", "/nonsense", "/empty", "/bad-status", "/two-lengths"] {
        assert_page(&program.get(target), &[502]);
        assert_eq!(program.get("/fine").status, 200, "after {target}");
    }
}

#[test]
fn an_answer_cut_short_is_cut_short_for_the_client_too() {
    let app = App::with(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".to_vec()));
    let program = open_program(&app.upstream(), &[]);
    let mut connection = program.connect();
    connection.send(&Request::get("/")).expect("sent");
    let head = connection.read_head("GET").expect("the head came");
    assert_eq!(head.status, 200);
    assert!(connection.read_body(&head, |_| ()).is_err(), "no client takes it for the whole");
}

#[test]
fn what_an_app_says_too_much_is_not_the_next_visitors_answer() {
    let app = App::with(|seen| {
        if seen.target == "/alice" {
            Reply::Raw(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\naliceHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
                    .to_vec(),
            )
        } else {
            Reply::Text(200, Vec::new(), seen.target.clone())
        }
    });
    let program = open_program(&app.upstream(), &[]);
    let _ = program.get("/alice");
    for n in 0..10 {
        let target = format!("/next/{n}");
        assert_eq!(program.get(&target).text(), target);
    }
}

#[test]
fn statuses_of_the_app_are_the_apps() {
    let app = App::with(|seen| {
        let status = seen.target.trim_start_matches('/').parse().expect("a status");
        let headers = vec![("Location", "/elsewhere".to_owned()), ("Content-Type", "text/x-app".to_owned())];
        Reply::Text(status, headers, "said by the app".to_owned())
    });
    let program = open_program(&app.upstream(), &[]);
    for status in [200, 201, 204, 301, 304, 401, 403, 404, 418, 500, 502, 503, 504, 599] {
        let answer = program.get(&format!("/{status}"));
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.get("Content-Type"), Some("text/x-app"), "{status}");
        let body = if [204, 304].contains(&status) { "" } else { "said by the app" };
        assert_eq!(answer.text(), body, "{status}");
    }
}

#[test]
fn a_page_about_a_failing_app_tells_nothing_of_where_it_is() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    let port = place::free_port();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &format!("http://127.0.0.1:{port}/")).start();
    let answer = program.ask(&get_with(&cookie, "/x?token=in-the-query"));
    assert_page(&answer, &[502]);
    for hidden in [port.to_string(), "in-the-query".to_owned(), "alice".to_owned()] {
        assert!(!answer.text().contains(&hidden), "{hidden}");
    }
}
