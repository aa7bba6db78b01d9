//! Gitea: a server that nobody here wrote, and that answers what a program asks GitHub.

use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::eventually;
use crate::{Browser, Client, Connection, Page, Process, Request, http, place};

/// How many organizations dave is in: more than two pages of thirty, which is as much as Gitea gives at once.
pub const ORGANIZATIONS_OF_DAVE: usize = 65;

/// A running Gitea with the people, organizations and repositories of `tests/counterparts/gitea/seed.py`: alice, bob,
/// carol and dave.
#[derive(Debug)]
pub struct Gitea {
    port: u16,
    _process: Process,
    // After the process, which writes there until it has ended.
    _folder: TempDir,
}

impl Gitea {
    /// A Gitea of the test's own: it takes one to two seconds.
    #[must_use]
    pub fn start() -> Self {
        place::installed(place::cache().join("gitea/seed"), "install.sh gitea");
        let folder = place::temporary_folder();
        let port = place::free_port();
        let mut command = Command::new(place::recipe("gitea/serve.sh"));
        command.arg(port.to_string()).arg(folder.path());
        let process = Process::start("Gitea", command);
        eventually(
            Duration::from_mins(1),
            || {
                let mut connection = Connection::try_open(place::loopback(port)).ok()?;
                (connection.exchange(&Request::get("/api/healthz")).ok()?.status == 200).then_some(())
            },
            || process.said(),
        );
        Self { port, _process: process, _folder: folder }
    }

    /// The one that the tests of a process share as long as they change nobody's rights.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Gitea> = LazyLock::new(Gitea::start);
        &SHARED
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", place::loopback(self.port))
    }

    /// A new application that may return to these addresses. Gitea remembers what a person granted an application
    /// first, so a test wants its own.
    #[must_use]
    pub fn register(&self, redirect_uris: &[&str]) -> Client {
        let application = json!({ "name": "sidecar", "confidential_client": true, "redirect_uris": redirect_uris });
        let made = self.administer("POST", "/user/applications/oauth2", &application);
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("no {name}: {made}")).to_owned();
        Client { id: text("client_id"), secret: text("client_secret") }
    }

    /// Does something as the administrator, below `/api/v1`; panics when Gitea refuses.
    #[expect(clippy::must_use_candidate, reason = "it is done for what it changes")]
    pub fn administer(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::new(method, &format!("/api/v1{path}"))
            .header("Authorization", &format!("Basic {}", STANDARD.encode("root-admin:admin-pw1")))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = http::ask(place::loopback(self.port), &request);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The flags of a program for which this is its GitHub.
    #[must_use]
    pub fn flags(&self, client: &Client) -> Vec<String> {
        self.flags_with_api_at(&self.url(), client)
    }

    /// The same, when the program is to find the API at another place: with a [`Spoiler`](crate::Spoiler) before it.
    #[must_use]
    pub fn flags_with_api_at(&self, api: &str, client: &Client) -> Vec<String> {
        let url = self.url();
        let mut flags = client.flags();
        flags.extend([
            "--provider=github".to_owned(),
            format!("--login-url={url}/login/oauth/authorize"),
            format!("--redeem-url={api}/login/oauth/access_token"),
            format!("--validate-url={api}/api/v1/user/emails"),
        ]);
        flags
    }

    /// A browser in which somebody is logged in here already: logins of programs then need a page at most to consent.
    #[must_use]
    pub fn visitor(&self, user: &str) -> Browser {
        let mut browser = Browser::new();
        let page = browser.open(&format!("{}/user/login", self.url()));
        let forms = page.forms();
        let form = forms.iter().find(|form| form.action == "/user/login").unwrap_or_else(|| panic!("no form: {page}"));
        let page = browser.submit(&page, form, &[("user_name", user), ("password", &format!("{user}-pw1"))]);
        assert_ne!(page.url.path(), "/user/login", "{page}");
        browser
    }

    /// Goes from Gitea's page through its login and consent, as far as they are shown, and returns what comes then.
    pub fn log_in(&self, browser: &mut Browser, page: Page, user: &str) -> Page {
        assert_eq!(page.url.port(), Some(self.port), "not Gitea's page: {page}");
        browser.sign_in(page, user, &format!("{user}-pw1"))
    }
}
