//! Advisories 10 and 14: what a front proxy may say was believed from anybody.

use std::net::IpAddr;

use sidecar_testkit::{Request, Response};

use super::{TRUST, TRUSTED, UNTRUSTED, assert_denied, assert_open, network, site_on_a_socket, with_handshake};
use crate::site::Site;

const PUBLIC_ROUTES: [&str; 2] = ["--skip-auth-route=GET=^/public/", "--skip-auth-route=^/api/[^/]+/status$"];

/// `/admin` and `PREFIX/auth` with a header that names an exempt path.
fn claim_a_public_path(site: &Site, peer: IpAddr, what: &str, auth: u16) {
    for request in with_handshake(Request::get("/admin").header("X-Forwarded-Uri", "/public/x")) {
        assert_denied(site, &site.program.ask_from(peer, &request), what);
    }
    let request = Request::get("/oauth2/auth").header("X-Forwarded-Uri", "/public/x");
    assert_eq!(site.program.ask_from(peer, &request).status, auth, "{what}");
}

#[test]
fn ghsa_7x63_xv5r_3p2x_a_path_in_a_header_opens_no_other_path_whoever_names_it() {
    let listed = Site::start(&[&PUBLIC_ROUTES[..], &TRUST].concat());
    claim_a_public_path(&listed, UNTRUSTED, "a peer that is not listed", 401);
    claim_a_public_path(&listed, TRUSTED, "a listed peer", 202);
    let nobody_listed = [&PUBLIC_ROUTES[..], &["--reverse-proxy"]].concat();
    claim_a_public_path(&Site::start(&nobody_listed), UNTRUSTED, "loopback, without a list", 202);
    for (flags, what) in
        [(&nobody_listed, "a socket, without a list"), (&[&PUBLIC_ROUTES[..], &TRUST].concat(), "a socket")]
    {
        claim_a_public_path(&site_on_a_socket(flags), UNTRUSTED, what, 202);
    }
    claim_a_public_path(&Site::start(&PUBLIC_ROUTES), TRUSTED, "without reverse-proxy", 401);
}

#[test]
fn ghsa_7x63_xv5r_3p2x_without_a_list_a_public_peer_is_not_believed() {
    let name = "ghsa_7x63_xv5r_3p2x_without_a_list_a_public_peer_is_not_believed";
    let Some(public) = network::with_a_public_peer(&format!("advisories::forwarded::{name}")) else { return };
    let flags = [&PUBLIC_ROUTES[..], &["--reverse-proxy"]].concat();
    let site = Site::start(&flags);
    claim_a_public_path(&site, public, "a public peer, without a list", 401);
    // The switch back: whoever lists everybody gets the original's answer on `auth`.
    let everybody = Site::start(&[&flags[..], &["--trusted-proxy-ip=0.0.0.0/0,::/0"]].concat());
    claim_a_public_path(&everybody, public, "a public peer, everybody listed", 202);
}

/// What names the client, how the header is written, and whether it opens `/admin`.
struct Claim {
    lines: &'static [&'static str],
    peer: IpAddr,
    opens: bool,
}

const EXEMPT: &str = "10.9.8.7";

fn ask_as(site: &Site, header: &str, claim: &Claim) -> Response {
    let lines = claim.lines.iter().filter(|line| **line != "none");
    let request = lines.fold(Request::get("/admin"), |request, line| request.header(header, line));
    site.program.ask_from(claim.peer, &request)
}

fn assert_claims(site: &Site, header: &str, claims: &[Claim]) {
    for claim in claims {
        let what = format!("{header}: {:?} from {}", claim.lines, claim.peer);
        let answer = ask_as(site, header, claim);
        if claim.opens { assert_open(site, &answer, &what) } else { assert_denied(site, &answer, &what) }
    }
}

/// Who names which address, and that nobody else's header counts.
fn client_flags(header: &str) -> Vec<String> {
    [
        "--reverse-proxy",
        "--trusted-proxy-ip=127.0.0.2/32,10.0.0.0/8",
        "--trusted-ip=10.9.8.7/32,127.0.0.2/32",
        &format!("--real-client-ip-header={header}"),
    ]
    .map(str::to_owned)
    .to_vec()
}

