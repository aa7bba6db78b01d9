//! What the GitHub emulator lacks: pages, the teams of a person, permissions of a person, and tokens that are refused.
//!
//! So these four are ours, and no evidence of what GitHub does; Gitea is better there.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::relay::{as_reply, pass_on};
use crate::{App, Reply, Request, Response, Seen, http};

/// The token of the emulator that may ask for anything.
pub(crate) const ADMINISTRATOR: &str = "admin_pat";

/// How many entries a page has when nobody says (GitHub REST API, "Using pagination").
const PAGE: usize = 30;

/// The front, an app before the emulator.
pub(crate) struct Front {
    app: App,
    live: Arc<Mutex<BTreeSet<String>>>,
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Front")
    }
}

impl Front {
    pub(crate) fn before(emulator: SocketAddr) -> Self {
        let live = Arc::new(Mutex::new(BTreeSet::new()));
        let known = Arc::clone(&live);
        let app = App::with(move |seen| answer(emulator, &known, seen));
        Self { app, live }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn revoke_all(&self) {
        self.live.lock().expect("not poisoned").clear();
    }
}

fn answer(emulator: SocketAddr, live: &Mutex<BTreeSet<String>>, seen: &Seen) -> Reply {
    let authorization = seen.headers.get("Authorization").unwrap_or_default();
    let token = authorization.split_once(' ').map_or("", |(_, token)| token.trim());
    if !authorization.is_empty() && token != ADMINISTRATOR && !live.lock().expect("not poisoned").contains(token) {
        return reply(401, &json!({ "message": "Bad credentials" }));
    }
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let api = Api { emulator, token };
    match (seen.method.as_str(), parts.as_slice()) {
        ("GET", [""]) => reply(200, &json!({})),
        ("GET", ["user", "orgs"]) => reply(200, &page(&api.get("/user/orgs"), query)),
        ("GET", ["user", "teams"]) => reply(200, &page(&teams(&api), query)),
        ("GET", ["repos", owner, name]) => repository(&api, owner, name, pass_on(emulator, seen)),
        ("GET", ["repos", owner, name, "collaborators", login]) => {
            let all = api.get(&format!("/repos/{owner}/{name}/collaborators"));
            let found = all.as_array().is_some_and(|all| all.iter().any(|one| one["login"] == **login));
            if found {
                Reply::Text(204, Vec::new(), String::new())
            } else {
                reply(404, &json!({ "message": "Not Found" }))
            }
        }
        ("POST", ["login", "oauth", "access_token"]) => token_answer(live, seen, &pass_on(emulator, seen)),
        _ => as_reply(&pass_on(emulator, seen)),
    }
}

/// Asking the emulator on behalf of whoever asked the front.
struct Api<'a> {
    emulator: SocketAddr,
    token: &'a str,
}

impl Api<'_> {
    fn ask(&self, path: &str, token: &str) -> Response {
        http::ask(self.emulator, &Request::get(path).header("Authorization", &format!("token {token}")))
    }

    fn get(&self, path: &str) -> Value {
        self.ask(path, self.token).json()
    }

    fn get_as_administrator(&self, path: &str) -> Value {
        self.ask(path, ADMINISTRATOR).json()
    }

    fn login(&self) -> String {
        self.get("/user")["login"].as_str().unwrap_or_default().to_owned()
    }
}

fn teams(api: &Api<'_>) -> Value {
    let login = api.login();
    let mut teams = Vec::new();
    for organization in api.get("/user/orgs").as_array().into_iter().flatten() {
        let name = organization["login"].as_str().unwrap_or_default();
        for team in api.get_as_administrator(&format!("/orgs/{name}/teams")).as_array().into_iter().flatten() {
            let slug = team["slug"].as_str().unwrap_or_default();
            let membership = format!("/orgs/{name}/teams/{slug}/memberships/{login}");
            // Every organization of the emulator has a team of this name with everybody in it.
            if slug != "members" && api.ask(&membership, ADMINISTRATOR).status == 200 {
                let mut team = team.clone();
                team["organization"] = organization.clone();
                teams.push(team);
            }
        }
    }
    Value::Array(teams)
}

fn repository(api: &Api<'_>, owner: &str, name: &str, mut answer: Response) -> Reply {
    if answer.status != 200 {
        return as_reply(&answer);
    }
    let login = api.login();
    let path = format!("/repos/{owner}/{name}/collaborators/{login}/permission");
    let permission = api.get_as_administrator(&path)["permission"].as_str().unwrap_or("none").to_owned();
    let mut repository = answer.json();
    repository["permissions"] = json!({
        "pull": repository["private"] != true || permission != "none",
        "push": permission == "admin" || permission == "write",
        "admin": permission == "admin",
    });
    answer.body = repository.to_string().into_bytes();
    as_reply(&answer)
}

/// GitHub answers in a form unless asked for JSON.
fn token_answer(live: &Mutex<BTreeSet<String>>, seen: &Seen, answer: &Response) -> Reply {
    if answer.status != 200 {
        return as_reply(answer);
    }
    let fields = answer.json();
    if let Some(token) = fields["access_token"].as_str() {
        live.lock().expect("not poisoned").insert(token.to_owned());
    }
    if seen.headers.get("Accept").is_some_and(|accept| accept.contains("json")) {
        return as_reply(answer);
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
    }
    let kind = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Reply::Text(200, vec![("Content-Type", kind)], form.finish())
}

fn page(all: &Value, query: &str) -> Value {
    let number = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let (size, page) = (number("per_page").unwrap_or(PAGE).min(100), number("page").unwrap_or(1).max(1));
    all.as_array().into_iter().flatten().skip((page - 1) * size).take(size).cloned().collect()
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::Text(status, vec![("Content-Type", "application/json; charset=utf-8".to_owned())], body.to_string())
}
