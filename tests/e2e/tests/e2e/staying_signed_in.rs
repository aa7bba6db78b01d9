//! Sessions that last: refreshed in time, once for all who ask, and read by the original as ours read its.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Launch, Program, Provider, Reply, Response, Which, cookie};

use crate::site::{PASSWORD, SESSION, Site, get_with};

/// Longer than the refresh period of these tests, which is a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks until the answer brings a new session, and returns its Cookie header.
fn refreshed(site: &Site, cookie: &str) -> String {
    eventually(
        PATIENCE,
        || {
            let answer = site.program.ask(&get_with(cookie, "/"));
            assert_eq!(answer.status, 200, "alice stays signed in");
            let line = answer.headers.all("Set-Cookie").find(|line| line.starts_with(&format!("{SESSION}=")))?;
            line.split(';').next().map(str::to_owned)
        },
        || site.program.said(),
    )
}

#[test]
fn a_session_is_renewed_at_the_provider_and_goes_on() {
    let site = Site::start(&["--cookie-refresh=1s", "--pass-access-token"]);
    let cookie = site.alices_cookie();
    site.app.forget();
    let renewed = refreshed(&site, &cookie);
    assert_ne!(renewed, cookie);
    let seen = site.app.seen();
    let (first, last) = (&seen[0].headers, &seen[seen.len() - 1].headers);
    assert_ne!(first.get("X-Forwarded-Access-Token"), last.get("X-Forwarded-Access-Token"), "another access token");
    assert_eq!(first.get("X-Forwarded-Email"), last.get("X-Forwarded-Email"));
    assert_ne!(refreshed(&site, &renewed), renewed, "and again");
}

#[test]
fn no_cache_may_keep_an_answer_that_brings_a_new_session() {
    let said = [
        ("Cache-Control", "public, max-age=3600"),
        ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("CDN-Cache-Control", "max-age=3600"),
        ("Surrogate-Control", "max-age=3600"),
        ("X-Accel-Expires", "3600"),
    ];
    let app = App::with(move |_| {
        Reply::Text(200, said.map(|(name, value)| (name, value.to_owned())).to_vec(), String::new())
    });
    let site = Site::before(app, &["--cookie-refresh=1s"]);
    let cookie = site.alices_cookie();
    let (mut with_one, mut without) = (false, false);
    let of_each = || {
        let answer = site.program.ask(&get_with(&cookie, "/logo.png"));
        let kept: Vec<_> = said.iter().filter(|(name, value)| answer.headers.get(name) == Some(*value)).collect();
        if answer.headers.get("Set-Cookie").is_some() {
            assert_eq!((answer.headers.get("Cache-Control"), kept), (Some("private, no-store"), vec![]));
            with_one = true;
        } else {
            assert_eq!(kept.len(), said.len(), "{answer:?}");
            without = true;
        }
        (with_one && without).then_some(())
    };
    eventually(PATIENCE, of_each, || site.program.said());
}

#[test]
fn requests_that_come_while_a_session_is_renewed_share_the_result() {
    let site = Site::start(&["--cookie-refresh=1s"]);
    let cookie = site.alices_cookie();
    // From the moment it is due, the old cookie is used by several at once and later; the provider would end the whole
    // session if its refresh token were used twice.
    for _ in 0..2 {
        refreshed(&site, &cookie);
        let statuses: Vec<_> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                (0..8).map(|_| scope.spawn(|| site.program.ask(&get_with(&cookie, "/")).status)).collect();
            asking.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        assert_eq!(statuses, [200; 8], "{}", site.program.said());
    }
}

#[test]
fn eight_requests_that_find_the_session_due_at_once_are_all_served() {
    let site = Site::start(&[]);
    let cookie = site.alices_cookie();
    // A second program of the same secret, in which every session is due at once.
    let due = Site::start(&["--cookie-refresh=1ns"]);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| due.program.ask(&get_with(&cookie, "/")).status)).collect();
        asking.into_iter().map(|one| one.join().expect("no panic")).collect()
    });
    assert_eq!(statuses, [200; 8], "{}", due.program.said());
}

