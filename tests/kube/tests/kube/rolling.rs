//! New pods for old ones while visitors go on.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use sidecar_kube::{ANNOTATION, Kubelet};
use sidecar_testkit::{Connection, Request, Which};

use crate::site::{PROVIDER, Site};

/// Visitors with a session, each on a connection of its own, and how long each of them looks at an answer.
const VISITORS: usize = 8;
const LOOK: Duration = Duration::from_millis(25);

/// How long it is from one newcomer to the next.
const NEXT_NEWCOMER: Duration = Duration::from_millis(500);

/// Whether to go on after a while; no once the other end is gone.
fn go_on(over: &Receiver<()>, after: Duration) -> bool {
    over.recv_timeout(after) == Err(RecvTimeoutError::Timeout)
}

/// Asks again and again; returns how often, and what went wrong.
fn visit(gateway: SocketAddr, cookie: &str, over: &Receiver<()>) -> (usize, Vec<String>) {
    let page = Request::get("/page").header("Host", "app1.example.com").cookie(cookie);
    let form = Request::new("POST", "/form").header("Host", "app1.example.com").cookie(cookie).body(vec![b'x'; 8192]);
    let mut connection = Connection::open(gateway);
    let (mut asked, mut failed) = (0, Vec::new());
    while go_on(over, LOOK) {
        asked += 1;
        match connection.exchange(if asked % 2 == 0 { &form } else { &page }) {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => failed.push(format!("request {asked}: {} {}", answer.status, answer.text())),
            Err(error) => {
                failed.push(format!("request {asked}: {error}"));
                connection = Connection::open(gateway);
            }
        }
    }
    (asked, failed)
}

#[test]
fn a_changed_setting_rolls_through_the_pods_and_no_visitor_notices() {
    let site = Site::by_chart("app1");
    let annotation = format!("--set=app.podAnnotations.{}=yes", ANNOTATION.replace('.', r"\."));
    let app = ["--set=app.enabled=true", "--set=app.container.image=app", &annotation];
    site.release("app1", &app);
    let mut kubelet = Kubelet::of(&site.namespace, "app1", Which::Ours, &[PROVIDER]);
    assert_eq!(kubelet.roll_out(), Vec::<usize>::new());
    site.settle();
    let before = site.gateway.endpoints(&site.service("app1"));
    let cookie = site.signed_in().cookies_for("https://app1.example.com/");
    let gateway = site.visitor("app1.example.com");

    let (old, visits, newcomers) = thread::scope(|scope| {
        let (going_on, visitors): (Vec<_>, Vec<_>) = (0..VISITORS)
            .map(|_| {
                let (going_on, over) = channel::<()>();
                let cookie = &cookie;
                (going_on, scope.spawn(move || visit(gateway, cookie, &over)))
            })
            .unzip();
        let (coming, over) = channel::<()>();
        let site = &site;
        let newcomers = scope.spawn(move || {
            let mut signed_in = 0;
            while go_on(&over, NEXT_NEWCOMER) {
                site.signed_in();
                signed_in += 1;
            }
            signed_in
        });
        site.release("app1", &[&app[..], &["--set=config.cookie_refresh=30m"]].concat());
        let old = kubelet.roll_out();
        drop((going_on, coming));
        let visits: Vec<_> = visitors.into_iter().map(|visitor| visitor.join().expect("visiting")).collect();
        (old, visits, newcomers.join().expect("everybody who came was signed in"))
    });

    let asked: usize = visits.iter().map(|(asked, _)| asked).sum();
    let new: Vec<_> = kubelet.into_pods().iter().map(|pod| pod.app().seen().len()).collect();
    println!(
        "{asked} requests and {newcomers} sign-ins; the apps of the old pods saw {old:?}, of the new ones {new:?}"
    );
    println!("{}", site.gateway.retries(&site.service("app1")));
    let failed: Vec<_> = visits.into_iter().flat_map(|(_, failed)| failed).collect();
    assert_eq!(failed, Vec::<String>::new());
    assert!(old.len() == 2 && new.len() == 2, "every pod is a new one: {old:?} {new:?}");
    assert!(old.iter().chain(&new).all(|seen| *seen > 0) && newcomers > 0, "{old:?} {new:?} {newcomers}");
    assert!(before.is_disjoint(&site.gateway.endpoints(&site.service("app1"))));
}
