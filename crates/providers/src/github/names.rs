//! Names of organizations and teams, as they become groups of a session.

use std::collections::HashSet;

use serde::Deserialize;
use sidecar_oidc::Object;

use crate::limits::MAX_MEMBERSHIPS;

/// An element of the list of organizations. GitHub names it by `login`, Gitea by `name`.
#[derive(Deserialize)]
pub(super) struct Organization {
    login: Option<String>,
    name: Option<String>,
}

/// An element of the list of teams. GitHub names it by `slug`, Gitea by `name`.
#[derive(Deserialize)]
pub(super) struct Team {
    slug: Option<String>,
    name: Option<String>,
    organization: Option<Object<Organization>>,
}

/// Something that makes a visitor a member of a group.
pub(super) trait Named {
    /// The group; empty when there is no name.
    fn group(&self) -> Group;
}

/// The parts of a group's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Organization(String),
    Team(String, String),
}

impl Named for Organization {
    fn group(&self) -> Group {
        Group::Organization(text(self.login.as_ref()).or(text(self.name.as_ref())).unwrap_or_default())
    }
}

impl Named for Team {
    fn group(&self) -> Group {
        let of = self.organization.as_ref().map(|Object(organization)| organization);
        let of_gitea = || (text(of.and_then(|of| of.name.as_ref())), text(self.name.as_ref()));
        let (organization, team) = match text(of.and_then(|of| of.login.as_ref())) {
            Some(login) => (Some(login), text(self.slug.as_ref())),
            None => of_gitea(),
        };
        Group::Team(organization.unwrap_or_default(), team.unwrap_or_default())
    }
}

fn text(member: Option<&String>) -> Option<String> {
    member.filter(|text| !text.is_empty()).cloned()
}

impl Group {
    /// The text in a session: `acme`, `acme:platform`. `None` for a name that could be taken for another one, which no
    /// server of this kind gives: empty, with a colon (an organization `acme:platform` is no team of acme), with a comma
    /// (groups are told to the app in a list) or with control characters.
    fn to_text(&self) -> Option<String> {
        let is_name = |name: &str| !name.is_empty() && !name.contains([':', ',']) && !name.contains(char::is_control);
        match self {
            Self::Organization(name) => is_name(name).then(|| name.clone()),
            Self::Team(organization, team) => {
                (is_name(organization) && is_name(team)).then(|| format!("{organization}:{team}"))
            }
        }
    }
}

/// The groups of a list that comes in pages.
#[derive(Default)]
pub(super) struct Groups {
    seen: HashSet<Group>,
    texts: Vec<String>,
    left_out: usize,
}

/// What a page did to the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// There may be more.
    New,
    /// It was empty, or nothing on it was new, as with a server that does not know pages.
    Last,
    /// The list is longer than a person's memberships are.
    TooMany,
}

impl Groups {
    pub(super) fn take(&mut self, page: &[impl Named]) -> Page {
        let before = self.seen.len();
        for group in page.iter().map(Named::group) {
            let text = group.to_text();
            if !self.seen.insert(group) {
                continue;
            }
            match text {
                Some(text) => self.texts.push(text),
                None => self.left_out += 1,
            }
            if self.seen.len() > MAX_MEMBERSHIPS {
                return Page::TooMany;
            }
        }
        if self.seen.len() == before { Page::Last } else { Page::New }
    }

    /// The texts, in the order in which they came, each once.
    pub(super) fn into_texts(self) -> Vec<String> {
        if self.left_out > 0 {
            tracing::warn!(count = self.left_out, "organizations or teams without a proper name are left out");
        }
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups<T: Named + serde::de::DeserializeOwned>(json: &str) -> Vec<String> {
        let mut groups = Groups::default();
        groups.take(&serde_json::from_str::<Vec<T>>(json).unwrap());
        groups.into_texts()
    }

    #[test]
    fn github_and_gitea_name_them_differently() {
        assert_eq!(
            groups::<Organization>(r#"[{"login":"acme","id":1}, {"name":"globex","full_name":"G"}]"#),
            ["acme", "globex"]
        );
        assert_eq!(groups::<Organization>(r#"[{"login":"","name":"acme"}, {"login":null,"name":"x"}]"#), ["acme", "x"]);
        let github = r#"[{"name":"The Platform","slug":"platform","organization":{"login":"acme","name":"Acme"}}]"#;
        assert_eq!(groups::<Team>(github), ["acme:platform"]);
        let gitea = r#"[{"name":"Platform","organization":{"name":"acme","full_name":"Acme: Inc"}}]"#;
        assert_eq!(groups::<Team>(gitea), ["acme:Platform"]);
    }

    #[test]
    fn a_name_that_could_be_taken_for_another_is_left_out() {
        for name in ["", "acme:platform", ":", "a,b", "a\\u0000b", "a\\nb", "a\\u0085b"] {
            let json = format!(r#"[{{"login":"{name}"}}, {{"login":"good"}}]"#);
            assert_eq!(groups::<Organization>(&json), ["good"], "{name}");
            let json = format!(
                r#"[{{"slug":"{name}","organization":{{"login":"acme"}}}}, {{"slug":"t","organization":{{"login":"{name}"}}}}]"#
            );
            assert!(groups::<Team>(&json).is_empty(), "{name}");
        }
        assert!(groups::<Team>(r#"[{"slug":"t"}, {"slug":"t","organization":null}, {}]"#).is_empty());
    }

    #[test]
    fn a_page_with_nothing_new_is_the_last() {
        let page = |json| serde_json::from_str::<Vec<Organization>>(json).unwrap();
        let mut groups = Groups::default();
        assert_eq!(groups.take(&page(r#"[{"login":"a"},{"login":"b"}]"#)), Page::New);
        assert_eq!(groups.take(&page(r#"[{"login":"b"},{"login":"c"}]"#)), Page::New);
        assert_eq!(groups.take(&page(r#"[{"login":"b"},{"login":"a"}]"#)), Page::Last);
        assert_eq!(groups.take(&page("[]")), Page::Last);
        assert_eq!(groups.into_texts(), ["a", "b", "c"]);
    }

    #[test]
    fn a_list_without_end_is_cut_off() {
        let many: Vec<String> = (0..=MAX_MEMBERSHIPS).map(|number| format!(r#"{{"login":"o{number}"}}"#)).collect();
        let page: Vec<Organization> = serde_json::from_str(&format!("[{}]", many.join(","))).unwrap();
        assert_eq!(Groups::default().take(&page), Page::TooMany);
    }
}
