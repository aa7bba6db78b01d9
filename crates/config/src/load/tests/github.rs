//! GitHub and its like.

use std::time::Duration;

use sidecar_providers::Settings as Provider;
use sidecar_providers::{GitHubSettings, Membership, TeamName};
use sidecar_session::Part;

use super::*;

fn github() -> Start {
    Start::minimal().with("PROVIDER", "github").with("OIDC_ISSUER_URL", "")
}

fn settings(start: &Start) -> GitHubSettings {
    let Provider::GitHub(settings) = start.config().provider else { panic!("another provider") };
    settings
}

fn membership(start: &Start) -> Membership {
    settings(start).restrictions.membership
}

fn team(organization: &str, team: &str) -> TeamName {
    TeamName { organization: organization.to_owned(), team: team.to_owned() }
}

#[test]
fn a_client_of_github_com_needs_no_issuer_and_no_endpoint() {
    let settings = settings(&github());
    assert!(settings.endpoints.authorization.is_none() && settings.endpoints.validate.is_none());
    assert_eq!((settings.registration.scope, settings.resource), (None, None));
    assert!(settings.restrictions.users.is_empty());
    assert_eq!(settings.session_lifetime, Some(Duration::from_hours(168)));
    assert!(matches!(settings.restrictions.membership, Membership::Anywhere { repository: None, .. }));
    assert_eq!(github().with("EMAIL_DOMAINS", "example.com").warnings(), Start::minimal().warnings());
    let faults = github().with("CLIENT_ID", "").with("CLIENT_SECRET", "").faults();
    assert!(faults[0].starts_with("client-id ") && faults[1].starts_with("client-secret "), "{faults:?}");
}

#[test]
fn an_organization_and_teams_of_it_are_names_alone() {
    let start = github().with("GITHUB_ORG", "acme").with("GITHUB_TEAM", " platform,Ops ");
    let Membership::Organization { name, teams } = membership(&start) else { panic!("an organization") };
    assert_eq!((name.as_str(), teams), ("acme", vec!["platform".to_owned(), "Ops".to_owned()]));
    let start = github().with("GITHUB_ORG", "acme");
    assert!(matches!(membership(&start), Membership::Organization { teams, .. } if teams.is_empty()));
    // As in oauth2-proxy, such an entry matches nobody; the others count.
    let start = github().with("GITHUB_ORG", "acme").with("GITHUB_TEAM", "acme:x,ops");
    assert!(matches!(membership(&start), Membership::Organization { teams, .. } if teams == ["ops"]));
    assert!(start.warnings().iter().any(|warning| warning.contains("\"acme:x\" lets nobody in")));
}

#[test]
fn teams_without_an_organization_say_theirs() {
    let start = github().with("GITHUB_TEAM", "acme:platform, globex:staff");
    let Membership::Anywhere { teams, repository: None } = membership(&start) else { panic!("teams alone") };
    assert_eq!(teams, [team("acme", "platform"), team("globex", "staff")]);
}

#[test]
fn a_repository_is_asked_for_with_the_visitors_token_or_the_operators() {
    let start = github().with("GITHUB_REPO", "acme/private.repo-1_x");
    let Membership::Anywhere { repository: Some(repository), .. } = membership(&start) else { panic!("a repository") };
    assert_eq!((repository.owner.as_str(), repository.name.as_str()), ("acme", "private.repo-1_x"));
    assert!(repository.token.is_none());
    let start = start.with("GITHUB_TOKEN", "marked-token");
    let Membership::Anywhere { repository: Some(repository), .. } = membership(&start) else { panic!("a repository") };
    assert_eq!(repository.token.map(|token| token.expose().clone()).as_deref(), Some("marked-token"));
    assert!(!format!("{:?}", start.config()).contains("marked-token"));
}