#[test]
fn an_answer_that_was_under_way_at_a_sign_out_brings_no_session_back() {
    assert_no_late_answer_outlives("/oauth2/sign_out", 302);
}

#[test]
fn nor_does_one_that_was_under_way_when_the_sign_in_page_ended_the_session() {
    assert_no_late_answer_outlives("/oauth2/sign_in", 200);
}

/// A visit to `end`, answered with `status`, ends the session also for the answers that are under way.
fn assert_no_late_answer_outlives(end: &str, status: u16) {
    let (go_on, held) = mpsc::channel();
    let held = Mutex::new(held);
    let app = App::with(move |seen| {
        if seen.target == "/slow" {
            held.lock().unwrap().recv().expect("the test goes on");
        }
        Reply::Echo
    });
    let site = Site::before(app, &["--cookie-refresh=1s"]);
    let cookie = site.alices_cookie();
    let renewed = refreshed(&site, &cookie);
    // From now on each of the two is answered with the session that it became, as long as nobody signs out.
    refreshed(&site, &renewed);
    let gives_a_session = |answer: &Response| {
        let mut lines = answer.headers.all("Set-Cookie");
        lines.any(|line| line.starts_with(&format!("{SESSION}=")) && cookie::gives_a_value(line))
    };
    for cookie in [&cookie, &renewed] {
        assert!(gives_a_session(&site.program.ask(&get_with(cookie, "/fast"))), "{}", site.program.said());
    }
    std::thread::scope(|scope| {
        let slow = [&cookie, &renewed].map(|cookie| scope.spawn(|| site.program.ask(&get_with(cookie, "/slow"))));
        let under_way = || (site.app.seen().iter().filter(|seen| seen.target == "/slow").count() == 2).then_some(());
        eventually(PATIENCE, under_way, || site.program.said());
        for cookie in [&cookie, &renewed] {
            let answer = site.program.ask(&get_with(cookie, end));
            assert!(answer.status == status && !gives_a_session(&answer), "{answer:?}");
        }
        for _ in 0..2 {
            go_on.send(()).expect("the app waits");
        }
        for answer in slow.map(|asked| asked.join().expect("no panic")) {
            assert!(answer.status == 200 && !gives_a_session(&answer), "{answer:?}");
        }
    });
}

/// A program before this app, with the settings that the sessions of both programs share.
fn program(which: Which, app: &App) -> Program {
    Launch::oidc(which, Provider::keycloak(), &app.upstream())
        .without("--client-id")
        .without("--client-secret")
        .flags(["--client-id=sidecar-wide", "--client-secret=wide-secret", "--skip-provider-button"])
        .flag("--pass-access-token")
        .start()
}

#[test]
fn a_session_of_either_program_in_two_cookies_is_a_session_of_the_other() {
    for (maker, reader) in [(Which::Ours, Which::Original), (Which::Original, Which::Ours)] {
        let (made_for, read_for) = (App::start(), App::start());
        let (maker, reader) = (program(maker, &made_for), program(reader, &read_for));
        let mut browser = Browser::new();
        let page = browser.sign_in_at(&maker.url("/"), "alice", PASSWORD);
        assert_eq!(page.status(), 200, "{page}");
        browser.jar.forget(|cookie| !cookie.name.starts_with(SESSION));
        assert_eq!(browser.jar.starting_with(SESSION).count(), 2);

        let page = browser.open_once(&reader.url("/read"));
        assert_eq!(page.status(), 200, "{page}");
        for name in ["Email", "User", "Groups", "Preferred-Username", "Access-Token"] {
            let name = format!("X-Forwarded-{name}");
            assert_eq!(read_for.last().headers.get(&name), made_for.last().headers.get(&name), "{name}");
        }
    }
}
