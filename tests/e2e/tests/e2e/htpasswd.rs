//! Users of a file, made by Apache's `htpasswd` and by Python's bcrypt: the form and `Basic`.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sidecar_testkit::app::SOON;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Browser, Launch, Program, Provider, Reply, Request, Response, Which, place};

use crate::chromium::{run, screenshots};
use crate::site::{SESSION, Site, get_with, has_session};

/// What the reload says when a changed file counts.
const IN_USE: &str = "the configuration was read again and is in use";

/// A line of Apache's own making.
fn apache(options: &[&str], user: &str, password: &str) -> String {
    place::installed("/usr/bin/htpasswd".into(), "tests/counterparts/install.sh htpasswd");
    let made = Command::new("htpasswd").args(options).args([user, password]).output().expect("htpasswd runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("{}\n", String::from_utf8(made.stdout).expect("text").trim())
}

/// A line with a hash of Python's making.
fn python(user: &str, password: &str) -> String {
    let script = "import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(4)).decode())";
    // Debian's, which has Debian's bcrypt.
    let made = Command::new("/usr/bin/python3").args(["-c", script, password]).output().expect("python3 runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("{user}:{}\n", String::from_utf8(made.stdout).expect("text").trim())
}

/// bcrypt as Apache makes it, as cheap as it gets.
fn cheap(user: &str, password: &str) -> String {
    apache(&["-nbB", "-C", "4"], user, password)
}

/// A site whose file of users has these lines.
pub(crate) fn with_users(lines: &str, flags: &[&str]) -> (Site, std::path::PathBuf) {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let file = launch.write("users", lines);
    let program = launch.flag(&format!("--htpasswd-file={}", file.display())).flags(flags).start();
    (Site { program, app }, file)
}

fn basic(target: &str, user: &str, password: &str) -> Request {
    Request::get(target).header("Authorization", &basic_value(user, password))
}

fn basic_value(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The form as a browser sends it from our own page.
fn form(program: &Program, body: &str) -> Response {
    program.ask(&Request::post_form("/oauth2/sign_in", body))
}

#[test]
fn users_whom_apache_and_python_wrote_down_are_let_in_with_their_passwords_alone() {
    let lines = [
        cheap("alice", "correct horse"),
        apache(&["-nbB"], "dora", "d\u{f6}ra's: pass"),
        apache(&["-nbs"], "sha", "old one"),
        python("py", "snake \u{1f40d}"),
    ];
    let (site, _) = with_users(&lines.concat(), &["--htpasswd-user-group=staff", "--htpasswd-user-group=local"]);
    for (user, password) in
        [("alice", "correct horse"), ("dora", "d\u{f6}ra's: pass"), ("sha", "old one"), ("py", "snake \u{1f40d}")]
    {
        site.app.forget();
        let answer = site.program.ask(&basic("/page", user, password));
        assert_eq!(answer.status, 200, "{user}");
        assert!(!answer.headers.has("Set-Cookie"), "nothing is stored");
        assert_eq!(
            (site.told("X-Forwarded-User"), site.told("X-Forwarded-Groups")),
            (user.into(), "staff,local".into())
        );
        assert_eq!(site.told("X-Forwarded-Email"), "");
        site.app.forget();
        for wrong in ["", "wrong", &password.to_uppercase(), &format!("{password} ")] {
            assert_eq!(site.program.ask(&basic("/page", user, wrong)).status, 403, "{user} {wrong:?}");
        }
        assert!(site.app.seen().is_empty(), "{user}");
    }
    let info = site.program.ask(&basic("/oauth2/userinfo", "alice", "correct horse"));
    assert_eq!(info.text(), "{\"user\":\"alice\",\"email\":\"\",\"groups\":[\"staff\",\"local\"]}\n");
    for line in [
        " alice [",
        "[AuthSuccess] Authenticated via basic auth and HTpasswd File",
        "[AuthFailure] Invalid authentication via basic auth: not in Htpasswd File",
    ] {
        site.program.process().wait_for(line, SOON);
    }
    let said = site.program.said();
    for secret in ["correct horse", "old one", "snake", "$2", "{SHA}"] {
        assert!(!said.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_visitor_signs_in_by_the_form_lands_on_the_page_they_asked_for_and_signs_out() {
    let (site, _) = with_users(&cheap("alice", "correct horse"), &[]);
    let mut browser = Browser::new();
    let page = browser.open(&site.program.url("/deep/page?tab=2"));
    assert_eq!(page.status(), 403, "{page}");
    let forms = page.forms();
    let form = forms.iter().find(|form| form.method == "post").expect("a form");
    let again = browser.submit(&page, form, &[("username", "alice"), ("password", "wrong")]);
    assert_eq!(again.status(), 401, "{again}");
    assert!(again.text().contains("Wrong user name or password"), "{again}");
    assert!(!has_session(&browser));
    let forms = again.forms();
    let form = forms.iter().find(|form| form.method == "post").expect("the form again");
    let nameless = browser.submit(&again, form, &[("password", "correct horse")]);
    assert_eq!(nameless.status(), 400, "{nameless}");
    assert!(nameless.text().contains("enter your user name"), "{nameless}");
    let forms = nameless.forms();
    let form = forms.iter().find(|form| form.method == "post").expect("the form again");
    let app = browser.submit(&nameless, form, &[("username", "alice"), ("password", "correct horse")]);
    assert_eq!((app.status(), app.url.as_str()), (200, site.program.url("/deep/page?tab=2").as_str()), "{app}");
    assert!(has_session(&browser));
    assert_eq!(site.told("X-Forwarded-User"), "alice");
    assert_eq!(browser.open(&site.program.url("/again")).status(), 200);
    browser.open(&site.program.url("/oauth2/sign_out?rd=%2Fping"));
    assert!(!has_session(&browser));
    for line in
        ["[AuthSuccess] Authenticated via HtpasswdFile", "[AuthFailure] Invalid authentication via HtpasswdFile"]
    {
        site.program.process().wait_for(line, SOON);
    }
    let said = site.program.said();
    assert!(!said.contains("correct"), "{said}");
}

#[test]
fn a_form_that_another_site_sends_signs_nobody_in() {
    let (site, _) = with_users(&cheap("alice", "correct horse"), &[]);
    let body = "username=alice&password=correct+horse&rd=%2Fdeep";
    let own = site.program.url("");
    for (headers, status) in [
        (vec![], 302),
        (vec![("Sec-Fetch-Site", "same-origin")], 302),
        (vec![("Origin", own.as_str())], 302),
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
        (vec![("Origin", "https://evil.test")], 403),
        (vec![("Origin", "null")], 403),
        (vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "cross-site")], 403),
    ] {
        let request = headers
            .iter()
            .fold(Request::post_form("/oauth2/sign_in", body), |request, (name, value)| request.header(name, value));
        let answer = site.program.ask(&request);
        assert_eq!(answer.status, status, "{headers:?}");
        let signed_in =
            answer.headers.all("Set-Cookie").any(|line| line.starts_with(SESSION) && !line.contains("Max-Age=0"));
        assert_eq!(signed_in, status == 302, "{headers:?}");
        if status == 403 {
            assert!(answer.text().contains("E-LOGIN-CROSS-SITE"), "{}", answer.text());
        }
    }
}

#[test]
fn a_session_of_another_apps_user_passes_no_rule_for_addresses_here() {
    let (theirs, _) = with_users(&cheap("mallory", "mallorys"), &[]);
    let signed_in = |program: &Program, body| {
        let answer = form(program, body);
        assert_eq!(answer.status, 302, "{}", answer.text());
        answer.headers.all("Set-Cookie").find_map(|line| line.split(';').next()).expect("a session").to_owned()
    };
    let mallory = signed_in(&theirs.program, "username=mallory&password=mallorys");
    assert_eq!(theirs.program.ask(&get_with(&mallory, "/page")).status, 200);

    let users = cheap("bob", "bobs");
    for (addresses, has_users) in
        [(&["--email-domain=example.com"][..], true), (&["--email-domain=example.com"], false), (&[], true)]
    {
        let app = App::start();
        let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--email-domain");
        let file = format!("--htpasswd-file={}", launch.write("users", &users).display());
        let ours = launch.flags(addresses).flags(has_users.then_some(file)).start();
        for (target, status) in [("/page", 403), ("/oauth2/auth", 401), ("/oauth2/userinfo", 401)] {
            assert_eq!(ours.ask(&get_with(&mallory, target)).status, status, "{addresses:?} {has_users} {target}");
        }
        assert!(app.seen().is_empty(), "{addresses:?} {has_users}");
        if has_users {
            let bob = signed_in(&ours, "username=bob&password=bobs");
            assert_eq!(ours.ask(&get_with(&bob, "/page")).status, 200, "{addresses:?}");
        }
    }
}

#[test]
fn a_changed_file_counts_and_one_that_is_faulty_leaves_everybody_who_they_were() {
    let alice = cheap("alice", "correct horse");
    let (site, file) = with_users(&alice, &[]);
    let status = |user: &str, password: &str| site.program.ask(&basic("/page", user, password)).status;
    assert_eq!((status("alice", "correct horse"), status("bob", "bob's")), (200, 403));
    let read = |times: usize| {
        eventually(
            SOON,
            || (site.program.said().matches(IN_USE).count() == times).then_some(()),
            || site.program.said(),
        );
    };
    std::fs::write(&file, cheap("alice", "another") + &cheap("bob", "bob's")).expect("written");
    read(1);
    assert_eq!((status("alice", "another"), status("bob", "bob's")), (200, 200));
    assert_eq!(status("alice", "correct horse"), 403, "what was remembered of the old file counts no more");

    std::fs::write(&file, "alice:plain text\n").expect("written");
    site.program.process().wait_for("is faulty: the one before stays in use", SOON);
    assert!(
        site.program.said().contains("line 1: has a hash of a kind that is not supported"),
        "{}",
        site.program.said()
    );
    assert_eq!((status("alice", "another"), status("alice", "plain text")), (200, 403));
    std::fs::write(&file, alice).expect("written");
    read(2);
    assert_eq!((status("alice", "correct horse"), status("bob", "bob's")), (200, 403));
}

#[test]
fn a_file_with_a_hash_that_is_not_supported_is_refused_by_line_at_the_start_and_by_the_check() {
    let lines = cheap("alice", "x") + &apache(&["-nbm"], "marked", "md5") + "# fine\nplain:marked-password\n";
    for check in [false, true] {
        let launch = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/");
        let file = launch.write("users", &lines);
        let launch = launch.flag(&format!("--htpasswd-file={}", file.display()));
        let finished = if check { launch.flag("--config-test").run() } else { launch.run() };
        assert!(!finished.status.success());
        let said = format!("{}{}", finished.stdout, finished.stderr);
        for line in ["line 2: has a hash of a kind", "line 4: has a hash of a kind", "htpasswd-file"] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(!said.contains("apr1") && !said.contains("marked-password"), "{said}");
    }
}

#[test]
fn a_file_of_users_is_enough_to_say_who_may_sign_in() {
    let app = App::start();
    let start = |users: bool| {
        let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--email-domain");
        let file = launch.write("users", &cheap("alice", "correct horse"));
        if users { launch.flag(&format!("--htpasswd-file={}", file.display())) } else { launch }
    };
    let finished = start(false).run();
    assert!(finished.stderr.contains("email-domain"), "{}", finished.stderr);
    let site = Site { program: start(true).start(), app };
    assert_eq!(site.program.ask(&basic("/page", "alice", "correct horse")).status, 200);
    let page = site.sign_in(&mut Browser::new(), "alice", "/");
    assert_eq!(page.status(), 403, "nobody of the provider is let in: {page}");
}

#[test]
fn the_groups_that_are_demanded_are_demanded_of_users_of_a_file_too() {
    let users = cheap("alice", "correct horse");
    for (group, status) in [("staff", 200), ("others", 403)] {
        let (site, _) = with_users(&users, &["--allowed-group=staff", &format!("--htpasswd-user-group={group}")]);
        assert_eq!(site.program.ask(&basic("/page", "alice", "correct horse")).status, status, "{group}");
        let answer = form(&site.program, "username=alice&password=correct+horse&rd=%2Fpage");
        assert_eq!(answer.status, 302);
        let cookie = answer.headers.get("Set-Cookie").and_then(|line| line.split(';').next()).unwrap_or_default();
        assert_eq!(site.program.ask(&get_with(cookie, "/page")).status, status, "{group} by the form");
    }
}

#[test]
fn what_a_provider_demands_of_its_own_accounts_says_nothing_about_users_of_a_file() {
    let app = App::start();
    let launch = Launch::before(Which::Ours, &app.upstream());
    let file = launch.write("users", &cheap("alice", "correct horse"));
    let flags = ["--provider=github", "--client-id=x", "--client-secret=y", "--github-org=acme"];
    let program = launch.flags(flags).flag(&format!("--htpasswd-file={}", file.display())).start();
    assert_eq!(program.ask(&basic("/page", "alice", "correct horse")).status, 200);
    let answer = form(&program, "username=alice&password=correct+horse&rd=%2Fpage");
    let cookie = answer.headers.get("Set-Cookie").and_then(|line| line.split(';').next()).unwrap_or_default();
    assert_eq!(program.ask(&get_with(cookie, "/page")).status, 200);
    // A form elsewhere, with the same secret, makes a session of somebody who is in no file here.
    std::fs::write(&file, cheap("bob", "x")).expect("written");
    eventually(SOON, || program.said().contains(IN_USE).then_some(()), || program.said());
    assert_eq!(program.ask(&get_with(cookie, "/page")).status, 403);
}

#[test]
fn the_password_is_read_although_the_app_gets_another_authorization() {
    let (site, _) =
        with_users(&cheap("alice", "correct horse"), &["--pass-basic-auth=true", "--basic-auth-password=for-the-app"]);
    let answer = site.program.ask(&basic("/page", "alice", "correct horse"));
    assert_eq!(answer.status, 200);
    assert_eq!(site.told("Authorization"), basic_value("alice", "for-the-app"));
}

#[test]
fn the_form_is_there_while_the_provider_is_away() {
    let app = App::start();
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).without("--oidc-issuer-url");
    let file = launch.write("users", &cheap("alice", "correct horse"));
    let away = format!("--oidc-issuer-url=http://127.0.0.1:{}", place::free_port());
    let program = launch.flag(&away).flag(&format!("--htpasswd-file={}", file.display())).start();
    let mut browser = Browser::new();
    let page = browser.open(&program.url("/deep"));
    assert_eq!(page.status(), 403, "{page}");
    let forms = page.forms();
    let form = forms.iter().find(|form| form.method == "post").expect("a form");
    let app = browser.submit(&page, form, &[("username", "alice"), ("password", "correct horse")]);
    assert_eq!((app.status(), app.url.path()), (200, "/deep"), "{app}");
}

/// The slowest of a hundred and the middle, of requests with `request`, in milliseconds.
fn timings(program: &Program, times: usize, request: &Request) -> (f64, f64) {
    let mut connection = program.connect();
    let mut all: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            let answer = connection.exchange(request).expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    all.sort_by(f64::total_cmp);
    (all[times / 2], all[times * 99 / 100])
}

#[test]
fn a_flood_of_wrong_passwords_holds_nobody_up_and_locks_nobody_out() {
    // A cost of 10, as Python's bcrypt and PHP take it by themselves.
    let (site, _) = with_users(&apache(&["-nbB", "-C", "10"], "alice", "correct horse"), &["--skip-auth-route=^/open"]);
    let program = &site.program;
    let start = Instant::now();
    assert_eq!(program.ask(&basic("/page", "alice", "correct horse")).status, 200);
    let first = start.elapsed();
    let (again, _) = timings(program, 200, &basic("/page", "alice", "correct horse"));
    println!("htpasswd: a password of cost 10 takes {first:?}, and {again:.2} ms when it comes again");
    assert!(again < first.as_secs_f64() * 1000.0, "what was right is remembered");

    // More than there are places: 33 for every two processors.
    let guessers = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(2) * 33 + 8;
    let stop = AtomicBool::new(false);
    let (mut wrong, mut busy) = (0, 0);
    std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..guessers)
            .map(|number| {
                let stop = &stop;
                scope.spawn(move || {
                    let (mut wrong, mut busy) = (0_u32, 0_u32);
                    for attempt in 0..1000 {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let user = if attempt % 2 == 0 { "alice".to_owned() } else { format!("nobody{number}") };
                        let answer = program.ask(&basic("/page", &user, &format!("guess {number} {attempt}")));
                        match answer.status {
                            403 => wrong += 1,
                            503 => {
                                assert!(answer.headers.has("Retry-After"));
                                assert_eq!(answer.headers.get("X-Auth-Request-Error"), Some("E-LOGIN-BUSY"));
                                busy += 1;
                            }
                            status => panic!("{status}"),
                        }
                    }
                    (wrong, busy)
                })
            })
            .collect();
        let (middle, slowest) = timings(program, 100, &Request::get("/open"));
        let known = program.ask(&basic("/page", "alice", "correct horse")).status;
        stop.store(true, Ordering::Relaxed);
        for attacker in attackers {
            let counts = attacker.join().expect("an attacker");
            wrong += counts.0;
            busy += counts.1;
        }
        println!(
            "htpasswd: under {guessers} guessers others wait {middle:.2} ms, {slowest:.2} ms at worst; {wrong} guesses looked at, {busy} turned away"
        );
        assert_eq!(known, 200, "who was in a moment ago stays in");
        assert!(middle < first.as_secs_f64() * 1000.0, "others do not wait for bcrypt");
    });
    assert!(busy > 0, "there is a bound");
    let right = || (program.ask(&basic("/page", "alice", "correct horse")).status == 200).then_some(());
    eventually(Duration::from_secs(30), right, || program.said());
}

