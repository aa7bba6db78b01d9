//! The same over HTTP/2, by a client that nobody here wrote. What no client sends is `http2.rs` of `tests/e2e`.

use sidecar_testkit::Request;
use sidecar_testkit::http2::Http2Client;
use sidecar_testkit::oracle::{Oracle, Parser};

use crate::headers::{self, Session};
use crate::site::{SESSION, Site};
use crate::{cookies, paths};

#[test]
fn no_spelling_of_an_identity_header_reaches_an_app_by_http2() {
    let client = Http2Client::start();
    let heads = headers::forged_heads();
    for oracle in Oracle::all() {
        let site = Site::before(oracle, &headers::FLAGS);
        let cookie = site.alices_cookie();
        for (what, request, session) in [
            ("a session", Request::get("/private").cookie(&cookie), Session::Alices),
            ("an exempt route", Request::get("/public/x"), Session::None),
            ("a session on an exempt route", Request::get("/public/x").cookie(&cookie), Session::Alices),
            ("a preflight", Request::new("OPTIONS", "/private"), Session::None),
        ] {
            let filled = |head: &Vec<(String, String)>| {
                head.iter().fold(request.clone(), |request, (name, value)| request.header(name, value))
            };
            let requests: Vec<_> = heads.iter().map(filled).collect();
            for answer in client.ask_all(site.program.address(), &requests) {
                let what = format!("{:?}, {what}", site.oracle.parser());
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                headers::assert_told_by_us_alone(&site.understood(&answer), session, &what);
            }
        }
    }
}

#[test]
fn a_path_that_any_reader_takes_for_a_closed_place_is_not_open_by_http2() {
    let client = Http2Client::start();
    let targets: Vec<_> = paths::targets().into_iter().filter(|target| target.is_ascii()).collect();
    for (parser, rules) in [Parser::Node, Parser::Go].into_iter().zip(&paths::ALL_RULES) {
        let site = Site::before(Oracle::start(parser), rules.flags);
        let cookie = site.alices_cookie();
        let mut tally = paths::Tally::default();
        for targets in targets.chunks(2_000) {
            let requests: Vec<_> = targets.iter().map(|target| Request::get(target)).collect();
            for (target, answer) in targets.iter().zip(client.ask_all(site.program.address(), &requests)) {
                // A stream that was reset is a refusal.
                if answer.status != 0 {
                    tally.without_a_session(&site, rules, target, &answer);
                }
            }
        }
        let some: Vec<_> = targets.iter().step_by(5).collect();
        let requests: Vec<_> = some.iter().map(|target| Request::get(target).cookie(&cookie)).collect();
        for (target, answer) in some.iter().zip(client.ask_all(site.program.address(), &requests)) {
            if answer.status != 0 {
                tally.with_a_session(&site, target, &answer);
            }
        }
        println!("path mutations over HTTP/2, {parser:?}: {tally:?}");
        assert_eq!(site.oracle.drain().len(), tally.reached(), "{parser:?} was asked by nobody else");
    }
}

#[test]
fn a_changed_cookie_is_no_session_by_http2() {
    let client = Http2Client::start();
    let site = Site::before(Oracle::start(Parser::Go), &[]);
    let cookie = site.alices_cookie();
    let value = cookie.split_once('=').expect("NAME=VALUE").1.to_owned();
    let ask = |values: &[String]| {
        let asking = |value: &String| Request::get("/oauth2/auth").cookie(&format!("{SESSION}={value}"));
        let requests: Vec<_> = values.iter().map(asking).collect();
        client.ask_all(site.program.address(), &requests)
    };
    let mutants: Vec<_> =
        cookies::flips(&value).step_by(5).filter(|mutant| mutant.bytes().all(|b| b >= b' ')).collect();
    let mut same = 0;
    for (mutant, answer) in mutants.iter().zip(ask(&mutants)) {
        if answer.status == 202 {
            assert!(cookies::says_the_same(&value, mutant), "{mutant}");
            same += 1;
        }
    }
    println!("cookie bits over HTTP/2: {} flipped, {same} of them in bits that nobody reads", mutants.len());
    assert_eq!(ask(&[value])[0].status, 202);
}
