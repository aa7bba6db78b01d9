//! The logins of GitHub, Google and Microsoft as npm `emulate` does them, which nobody here wrote.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::github_front::{ADMINISTRATOR, Front};
use crate::{App, Browser, Client, Page, Process, Request, http, place};

/// The tenant of alice@example.com.
pub const TENANT: &str = "85d7d600-7804-4d92-8d43-9c33c21c130c";

/// How many organizations dave is in: more than two pages of a hundred.
pub const ORGANIZATIONS_OF_DAVE: usize = 205;

/// A running emulator of one service.
#[derive(Debug)]
pub struct Emulator {
    service: Service,
    port: u16,
    client: Client,
    front: Option<Front>,
    _process: Process,
    // After the process.
    _folder: TempDir,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    GitHub,
    Google,
    Microsoft,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Google => "google",
            Self::Microsoft => "microsoft",
        }
    }
}

/// Under which URL Microsoft's emulator says that it can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `https://login.microsoftonline.com`: its tokens have the issuers that Entra ID's have, and its discovery leads there.
    Microsofts,
    /// Its own on 127.0.0.1: an ordinary OpenID provider.
    Own,
}

impl Emulator {
    /// GitHub's, which lets logins return to these callbacks. alice is in acme and globex, in acme's team Platform Team
    /// and may write to acme/private-repo; bob is in none and may read acme/public-repo; carol owns acme; dave is in
    /// [`ORGANIZATIONS_OF_DAVE`] others.
    #[must_use]
    pub fn github(callbacks: &[&str]) -> Self {
        let many = (0..ORGANIZATIONS_OF_DAVE)
            .map(|n| json!({ "login": format!("many-{n:03}"), "members": [{ "login": "dave", "role": "member" }] }));
        let organizations = [
            json!({ "login": "acme", "members": [
                { "login": "alice", "role": "member" }, { "login": "carol", "role": "admin" },
            ] }),
            json!({ "login": "globex", "members": [{ "login": "alice", "role": "member" }] }),
        ];
        let mut emulator = Self::start(Service::GitHub, callbacks, |own| {
            json!({
                "baseUrl": own,
                "users": [
                    { "login": "alice", "name": "Alice", "email": "alice@example.com" },
                    { "login": "bob", "email": "bob@elsewhere.test" },
                    { "login": "carol", "email": "carol@example.com", "site_admin": true },
                    { "login": "dave", "email": "dave@example.com" },
                ],
                "orgs": organizations.into_iter().chain(many).collect::<Vec<_>>(),
                "repos": [
                    { "owner": "acme", "name": "private-repo", "private": true },
                    { "owner": "acme", "name": "public-repo" },
                ],
            })
        });
        // What its seed cannot say.
        emulator.administer("POST", "/orgs/acme/teams", &json!({ "name": "Platform Team" }));
        let member = json!({ "role": "member" });
        emulator.administer("PUT", "/orgs/acme/teams/platform-team/memberships/alice", &member);
        let collaborators = "/repos/acme/public-repo/collaborators/bob";
        emulator.administer("PUT", collaborators, &json!({ "permission": "pull" }));
        let collaborators = "/repos/acme/private-repo/collaborators/alice";
        emulator.administer("PUT", collaborators, &json!({ "permission": "push" }));
        emulator.front = Some(Front::before(emulator.address()));
        emulator
    }

    /// Google's: alice@example.com of the domain example.com, unverified@example.com, and others of none.
    #[must_use]
    pub fn google(callbacks: &[&str]) -> Self {
        Self::start(Service::Google, callbacks, |own| {
            json!({
                "baseUrl": own,
                "users": [
                    { "email": "alice@example.com", "name": "Alice", "hd": "example.com" },
                    { "email": "unverified@example.com", "email_verified": false },
                ],
            })
        })
    }

    /// Microsoft's: alice@example.com of [`TENANT`], mallory@outlook.com of the tenant of personal accounts.
    #[must_use]
    pub fn microsoft(base: Base, callbacks: &[&str]) -> Self {
        Self::start(Service::Microsoft, callbacks, |own| {
            let base = match base {
                Base::Microsofts => "https://login.microsoftonline.com",
                Base::Own => own,
            };
            json!({
                "baseUrl": base,
                "users": [
                    { "email": "alice@example.com", "name": "Alice", "tenant_id": TENANT },
                    { "email": "mallory@outlook.com" },
                ],
            })
        })
    }