#[test]
fn a_wrong_password_takes_as_long_for_nobody_as_for_somebody() {
    // I-32.
    let (site, _) = with_users(&(apache(&["-nbB", "-C", "8"], "alice", "x") + &apache(&["-nbs"], "sha", "x")), &[]);
    let mut connection = site.program.connect();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..40 {
        for (user, times) in ["alice", "sha", "nobody"].into_iter().zip(&mut times) {
            let start = Instant::now();
            assert_eq!(connection.exchange(&basic("/page", user, "wrong")).expect("an answer").status, 403);
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let middle = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[20]
    });
    println!("htpasswd: a wrong password takes {middle:.1?} ms for somebody with bcrypt, with SHA, and nobody");
    let (least, most) = (middle.iter().copied().fold(f64::MAX, f64::min), middle.iter().copied().fold(0.0, f64::max));
    assert!(most < least * 1.5, "{middle:?}");
}

#[test]
fn a_browser_signs_in_by_the_form_in_light_dark_and_phone_width_and_axe_finds_nothing() {
    let other = App::start();
    // The same machine by another name is another site.
    let elsewhere = other.upstream().replace("127.0.0.1", "other.localhost");
    let onward = elsewhere.clone();
    let app = App::with(move |seen| match seen.target.as_str() {
        "/onward" => Reply::Text(302, vec![("Location", onward.clone())], String::new()),
        _ => Reply::Text(200, vec![("Content-Type", "text/html".to_owned())], "<title>app</title>".to_owned()),
    });
    let launch = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream());
    let file = launch.write("users", &cheap("alice", "correct horse"));
    let flags = [format!("--htpasswd-file={}", file.display()), "--provider-display-name=Example Login".to_owned()];
    let program = launch.flags(flags).start();
    run(
        "form.mjs",
        &json!({
            "url": program.url("/deep/page?tab=2"),
            "onward": program.url("/onward"),
            "elsewhere": elsewhere,
            "user": "alice",
            "password": "correct horse",
            "shots": screenshots(),
        }),
    );
}
