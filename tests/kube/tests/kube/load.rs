//! What the sidecar needs, in the control group that the manifests ask for.

use std::thread;

use sidecar_testkit::{Connection, Request, Which};

use crate::site::Site;

/// Connections at once, and requests on each.
const CONNECTIONS: usize = 64;
const REQUESTS: usize = 100;

/// Bodies large enough that forwarding is not all headers.
const BODY: usize = 64 * 1024;

#[test]
fn under_load_with_uploads_the_sidecar_needs_less_than_half_of_the_memory_that_the_manifests_grant() {
    let site = Site::start(&["auth", "app1"], Which::Ours);
    let browser = site.signed_in();
    let cookie = browser.cookies_for("https://app1.example.com/");

    let pod = &site.pods["app1"][0];
    let request =
        Request::new("POST", "/load").header("Host", "app1.example.com").cookie(&cookie).body(vec![b'x'; BODY]);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::open(pod.at(4180));
                for _ in 0..REQUESTS {
                    let answer = connection.exchange(&request).expect("an answer");
                    assert_eq!(answer.status, 200, "{}", answer.text());
                }
            });
        }
    });
    let memory = pod.memory().expect("the manifests set a limit");
    let (peak, limit) = (memory.peak(), memory.limit());
    println!(
        "{} requests on {CONNECTIONS} connections: {} KiB of {} KiB",
        CONNECTIONS * REQUESTS,
        peak / 1024,
        limit / 1024
    );
    assert_eq!(memory.kills(), 0);
    assert!(peak < limit / 2, "{peak} of {limit} bytes");
}
