//! A gateway that asks `auth.example.com` about each request, in front of apps without sidecars.

use sidecar_kube::{Cluster, IngressNginx, Visitor, kustomize};
use sidecar_testkit::{Browser, Client, Front, Provider, Which, place};

use crate::site::{Clients, PROVIDER, make_secrets};

#[test]
fn nginx_as_ingress_nginx_tells_it_asks_our_program_and_hands_on_who_signed_in_and_nobody_else() {
    let namespace = Cluster::shared().namespace("apps");
    let provider = Provider::oidc_provider_at(PROVIDER, &[]);
    namespace.apply(&kustomize(&place::tree().join("tests/kube/site/nginx-auth-request"))).expect_success();
    let shared = Client { id: provider.client_id().to_owned(), secret: provider.client_secret().to_owned() };
    let certificate = make_secrets(&namespace, &Clients { shared, ..Clients::any() });
    namespace.roll_out();
    let _auth = namespace.pods("auth", Which::Ours, &[PROVIDER]);
    let apps = ["app1", "app2"].map(|app| namespace.pods(app, Which::Ours, &[]));
    let _nginx = IngressNginx::start(&namespace, &certificate);
    let mut browser = ["auth", "app1", "app2"].iter().fold(Browser::new(), |browser, host| {
        let host = format!("{host}.example.com");
        let visitor = Visitor::of(&host, place::loopback(443), &certificate.roots());
        browser.with_host(&host, visitor.address(), Front::Direct)
    });
    let heads = |pods: &[sidecar_kube::Pod]| {
        let seen = pods.iter().flat_map(|pod| pod.app().seen());
        seen.map(|seen| String::from_utf8_lossy(&seen.raw_head).to_lowercase()).collect::<Vec<_>>()
    };
    let forged = [
        ("X-Auth-Request-Email", "ceo@example.com"),
        ("X-Auth-Request-User", "ceo@example.com"),
        ("X-Auth-Request-Preferred-Username", "ceo@example.com"),
        ("X-Auth-Request-Groups", "ceo@example.com"),
    ];

    // Without a session: to the sign-in at the callback's host, and nothing reaches an app.
    let answer = browser.fetch("GET", "https://app1.example.com/deep?x=1&y=%2F", &forged);
    assert_eq!(answer.status, 302, "{}", answer.text());
    let start = "https://auth.example.com/oauth2/start?rd=https://app1.example.com%2Fdeep%3Fx%3D1%26y%3D%252F";
    assert_eq!(answer.location(), start);
    assert_eq!(heads(&apps[0]), Vec::<String>::new());

    // Signed in once, for both apps, and back where the visitor wanted to go.
    let login = browser.open("https://app1.example.com/deep?x=1&y=%2F");
    let page = browser.sign_in(login, "alice", "any");
    assert_eq!((page.status(), page.url.as_str()), (200, "https://app1.example.com/deep?x=1&y=%2F"), "{page}");
    let answer = browser.fetch("GET", "https://app2.example.com/again", &forged);
    assert_eq!(answer.status, 200, "{}", answer.text());
    for app in &apps {
        let head = heads(app).pop().expect("the app was asked");
        assert!(head.contains("x-auth-request-email: alice@example.com\r\n") && !head.contains("ceo@"), "{head}");
    }
}
