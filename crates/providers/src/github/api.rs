//! The calls of the API.

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sidecar_core::Secret;
use sidecar_oidc::{ApiHeaders, Call, CallError, Client, EndpointUrl, Object};
use tokio::time::timeout;

use super::names::{Groups, Named, Organization, Page, Team};
use super::restrictions::Repository;
use crate::limits::{MAX_GITHUB_PAGES, PAGES_TIME};

/// The API of one server.
pub(super) struct Api {
    client: Client,
    origin: EndpointUrl,
    /// Without a slash at its end.
    base_path: String,
}

/// Who the visitor is.
pub(super) struct Visitor {
    pub(super) login: String,
    /// The address that is primary and verified.
    pub(super) email: Option<String>,
    pub(super) groups: Vec<String>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct EmailAddress {
    email: Option<String>,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

#[derive(Deserialize)]
struct RepositoryAccess {
    #[serde(default)]
    private: bool,
    #[serde(default)]
    permissions: Object<Permissions>,
}

#[derive(Default, Deserialize)]
struct Permissions {
    #[serde(default)]
    pull: bool,
    #[serde(default)]
    push: bool,
}

impl Api {
    /// The API that `validate_url` belongs to.
    pub(super) fn new(client: Client, validate_url: &EndpointUrl) -> Self {
        let base_path = base_path(validate_url.as_url().path()).to_owned();
        Self { client, origin: validate_url.clone(), base_path }
    }

    /// Asks who the owner of `access_token` is. The questions do not depend on each other, so they are asked at once.
    pub(super) async fn visitor(&self, access_token: &Secret<String>) -> Result<Visitor, CallError> {
        let (mut groups, teams, email, login) = tokio::try_join!(
            Box::pin(self.groups::<Organization>(Call::Organizations, "/user/orgs", access_token)),
            Box::pin(self.groups::<Team>(Call::Teams, "/user/teams", access_token)),
            Box::pin(self.email(access_token)),
            Box::pin(self.login(access_token)),
        )?;
        groups.extend(teams);
        Ok(Visitor { login, email, groups })
    }

    /// Whether the owner of `access_token` may push, or pull what is private: everybody can pull what is public.
    pub(super) async fn may_work_on(
        &self,
        repository: &Repository,
        access_token: &Secret<String>,
    ) -> Result<bool, CallError> {
        let call = Call::Repository;
        let url = self.url(call, &format!("/repos/{}/{}", repository.owner, repository.name), None)?;
        let access: RepositoryAccess = self.client.get_moved_json(call, &url, ApiHeaders::github(access_token)).await?;
        let Object(permissions) = access.permissions;
        Ok(permissions.push || (access.private && permissions.pull))
    }

    /// Whether the user of this login is a collaborator, which `token` may ask.
    pub(super) async fn is_collaborator(
        &self,
        repository: &Repository,
        login: &str,
        token: &Secret<String>,
    ) -> Result<bool, CallError> {
        let call = Call::Collaborator;
        if !is_login(login) {
            return Ok(false);
        }
        let path = format!("/repos/{}/{}/collaborators/{login}", repository.owner, repository.name);
        let url = self.url(call, &path, None)?;
        self.client.get_moved_status(call, &url, ApiHeaders::github(token), StatusCode::NO_CONTENT).await?;
        Ok(true)
    }

    /// The groups that a whole list makes its reader a member of.
    async fn groups<T: Named + DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
        access_token: &Secret<String>,
    ) -> Result<Vec<String>, CallError> {
        let all = timeout(PAGES_TIME, self.pages::<T>(call, path, access_token)).await;
        all.unwrap_or_else(|_| Err(CallError::timed_out(call, &self.origin)))
    }

    /// Pages until one brings nothing new: GitHub's last one is not empty but short, Gitea gives fewer than are asked for.
    async fn pages<T: Named + DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
        access_token: &Secret<String>,
    ) -> Result<Vec<String>, CallError> {
        let mut groups = Groups::default();
        for page in 1..=MAX_GITHUB_PAGES {
            let url = self.url(call, path, Some(&format!("page={page}&per_page=100")))?;
            let elements: Vec<T> = self.client.get_list(call, &url, ApiHeaders::github(access_token)).await?;
            match groups.take(&elements) {
                Page::New => {}
                Page::Last => return Ok(groups.into_texts()),
                Page::TooMany => return Err(CallError::document(call, &url, "more memberships than a person has")),
            }
        }
        Err(CallError::document(call, &self.origin, "pages without end"))
    }

