//! The settings of GitHub and of what speaks as it does.

use sidecar_oidc::EndpointOverrides;
use sidecar_providers::Id;
use sidecar_providers::{GitHubSettings, Membership, Repository, Restrictions, TeamName};

use super::judge::{Judge, given};
use super::provider::Said;
use super::registration::{overrides, registration};
use crate::fault::quote;
use crate::options::Options;
use crate::written::Written;

/// What GitHub is told.
pub(super) fn settings(said: Said<'_>, judge: &mut Judge) -> Option<GitHubSettings> {
    let options = said.options;
    let registration = registration(said, judge);
    let endpoints = overrides(options, judge);
    let restrictions = restrictions(options, judge);
    if let Some(endpoints) = &endpoints {
        half_moved(options, endpoints, judge);
    }
    Some(GitHubSettings {
        registration: registration?,
        endpoints: endpoints?,
        resource: given(&options.resource).map(str::to_owned),
        restrictions: restrictions?,
        // compat: a session for which the provider says no end has that of its cookie, and keeps it when it is renewed.
        session_lifetime: options.cookie_expire.value.to_std().filter(|lifetime| !lifetime.is_zero()),
    })
}

/// Tells what no other kind of provider uses.
pub(super) fn unused(options: &Options, judge: &mut Judge) {
    let message = "it is used by the provider github alone, so it restricts nobody";
    for written in [&options.github_org, &options.github_team, &options.github_repo] {
        if !written.value.is_empty() {
            judge.warn(written, message);
        }
    }
    if !options.github_users.value.is_empty() {
        judge.warn(&options.github_users, message);
    }
    if !options.github_token.value.expose().is_empty() {
        judge.warn(&options.github_token, "it is used by the provider github alone");
    }
}

/// Whether a session has to say at every request which organizations and teams it is of (D41).
pub(super) fn reads_groups(options: &Options) -> bool {
    is_github(options) && !(options.github_org.value.is_empty() && options.github_team.value.is_empty())
}

/// Whether a session needs its access token to be asked about (D41).
pub(super) fn asks_with_access_token(options: &Options) -> bool {
    is_github(options)
        && !options.github_repo.value.is_empty()
        && options.github_org.value.is_empty()
        && options.github_token.value.expose().is_empty()
}

fn is_github(options: &Options) -> bool {
    options.provider.value == Id::GitHub.as_str()
}

fn restrictions(options: &Options, judge: &mut Judge) -> Option<Restrictions> {
    let users: Vec<String> = judge.restriction(&options.github_users).map(str::to_owned).collect();
    let organization = organization(&options.github_org, judge)?;
    let repository = repository(options, judge)?;
    let membership = if let Some(name) = organization {
        if repository.is_some() {
            judge.warn(&options.github_repo, "it is not looked at beside github-org, as in oauth2-proxy");
        }
        Membership::Organization { name, teams: teams_of_one(&options.github_team, judge)? }
    } else {
        let teams = teams_of_any(&options.github_team, judge)?;
        if !teams.is_empty() && !users.is_empty() && repository.is_none() {
            let message = "it lets nobody in beside github-user without github-org or github-repo, as in oauth2-proxy";
            judge.warn(&options.github_team, message);
        }
        Membership::Anywhere { teams, repository }
    };
    Some(Restrictions { users, membership })
}

/// What the names of organizations and teams have none of: the first would make one name of two, and with the others no name
/// is ever equal.
fn is_name(name: &str) -> bool {
    let is_foreign = |letter: char| letter.is_whitespace() || letter.is_control() || ":,/".contains(letter);
    !name.is_empty() && !name.contains(is_foreign)
}

/// A text that restricts. Empty, it would restrict nothing (D60); outside `None` is a fault.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether it is given")]
fn restriction<'a>(written: &'a Written<String>, judge: &mut Judge) -> Option<Option<&'a str>> {
    if written.is_set() && written.value.is_empty() {
        judge.refuse(written, "is empty, which would restrict nothing", "leave the option out, or write a name");
        return None;
    }
    Some(given(written))
}