#[test]
fn a_restriction_that_cannot_mean_anything_is_refused() {
    for (name, value, said) in [
        ("GITHUB_ORG", "acme,globex", "\"acme,globex\" is no organization"),
        ("GITHUB_ORG", "acme:x", "is no organization"),
        ("GITHUB_ORG", " acme", "is no organization"),
        ("GITHUB_TEAM", "platform", "does not say a team and its organization; write ORGANIZATION:SLUG"),
        ("GITHUB_TEAM", "acme:", "does not say a team"),
        ("GITHUB_TEAM", ":platform", "does not say a team"),
        ("GITHUB_TEAM", "acme:platform:x", "does not say a team"),
        ("GITHUB_TEAM", "acme:a,,acme:b", "has an empty element"),
        ("GITHUB_REPO", "private-repo", "is no repository; write OWNER/NAME"),
        ("GITHUB_REPO", "acme/a/b", "is no repository"),
        ("GITHUB_REPO", "acme/..", "is no repository"),
        ("GITHUB_REPO", "acme/a?b", "is no repository"),
        ("GITHUB_REPO", "https://github.com/acme/a", "is no repository"),
        ("GITHUB_REPO", "/a", "is no repository"),
        ("GITHUB_USERS", "alice,", "has an empty element"),
        ("VALIDATE_URL", "ghe.example/api/v3", "not an absolute URL"),
    ] {
        let fault = github().with(name, value).fault();
        assert!(fault.contains(said), "{name}={value}: {fault}");
    }
    let fault = github().with("GITHUB_ORG", "acme").with("GITHUB_TEAM", "acme:platform").fault();
    assert!(fault.contains("names no team of github-org"), "{fault}");
    for flag in ["--github-org=", "--github-team=", "--github-repo=", "--github-user="] {
        let fault = github().flag(flag).fault();
        assert!(fault.contains("empty"), "{flag}: {fault}");
    }
}

#[test]
fn what_oauth2_proxy_leaves_without_effect_is_told() {
    let told = |start: Start| {
        let warnings = start.config().warnings;
        let ours = warnings.into_iter().filter(|warning| warning.subject.starts_with("github-"));
        ours.map(|warning| format!("{} {}", warning.subject, warning.message)).collect::<Vec<_>>()
    };
    let start = github().with("GITHUB_ORG", "acme").with("GITHUB_REPO", "acme/x");
    assert!(matches!(membership(&start), Membership::Organization { .. }));
    assert_eq!(told(start), ["github-repo it is not looked at beside github-org, as in oauth2-proxy"]);
    let start = github().with("GITHUB_USERS", "alice").with("GITHUB_TEAM", "acme:platform");
    assert!(told(start)[0].starts_with("github-team it lets nobody in beside github-user"));
    assert_eq!(told(github().with("GITHUB_TOKEN", "marked")), ["github-token it is used with github-repo alone"]);
    let start =
        Start::minimal().with("GITHUB_ORG", "acme").with("GITHUB_USERS", "alice").with("GITHUB_TOKEN", "marked");
    assert_eq!(
        told(start),
        [
            "github-org it is used by the provider github alone, so it restricts nobody",
            "github-user it is used by the provider github alone, so it restricts nobody",
            "github-token it is used by the provider github alone",
        ]
    );
}

#[test]
fn another_server_is_named_by_all_three_endpoints() {
    let told = |start: &Start| {
        start.warnings().into_iter().filter(|warning| warning.contains("github.com")).collect::<Vec<_>>()
    };
    let start = github().with("LOGIN_URL", "https://git.example/login/oauth/authorize");
    assert_eq!(told(&start).len(), 2);
    assert!(told(&start)[0].contains("redeem-url is left at github.com's"), "{:?}", told(&start));
    let start = start
        .with("REDEEM_URL", "https://git.example/login/oauth/access_token")
        .with("VALIDATE_URL", "https://git.example/api/v1/user/emails");
    assert!(told(&start).is_empty());
    assert!(told(&github().with("LOGIN_URL", "https://github.com/login/oauth/authorize?login=x")).is_empty());
}

#[test]
fn a_session_keeps_what_a_restriction_looks_at() {
    let kept = |start: Start| start.config().sessions.needed;
    let without = || github().with("PASS_USER_HEADERS", "false").with("PASS_BASIC_AUTH", "false");
    assert!(kept(without()).is_empty());
    assert_eq!(kept(without().with("GITHUB_ORG", "acme")), [Part::Groups]);
    assert_eq!(kept(without().with("GITHUB_TEAM", "acme:x")), [Part::Groups]);
    assert_eq!(kept(without().with("GITHUB_REPO", "acme/x")), [Part::AccessToken]);
    assert!(kept(without().with("GITHUB_REPO", "acme/x").with("GITHUB_TOKEN", "t")).is_empty());
    let minimal = without().with("SESSION_COOKIE_MINIMAL", "true").with("GITHUB_REPO", "acme/x");
    let fault = minimal.fault();
    assert!(fault.starts_with("github-repo ") && fault.contains("needs the access token"), "{fault}");
    minimal.with("GITHUB_TOKEN", "t").config();
}
