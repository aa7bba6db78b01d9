//! Who may sign in: users, an organization with teams of it, teams of any organization, a repository.

use sidecar_core::policy::{Requirement, Standing};
use sidecar_core::{Secret, Session};

/// What is demanded of a visitor.
#[derive(Clone, Debug, Default)]
pub struct Restrictions {
    /// Logins that pass whatever [`Restrictions::membership`] says, compared exactly. With neither an organization nor a
    /// repository demanded, nobody else passes.
    pub users: Vec<String>,
    /// What everybody else must have.
    pub membership: Membership,
}

/// What a visitor must be a member of. With an organization no repository is asked for.
#[derive(Clone, Debug)]
pub enum Membership {
    /// Of an organization.
    Organization {
        /// Its name: compared exactly without teams, and in any case of its letters with them.
        name: String,
        /// And of one of these teams of it, if there are any, in any case of their letters.
        teams: Vec<String>,
    },
    /// Of teams and repositories of any organization.
    Anywhere {
        /// One of these teams, if there are any.
        teams: Vec<TeamName>,
        /// And this repository.
        repository: Option<Repository>,
    },
}

/// A team of an organization; both are compared in any case of their letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamName {
    /// The organization.
    pub organization: String,
    /// The team, by its slug where it has one.
    pub team: String,
}

/// A repository that a visitor must have access to.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Whose it is.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// With one, the visitor must be a collaborator, which this token asks for. Without, the visitor must be able to push,
    /// or to pull what is private, which the visitor's own access token tells.
    pub token: Option<Secret<String>>,
}

impl Default for Membership {
    /// Nothing is demanded.
    fn default() -> Self {
        Self::Anywhere { teams: Vec::new(), repository: None }
    }
}

impl Restrictions {
    pub(super) fn repository(&self) -> Option<&Repository> {
        match &self.membership {
            Membership::Organization { .. } => None,
            Membership::Anywhere { repository, .. } => repository.as_ref(),
        }
    }

    /// What the session tells about itself. Runs on every request.
    pub(super) fn standing(&self, session: &Session) -> Standing {
        if session.user.as_ref().is_some_and(|user| self.users.contains(user)) {
            return Standing::Met;
        }
        let requirement = match &self.membership {
            Membership::Organization { name, teams } => organization(session, name, teams),
            // compat: with users, teams let nobody else in unless a repository is demanded, too (quirk Q9).
            Membership::Anywhere { repository: None, .. } if !self.users.is_empty() => Some(Requirement::User),
            Membership::Anywhere { teams, .. } => any_team(session, teams),
        };
        match (requirement, self.repository()) {
            (Some(requirement), _) => Standing::Unmet(requirement),
            (None, Some(_)) => Standing::Unasked,
            (None, None) => Standing::Met,
        }
    }
}

/// What is missing of an organization and one of its teams.
fn organization(session: &Session, name: &str, teams: &[String]) -> Option<Requirement> {
    if teams.is_empty() {
        // compat: compared exactly here, and in any case of the letters with a team (quirk Q8).
        return (!session.groups.iter().any(|group| group == name)).then_some(Requirement::Organization);
    }
    let mut lacking = Requirement::Organization;
    for team in session.groups.iter().filter_map(|group| team_of(name, group)) {
        if teams.iter().any(|wanted| is_same(wanted, team)) {
            return None;
        }
        lacking = Requirement::Team;
    }
    Some(lacking)
}

/// What is missing of teams, each of any organization.
fn any_team(session: &Session, teams: &[TeamName]) -> Option<Requirement> {
    let is_in = |wanted: &TeamName| {
        let mut of_organization = session.groups.iter().filter_map(|group| team_of(&wanted.organization, group));
        of_organization.any(|team| is_same(&wanted.team, team))
    };
    (!teams.is_empty() && !teams.iter().any(is_in)).then_some(Requirement::Team)
}

/// The team that a group is, if it is one of this organization. A group with a second colon is none that anybody demands: no
/// name has one in it. Looks at the few letters that decide, since a visitor may have hundreds of groups.
fn team_of<'a>(organization: &str, group: &'a str) -> Option<&'a str> {
    let (name, rest) = group.split_at_checked(organization.len())?;
    let team = rest.strip_prefix(':')?;
    is_same(organization, name).then_some(team)
}