#[expect(clippy::option_option, reason = "as above")]
fn organization(written: &Written<String>, judge: &mut Judge) -> Option<Option<String>> {
    let Some(name) = restriction(written, judge)? else { return Some(None) };
    if !is_name(name) {
        judge.refuse(written, format!("{} is no organization", quote(name)), "write the name of one organization");
        return None;
    }
    Some(Some(name.to_owned()))
}

/// The teams of the one organization that is demanded.
fn teams_of_one(written: &Written<String>, judge: &mut Judge) -> Option<Vec<String>> {
    let mut teams = Vec::new();
    for entry in entries(written, judge)? {
        let name = entry.value;
        if is_name(name) {
            teams.push(name.to_owned());
        } else if name.contains(':') {
            // compat: such an entry lets nobody in, and leaves the others alone.
            let message = format!("{} lets nobody in: github-org names the organization already", quote(name));
            judge.warn(&entry, message);
        } else {
            judge.refuse(&entry, format!("{} is no team", quote(name)), "write the slug of a team");
            return None;
        }
    }
    if teams.is_empty() && !written.value.is_empty() {
        judge.refuse(written, "names no team of github-org", "write the slug of a team, without its organization");
        return None;
    }
    Some(teams)
}

/// Teams that say which organization they are of.
fn teams_of_any(written: &Written<String>, judge: &mut Judge) -> Option<Vec<TeamName>> {
    let mut teams = Vec::new();
    for entry in entries(written, judge)? {
        match entry.value.split_once(':') {
            Some((organization, team)) if is_name(organization) && is_name(team) => {
                teams.push(TeamName { organization: organization.to_owned(), team: team.to_owned() });
            }
            Some(_) | None => {
                let instead = "write ORGANIZATION:SLUG, or set github-org";
                let reason = format!("{} does not say a team and its organization", quote(entry.value));
                judge.refuse(&entry, reason, instead);
                return None;
            }
        }
    }
    Some(teams)
}

/// The parts between the commas.
fn entries<'a>(written: &'a Written<String>, judge: &mut Judge) -> Option<Vec<Written<&'a str>>> {
    let Some(text) = restriction(written, judge)? else { return Some(Vec::new()) };
    let entries = text.split(',').enumerate();
    let entries: Vec<_> =
        entries.map(|(at, entry)| Written { element: Some(at), ..written.with(entry.trim()) }).collect();
    if let Some(empty) = entries.iter().find(|entry| entry.value.is_empty()) {
        judge.refuse(empty, "has an empty element", "remove it; a comma too many makes one");
        return None;
    }
    Some(entries)
}

#[expect(clippy::option_option, reason = "as above")]
fn repository(options: &Options, judge: &mut Judge) -> Option<Option<Repository>> {
    let written = &options.github_repo;
    let token = Some(&options.github_token.value).filter(|token| !token.expose().is_empty()).cloned();
    let Some(text) = restriction(written, judge)? else {
        if token.is_some() {
            judge.warn(&options.github_token, "it is used with github-repo alone");
        }
        return Some(None);
    };
    let is_step = |step: &str| {
        step.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && step.bytes().any(|byte| byte != b'.')
    };
    match text.split_once('/') {
        Some((owner, name)) if is_step(owner) && is_step(name) => {
            Some(Some(Repository { owner: owner.to_owned(), name: name.to_owned(), token }))
        }
        Some(_) | None => {
            judge.refuse(written, format!("{} is no repository", quote(text)), "write OWNER/NAME");
            None
        }
    }
}

/// Another server needs all three of its endpoints; of those that are left out, github.com's are used.
fn half_moved(options: &Options, endpoints: &EndpointOverrides, judge: &mut Judge) {
    let all = [
        (&options.login_url, &endpoints.authorization),
        (&options.redeem_url, &endpoints.token),
        (&options.validate_url, &endpoints.validate),
    ];
    let is_elsewhere = |host: Option<&str>| !matches!(host, Some("github.com" | "api.github.com"));
    let moved = all.iter().find(|(_, url)| url.as_ref().is_some_and(|url| is_elsewhere(url.as_url().host_str())));
    let Some((moved, _)) = moved else { return };
    for (left_out, _) in all.iter().filter(|(_, url)| url.is_none()) {
        let message = format!("it names another server, while {} is left at github.com's", left_out.option);
        judge.warn(moved, message);
    }
}