const REAL_IP: [Claim; 6] = [
    Claim { lines: &[EXEMPT], peer: UNTRUSTED, opens: false },
    Claim { lines: &["none"], peer: TRUSTED, opens: false },
    Claim { lines: &[""], peer: TRUSTED, opens: false },
    Claim { lines: &["junk"], peer: TRUSTED, opens: false },
    Claim { lines: &["203.0.113.5"], peer: TRUSTED, opens: false },
    Claim { lines: &[EXEMPT], peer: TRUSTED, opens: true },
];

const FORWARDED_FOR: [Claim; 9] = [
    Claim { lines: &[EXEMPT], peer: UNTRUSTED, opens: false },
    Claim { lines: &["none"], peer: TRUSTED, opens: false },
    Claim { lines: &["10.9.8.7, 203.0.113.5"], peer: TRUSTED, opens: false },
    Claim { lines: &[EXEMPT, "203.0.113.5"], peer: TRUSTED, opens: false },
    Claim { lines: &["10.9.8.7, junk"], peer: TRUSTED, opens: false },
    Claim { lines: &["10.9.8.7,"], peer: TRUSTED, opens: false },
    Claim { lines: &["203.0.113.5, 10.9.8.7"], peer: TRUSTED, opens: false },
    Claim { lines: &[EXEMPT], peer: TRUSTED, opens: true },
    Claim { lines: &["10.9.8.7, 10.1.1.1"], peer: TRUSTED, opens: true },
];

#[test]
fn ghsa_wr5q_7wxw_x568_the_client_is_who_a_listed_proxy_names_and_nobody_else() {
    for (header, claims) in [("X-Real-IP", &REAL_IP[..]), ("X-Forwarded-For", &FORWARDED_FOR)] {
        let flags = client_flags(header);
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let site = Site::start(&flags);
        assert_claims(&site, header, claims);
        // A listed proxy is not its own client, and who is not believed stands in the log by their own address.
        let forged = Claim { lines: &[EXEMPT], peer: UNTRUSTED, opens: false };
        ask_as(&site, header, &forged);
        let finished = site.program.stop();
        let log = format!("{}{}", finished.stdout, finished.stderr);
        let line = log.lines().rev().find(|line| line.contains("/admin")).unwrap_or_else(|| panic!("no line: {log}"));
        assert!(line.contains("127.0.0.1") && !line.contains(EXEMPT), "{line}");
    }
}

#[test]
fn ghsa_wr5q_7wxw_x568_a_peer_on_a_socket_has_no_address_but_the_one_it_names() {
    for (header, claims) in [("X-Real-IP", &REAL_IP[..]), ("X-Forwarded-For", &FORWARDED_FOR)] {
        let flags = client_flags(header);
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let site = site_on_a_socket(&flags);
        // Whoever reaches the socket is believed.
        let trusted: Vec<_> = claims.iter().filter(|claim| claim.peer == TRUSTED).collect();
        assert!(trusted.len() > 4);
        for Claim { lines, opens, .. } in trusted {
            assert_claims(&site, header, &[Claim { lines, peer: UNTRUSTED, opens: *opens }]);
        }
    }
}

#[test]
fn ghsa_wr5q_7wxw_x568_without_a_list_the_chain_is_read_from_the_right() {
    let site = Site::start(&["--reverse-proxy", "--trusted-ip=10.9.8.7/32", "--real-client-ip-header=X-Forwarded-For"]);
    let claims = [
        Claim { lines: &["10.9.8.7, 203.0.113.5"], peer: UNTRUSTED, opens: false },
        Claim { lines: &["10.9.8.7"], peer: UNTRUSTED, opens: true },
        Claim { lines: &["none"], peer: UNTRUSTED, opens: false },
    ];
    assert_claims(&site, "X-Forwarded-For", &claims);
}

#[test]
fn ghsa_wr5q_7wxw_x568_without_a_list_a_public_peer_names_no_client() {
    let name = "ghsa_wr5q_7wxw_x568_without_a_list_a_public_peer_names_no_client";
    let Some(public) = network::with_a_public_peer(&format!("advisories::forwarded::{name}")) else { return };
    for header in ["X-Forwarded-For", "X-Real-IP"] {
        let flag = format!("--real-client-ip-header={header}");
        let site = Site::start(&["--reverse-proxy", "--trusted-ip=10.9.8.7/32", &flag]);
        assert_claims(&site, header, &[Claim { lines: &[EXEMPT], peer: public, opens: false }]);
        assert_claims(&site, header, &[Claim { lines: &[EXEMPT], peer: UNTRUSTED, opens: true }]);
    }
}