/// Names have ASCII letters. Others are compared as they are: what merely folds to a letter of a name is not that name.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(user: &str, groups: &[&str]) -> Session {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Session { user: Some(user.to_owned()), groups, ..Session::default() }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn organization(name: &str, teams: &[&str]) -> Membership {
        Membership::Organization { name: name.to_owned(), teams: texts(teams) }
    }

    fn teams(names: &[(&str, &str)], repository: Option<Repository>) -> Membership {
        let name = |(organization, team): &(&str, &str)| TeamName {
            organization: (*organization).to_owned(),
            team: (*team).to_owned(),
        };
        Membership::Anywhere { teams: names.iter().map(name).collect(), repository }
    }

    fn with_repository(names: &[(&str, &str)]) -> Membership {
        let repository = Repository { owner: "acme".to_owned(), name: "private".to_owned(), token: None };
        teams(names, Some(repository))
    }

    /// What becomes of somebody with these groups, who is on the list when `user` is alice.
    fn standing(users: &[&str], membership: Membership, user: &str, groups: &[&str]) -> Standing {
        Restrictions { users: texts(users), membership }.standing(&session(user, groups))
    }

    const MET: Standing = Standing::Met;
    const NO_USER: Standing = Standing::Unmet(Requirement::User);
    const NO_ORGANIZATION: Standing = Standing::Unmet(Requirement::Organization);
    const NO_TEAM: Standing = Standing::Unmet(Requirement::Team);

    #[test]
    fn an_organization_is_compared_exactly_alone_and_in_any_case_with_teams() {
        for (name, wanted, groups, expected) in [
            ("acme", &[][..], &["acme"][..], MET),
            ("acme", &[], &["globex", "acme"], MET),
            ("acme", &[], &["Acme"], NO_ORGANIZATION),
            ("acme", &[], &["acme:platform"], NO_ORGANIZATION),
            ("acme", &[], &["acme2", ""], NO_ORGANIZATION),
            ("acme", &[], &[], NO_ORGANIZATION),
            ("acme", &["platform"], &["acme:platform"], MET),
            ("acme", &["platform"], &["ACME:Platform"], MET),
            ("acme", &["ops", "platform"], &["acme", "acme:other", "acme:platform"], MET),
            ("acme", &["platform"], &["acme:other"], NO_TEAM),
            ("acme", &["platform"], &["acme:other", "globex:platform"], NO_TEAM),
            ("acme", &["platform"], &["globex:platform"], NO_ORGANIZATION),
            // compat: without any team of it, the organization itself is what is missing.
            ("acme", &["platform"], &["acme"], NO_ORGANIZATION),
            ("acme", &["platform"], &["platform"], NO_ORGANIZATION),
        ] {
            let standing = standing(&[], organization(name, wanted), "bob", groups);
            assert_eq!(standing, expected, "{name} {wanted:?} {groups:?}");
        }
    }

    #[test]
    fn teams_alone_are_of_any_organization() {
        let wanted = [("acme", "platform"), ("globex", "staff")];
        for (groups, expected) in [
            (&["acme:platform"][..], MET),
            (&["x:y", "Globex:STAFF"], MET),
            (&["acme:staff"], NO_TEAM),
            (&["acme", "platform"], NO_TEAM),
            (&[], NO_TEAM),
        ] {
            assert_eq!(standing(&[], teams(&wanted, None), "bob", groups), expected, "{groups:?}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_another_is_not_it() {
        for group in
            ["acme:platform:x", "acme::platform", ":platform", "acme:", "acme:plat\u{17f}orm", "acme :platform"]
        {
            assert_ne!(standing(&[], organization("acme", &["platform"]), "bob", &[group]), MET, "{group}");
            assert_ne!(standing(&[], teams(&[("acme", "platform")], None), "bob", &[group]), MET, "{group}");
            assert_ne!(standing(&[], organization("acme", &[]), "bob", &[group]), MET, "{group}");
        }
        // U+212A, which folds to k.
        assert_ne!(standing(&[], organization("kube", &["ops"]), "bob", &["\u{212a}ube:ops"]), MET);
    }

    #[test]
    fn a_listed_user_passes_everything_and_others_what_is_left() {
        let users = &["alice", "dave"][..];
        for (user, membership, groups, expected) in [
            ("alice", Membership::default(), &[][..], MET),
            ("alice", organization("acme", &["platform"]), &[], MET),
            ("alice", with_repository(&[("acme", "platform")]), &[], MET),
            ("Alice", Membership::default(), &[], NO_USER),
            ("bob", Membership::default(), &["acme"], NO_USER),
            ("bob", organization("acme", &[]), &["acme"], MET),
            ("bob", organization("acme", &[]), &["globex"], NO_ORGANIZATION),
            // compat: quirk Q9.
            ("bob", teams(&[("acme", "platform")], None), &["acme:platform"], NO_USER),
            ("bob", with_repository(&[("acme", "platform")]), &["acme:platform"], Standing::Unasked),
            ("bob", with_repository(&[("acme", "platform")]), &["acme:other"], NO_TEAM),
            ("bob", with_repository(&[]), &[], Standing::Unasked),
        ] {
            let shown = format!("{user} {membership:?} {groups:?}");
            assert_eq!(standing(users, membership, user, groups), expected, "{shown}");
        }
        let nobody = Session::default();
        let restrictions = Restrictions { users: texts(users), membership: Membership::default() };
        assert_eq!(restrictions.standing(&nobody), NO_USER);
        assert_eq!(Restrictions::default().standing(&nobody), MET);
    }
}