    async fn email(&self, access_token: &Secret<String>) -> Result<Option<String>, CallError> {
        let url = self.url(Call::Emails, "/user/emails", None)?;
        let addresses: Vec<EmailAddress> =
            self.client.get_list(Call::Emails, &url, ApiHeaders::github(access_token)).await?;
        let mut usable = addresses.into_iter().filter(|address| address.primary && address.verified);
        let email = usable.next().and_then(|address| address.email).filter(|email| !email.is_empty());
        match email {
            Some(email) if email.contains(char::is_control) => {
                Err(CallError::document(Call::Emails, &url, "an address with control characters"))
            }
            email => Ok(email),
        }
    }

    async fn login(&self, access_token: &Secret<String>) -> Result<String, CallError> {
        let url = self.url(Call::User, "/user", None)?;
        let User { login } = self.client.get_json(Call::User, &url, ApiHeaders::github(access_token)).await?;
        if login.is_empty() || login.contains(char::is_control) {
            return Err(CallError::document(Call::User, &url, "a login that is no name"));
        }
        Ok(login)
    }

    fn url(&self, call: Call, path: &str, query: Option<&str>) -> Result<EndpointUrl, CallError> {
        let path = format!("{}{path}", self.base_path);
        let url = self.origin.with_path_and_query(&path, query);
        url.map_err(|_| CallError::document(call, &self.origin, "the address of the call is too long"))
    }
}

/// Whether it can be one step of a path and nothing else: any other login is nobody's.
fn is_login(login: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    login.bytes().all(is_letter) && login.bytes().any(|byte| byte != b'.')
}

/// The part of the path that all calls share: the leading `/api/v1`, `/api/v3` and the like, else the whole.
fn base_path(path: &str) -> &str {
    const MARK: &str = "/api/v";
    let whole = path.trim_end_matches('/');
    let Some(rest) = path.strip_prefix(MARK) else { return whole };
    let below = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if below == rest { whole } else { path.strip_suffix(below).unwrap_or(path) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use sidecar_net::{Dialer, Proxies, Tls, TlsSettings};
    use sidecar_oidc::Fault;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::{Instant, sleep};

    use super::*;

    /// An API whose every page has one organization more and comes after nine seconds.
    async fn slow() -> Api {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for page in 0.. {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && socket.read_buf(&mut head).await.unwrap() > 0 {}
                sleep(Duration::from_secs(9)).await;
                let body = format!(r#"[{{"login":"o{page}"}}]"#);
                let answer =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let client = Client::new(Dialer::new(Tls::new(&TlsSettings::default()).unwrap(), Proxies::Direct));
        Api::new(client, &EndpointUrl::parse(&url).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_come_slowly_are_not_waited_for_one_by_one() {
        let api = slow().await;
        let begun = Instant::now();
        let token = Secret::from("marked");
        let error = api.groups::<Organization>(Call::Organizations, "/user/orgs", &token).await.unwrap_err();
        assert_eq!((error.call, error.fault), (Call::Organizations, Fault::TimedOut));
        assert!(begun.elapsed() < Duration::from_secs(31), "{:?}", begun.elapsed());
    }

    #[test]
    fn the_api_is_below_its_version_or_the_whole_path_of_the_validate_url() {
        for (path, base) in [
            ("/", ""),
            ("/api/v3", "/api/v3"),
            ("/api/v3/", "/api/v3"),
            ("/api/v1/user/emails", "/api/v1"),
            ("/api/v12x", "/api/v12"),
            ("/api/vx/y/", "/api/vx/y"),
            ("/api/v", "/api/v"),
            ("/git/api/v1/user", "/git/api/v1/user"),
            ("/user/emails", "/user/emails"),
        ] {
            assert_eq!(base_path(path), base, "{path}");
        }
    }

    #[test]
    fn a_login_is_one_step_of_a_path() {
        for login in ["alice", "a-b_c.d", "..a", "7"] {
            assert!(is_login(login), "{login}");
        }
        for login in ["", ".", "..", "a/b", "a%2fb", "a?b", "a#b", "a b", "ä", "a\\b", "a\0"] {
            assert!(!is_login(login), "{login}");
        }
    }
}
