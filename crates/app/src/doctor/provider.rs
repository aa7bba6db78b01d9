//! The identity provider: its metadata, its login page, its clock.

use http::Uri;
use sidecar_core::clock::Clock;
use sidecar_net::Stage;
use sidecar_oidc::{Account, AuthorizationRequest, Provider};

use super::clock;
use super::finding::Finding;
use super::probe::Prober;

const SUBJECT: &str = "provider";
const LOGIN: &str = "login page";

/// Reads the provider's metadata as serving would, and asks for its login page without sending anybody there.
pub(super) async fn findings(provider: &dyn Provider, prober: &Prober) -> Vec<Finding> {
    let name = provider.display_name();
    if let Err(unavailable) = provider.ready_once().await {
        let remedy = "compare oidc-issuer-url with the issuer in the provider's metadata, and open that address from this \
                      pod's network: firewall, proxy variables, provider-ca-file";
        return vec![Finding::bad(SUBJECT, format!("{name}: {}", unavailable.reason), remedy)];
    }
    let mut findings = vec![Finding::good(SUBJECT, format!("{name}: all that a login needs is known"))];
    match login_page(provider) {
        Ok(uri) => findings.extend(reach(&uri, prober).await),
        Err(reason) => findings.push(Finding::bad(LOGIN, reason, "check login-url")),
    }
    findings
}

/// The authorization endpoint, without the query of a login.
fn login_page(provider: &dyn Provider) -> Result<Uri, String> {
    let attempt = provider.new_attempt().map_err(|error| error.to_string())?;
    let request = AuthorizationRequest {
        redirect_uri: "https://doctor.invalid/",
        state: "doctor",
        attempt: &attempt,
        account: Account::Any,
        wishes: &[],
    };
    let url = provider.authorization_url(&request).map_err(|error| error.to_string())?;
    let page = url.split(['?', '#']).next().unwrap_or_default();
    page.parse().map_err(|_| format!("{page} is no address to send a browser to"))
}

async fn reach(uri: &Uri, prober: &Prober) -> Vec<Finding> {
    match prober.get(uri).await {
        Ok(answer) => {
            let reached = Finding::good(LOGIN, format!("GET {uri} → {answer}"));
            let clock = answer.date().map(|theirs| clock::compared(theirs, Clock::system().now()));
            std::iter::once(reached).chain(clock).collect()
        }
        Err(silence) => {
            let remedy = match silence.stage {
                Some(Stage::Resolve) => "the name has no address here: check login-url and the cluster's DNS",
                Some(Stage::Proxy) => "check HTTPS_PROXY and NO_PROXY",
                Some(Stage::Tls) => "name the provider's authority with provider-ca-file, or mend its certificate",
                Some(Stage::Connect) | None => "check firewall and egress rules; browsers may reach it all the same",
            };
            vec![Finding::bad(LOGIN, format!("GET {uri} → {}", silence.reason), remedy)]
        }
    }
}
