//! GitHub and its like: the contract, and what their API asks for beyond it.

mod faults;
mod login;
mod repository;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecar_core::login::LoginAttempt;
use sidecar_core::{Secret, Session};
use sidecar_oidc::{Background, Client, EndpointOverrides, EndpointUrl, Provider, Registration, SecretSource, Verdict};
use sidecar_providers::build;
use sidecar_providers::{GitHubSettings, Membership, Repository, Restrictions, TeamName};

use crate::idp::{Idp, Reply, TOKEN, now};
use crate::suite::{CLIENT_SECRET, REDIRECT_URI, Subject, Trait, background, callback, client, told};

/// Where the API is: that of an Enterprise Server.
const API: &str = "/api/v3";
const ORGANIZATIONS: &str = "/api/v3/user/orgs";
const TEAMS: &str = "/api/v3/user/teams";
const EMAILS: &str = "/api/v3/user/emails";
const USER: &str = "/api/v3/user";

struct GitHub;

impl Subject for GitHub {
    fn build(&self, idp: &Idp, client: Client, background: Background) -> Arc<dyn Provider> {
        build(sidecar_providers::Settings::GitHub(settings(idp)), client, background).unwrap()
    }

    fn admit(&self, idp: &Idp, _attempt: &LoginAttempt) {
        admit(idp);
    }

    fn calls(&self) -> &'static [&'static str] {
        &[TOKEN, ORGANIZATIONS, TEAMS, EMAILS, USER]
    }

    fn token_path(&self) -> &'static str {
        TOKEN
    }

    fn traits(&self) -> &'static [Trait] {
        &[]
    }

    fn restricted(&self, idp: &Idp) -> Vec<(&'static str, sidecar_providers::Settings)> {
        let team = TeamName { organization: "acme".to_owned(), team: "security".to_owned() };
        let repository = Repository { owner: "acme".to_owned(), name: "vault".to_owned(), token: None };
        let organization = |name: &str, teams| Membership::Organization { name: name.to_owned(), teams };
        [
            ("organization", Vec::new(), organization("globex", Vec::new())),
            ("team of the organization", Vec::new(), organization("acme", vec!["security".to_owned()])),
            ("team", Vec::new(), Membership::Anywhere { teams: vec![team], repository: None }),
            ("repository", Vec::new(), Membership::Anywhere { teams: Vec::new(), repository: Some(repository) }),
            ("user", vec!["bob".to_owned()], Membership::default()),
        ]
        .into_iter()
        .map(|(name, users, membership)| {
            let restrictions = Restrictions { users, membership };
            (name, sidecar_providers::Settings::GitHub(GitHubSettings { restrictions, ..settings(idp) }))
        })
        .collect()
    }
}

crate::contract!(GitHub);

fn settings(idp: &Idp) -> GitHubSettings {
    let url = |path| Some(EndpointUrl::parse(&idp.url(path)).unwrap());
    GitHubSettings {
        registration: Registration::new("app", SecretSource::Value(Secret::from(CLIENT_SECRET))),
        endpoints: EndpointOverrides {
            authorization: url("/login/oauth/authorize"),
            token: url(TOKEN),
            profile: None,
            validate: url(API),
        },
        resource: None,
        restrictions: Restrictions::default(),
        session_lifetime: Some(Duration::from_hours(168)),
    }
}

/// Alice, who is a member of acme and of its team platform.
fn admit(idp: &Idp) {
    idp.says(TOKEN, Reply::body("access_token=marked-access&scope=read%3Aorg&token_type=bearer"));
    let empty = || Reply::Json(json!([]));
    idp.says_in_turn(ORGANIZATIONS, [Reply::Json(json!([{"login": "acme", "id": 1}])), empty()]);
    let team = json!([{"name": "The Platform", "slug": "platform", "organization": {"login": "acme"}}]);
    idp.says_in_turn(TEAMS, [Reply::Json(team), empty()]);
    idp.says(EMAILS, Reply::Json(json!([{"email": "alice@example.com", "primary": true, "verified": true}])));
    idp.says(USER, Reply::Json(json!({"login": "alice", "id": 7, "email": null})));
    idp.says(API, Reply::Json(json!({})));
}

fn built(idp: &Idp, change: impl FnOnce(&mut GitHubSettings)) -> Arc<dyn Provider> {
    let mut settings = settings(idp);
    change(&mut settings);
    build(sidecar_providers::Settings::GitHub(settings), client(), background()).unwrap()
}

async fn log_in(provider: &Arc<dyn Provider>) -> Result<Session, (Verdict, String)> {
    let attempt = provider.new_attempt().unwrap();
    let redeemed = provider.redeem(callback(&attempt), REDIRECT_URI, now()).await;
    redeemed.map_err(|error| (error.verdict(), told(&error)))
}

/// A page of organizations with these names.
fn page(names: &[String]) -> Reply {
    Reply::Json(names.iter().map(|name| json!({"login": name})).collect::<Value>())
}