    fn start(service: Service, callbacks: &[&str], seed: impl FnOnce(&str) -> Value) -> Self {
        let modules = place::cache().join("node/node_modules");
        place::installed(modules.join("emulate"), "install.sh emulate");
        let port = place::free_port();
        let client = Client::new("sidecar", "emulated-secret");
        let mut seed = seed(&format!("http://{}", place::loopback(port)));
        let application = json!([{
            "client_id": client.id, "client_secret": client.secret, "name": "Sidecar", "redirect_uris": callbacks,
        }]);
        seed[if service == Service::GitHub { "oauth_apps" } else { "oauth_clients" }] = application;
        let tokens = json!({ ADMINISTRATOR: { "login": "carol", "scopes": ["repo", "user", "admin:org"] } });
        let folder = place::temporary_folder();
        let file = folder.path().join("seed.json");
        std::fs::write(&file, json!({ "tokens": tokens, service.name(): seed }).to_string()).expect("written");

        let mut command = Command::new(place::recipe("until-eof.sh"));
        command.arg(modules.join(".bin/node")).arg(modules.join("emulate/dist/index.js"));
        command.args(["start", "--host", "127.0.0.1", "--port", &port.to_string(), "--service", service.name()]);
        command.arg("--seed").arg(&file).env("NODE_NO_WARNINGS", "1");
        let process = Process::start("emulate", command);
        process.wait_for("Ready.", Duration::from_mins(1));
        Self { service, port, client, front: None, _process: process, _folder: folder }
    }

    fn administer(&self, method: &str, path: &str, body: &Value) {
        let request = Request::new(method, path)
            .header("Authorization", &format!("token {ADMINISTRATOR}"))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = http::ask(self.address(), &request);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
    }

    /// Where a program finds it: GitHub's front, or the emulator itself.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.front.as_ref().map_or_else(|| place::loopback(self.port), |front| front.app().address())
    }

    /// `http://127.0.0.1:PORT` of [`Emulator::address`].
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What it knows programs by.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// GitHub's front, with what it was asked.
    #[must_use]
    pub fn front(&self) -> &App {
        self.front.as_ref().expect("GitHub's alone has a front").app()
    }

    /// Makes every token that GitHub's gave out so far worth nothing.
    pub fn revoke_all(&self) {
        self.front.as_ref().expect("GitHub's alone has a front").revoke_all();
    }

    /// The flags of a program for which this is its `github`, `google` or `entra-id`.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let url = self.url();
        let flags = match self.service {
            Service::GitHub => vec![
                "--provider=github".to_owned(),
                format!("--login-url={url}/login/oauth/authorize"),
                format!("--redeem-url={url}/login/oauth/access_token"),
                format!("--validate-url={url}/"),
            ],
            Service::Google => vec![
                "--provider=google".to_owned(),
                format!("--login-url={url}/o/oauth2/v2/auth?access_type=offline"),
                format!("--redeem-url={url}/oauth2/token"),
                // It has no tokeninfo; this answers 200 to everybody.
                format!("--validate-url={url}/.well-known/openid-configuration"),
            ],
            // Its discovery leads to Microsoft, so it is left out.
            Service::Microsoft => vec![
                "--provider=entra-id".to_owned(),
                "--oidc-issuer-url=https://login.microsoftonline.com/common/v2.0".to_owned(),
                "--insecure-oidc-skip-issuer-verification".to_owned(),
                "--skip-oidc-discovery".to_owned(),
                format!("--login-url={url}/oauth2/v2.0/authorize"),
                format!("--redeem-url={url}/oauth2/v2.0/token"),
                format!("--oidc-jwks-url={url}/discovery/v2.0/keys"),
                format!("--profile-url={url}/oidc/userinfo"),
                "--scope=openid profile email".to_owned(),
            ],
        };
        self.client.flags().into_iter().chain(flags).collect()
    }

    /// The flags of a program whose `entra-id` finds Microsoft's by discovery, under the names that
    /// [`Elsewhere`](crate::Elsewhere) gives it: for one tenant, or `common`.
    #[must_use]
    pub fn flags_by_discovery(&self, tenant: &str) -> Vec<String> {
        let issuer = format!("--oidc-issuer-url=https://login.microsoftonline.com/{tenant}/v2.0");
        let flags = ["--provider=entra-id".to_owned(), issuer, "--scope=openid profile email".to_owned()];
        self.client.flags().into_iter().chain(flags).collect()
    }

    /// The flags of a program that takes it for any OpenID provider; Microsoft's needs [`Base::Own`].
    #[must_use]
    pub fn flags_as_oidc(&self) -> Vec<String> {
        let issuer = match self.service {
            Service::Microsoft => format!("{}/{TENANT}/v2.0", self.url()),
            Service::GitHub | Service::Google => self.url(),
        };
        let flags = ["--provider=oidc".to_owned(), format!("--oidc-issuer-url={issuer}")];
        self.client.flags().into_iter().chain(flags).collect()
    }

    /// Chooses an account on its page, by login name (GitHub) or e-mail address, and returns what comes then.
    pub fn log_in(&self, browser: &mut Browser, page: &Page, user: &str) -> Page {
        browser.choose(page, user)
    }
}
