//! The groups of a visitor, as Microsoft Graph tells them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use sidecar_core::Secret;
use sidecar_oidc::{ApiHeaders, Call, CallError, Client, EndpointUrl};
use tokio::time::timeout;

use crate::limits::{MAX_GRAPH_PAGES, PAGES_TIME};

/// Where it is, for everybody but the national clouds.
const HOST: &str = "https://graph.microsoft.com";

/// The memberships of the visitor whose token it is asked with, nested ones included.
#[derive(Clone, Debug)]
pub(crate) struct Memberships {
    /// The first page.
    pub(crate) first: EndpointUrl,
    /// The attribute of a group that names it.
    pub(crate) field: String,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Map<String, Value>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// [`HOST`], for settings.
pub(crate) fn host() -> EndpointUrl {
    EndpointUrl::from_static(HOST)
}

/// The address of `path` at the host of `base`.
#[expect(clippy::expect_used, reason = "both texts are written in this crate, or checked by `config`")]
pub(crate) fn at(base: &EndpointUrl, path: &str, query: Option<&str>) -> EndpointUrl {
    base.with_path_and_query(path, query).expect("another path at the same host is an address too")
}

impl Memberships {
    /// Asks for all pages, in their order. A group without the attribute is left out.
    ///
    /// # Errors
    /// [`CallError`] for any page: some of the groups are no answer. A page that leads to another origin is a fault, since the
    /// access token would go there; so are too many pages, and a name that is no text.
    pub(crate) async fn ask(&self, client: &Client, access_token: &Secret<String>) -> Result<Vec<String>, CallError> {
        let all = timeout(PAGES_TIME, self.pages(client, access_token)).await;
        all.unwrap_or_else(|_| Err(CallError::timed_out(Call::Groups, &self.first)))
    }

    async fn pages(&self, client: &Client, access_token: &Secret<String>) -> Result<Vec<String>, CallError> {
        let headers = ApiHeaders::bearer(access_token).and("consistencylevel", "eventual");
        let mut groups = Vec::new();
        let mut url = self.first.clone();
        for _ in 0..MAX_GRAPH_PAGES {
            let page: Page = client.get_json(Call::Groups, &url, headers.clone()).await?;
            for group in &page.value {
                match group.get(&self.field) {
                    Some(Value::String(name)) if !name.is_empty() => groups.push(name.clone()),
                    None | Some(Value::Null | Value::String(_)) => {}
                    Some(_) => return Err(self.document("the name of a group is no text")),
                }
            }
            let Some(next) = page.next.filter(|next| !next.is_empty()) else { return Ok(groups) };
            let next = EndpointUrl::parse(&next).ok().filter(|next| next.is_same_origin(&self.first));
            url = next.ok_or_else(|| self.document("a page of groups leads elsewhere"))?;
        }
        Err(self.document("there is no end of pages of groups"))
    }

    fn document(&self, what: &'static str) -> CallError {
        CallError::document(Call::Groups, &self.first, what)
    }
}

/// Appends `more` to `groups`, each name once.
pub(crate) fn join(groups: &mut Vec<String>, more: Vec<String>) {
    let mut known = HashSet::new();
    groups.extend(more);
    groups.retain(|group| known.insert(group.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_at_the_host_whatever_its_own_path_is() {
        let base = EndpointUrl::parse("https://graph.example:8443/oidc/userinfo?x=1").unwrap();
        let url = at(&base, "/v1.0/me/transitiveMemberOf", Some("$select=id&$filter=securityEnabled+eq+true"));
        assert_eq!(
            url.as_url().as_str(),
            "https://graph.example:8443/v1.0/me/transitiveMemberOf?$select=id&$filter=securityEnabled+eq+true"
        );
        assert_eq!(host().to_string(), "https://graph.microsoft.com/");
    }

    #[test]
    fn joined_groups_keep_their_order_and_occur_once() {
        let mut groups = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
        join(&mut groups, vec!["c".to_owned(), "a".to_owned()]);
        assert_eq!(groups, ["b", "a", "c"]);
    }
}
