//! Calls to what a provider offers beside its OAuth endpoints: who a visitor is, and what they belong to.

use std::fmt;
use std::marker::PhantomData;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sidecar_core::{Secret, form};

use crate::client::{Answer, Call, CallError, Client, Fault, Follow};
use crate::endpoint_url::EndpointUrl;

/// The headers of a call, the access token among them.
#[derive(Clone, Debug)]
pub struct ApiHeaders(Result<HeaderMap, UnfitToken>);

/// The access token has characters that no header carries.
#[derive(Clone, Copy, Debug)]
struct UnfitToken;

impl ApiHeaders {
    /// For OpenID Connect, and for most others.
    #[must_use]
    pub fn openid(access_token: &Secret<String>) -> Self {
        Self::bearer(access_token).and(ACCEPT.as_str(), "application/json")
    }

    /// The access token and nothing else (RFC 6750 §2.1), for Microsoft.
    #[must_use]
    pub fn bearer(access_token: &Secret<String>) -> Self {
        Self::new("Bearer ", access_token)
    }

    /// For GitHub and its like.
    #[must_use]
    pub fn github(access_token: &Secret<String>) -> Self {
        Self::new("token ", access_token).and(ACCEPT.as_str(), "application/vnd.github.v3+json")
    }

    /// The same with one more.
    ///
    /// # Panics
    /// When the texts are no header: they are written in the program.
    #[must_use]
    pub fn and(mut self, name: &'static str, value: &'static str) -> Self {
        if let Ok(headers) = &mut self.0 {
            headers.insert(name, HeaderValue::from_static(value));
        }
        self
    }

    fn new(scheme: &str, access_token: &Secret<String>) -> Self {
        let text = Secret::new(format!("{scheme}{}", access_token.expose()));
        let Ok(mut value) = HeaderValue::from_str(text.expose()) else { return Self(Err(UnfitToken)) };
        value.set_sensitive(true);
        Self(Ok(HeaderMap::from_iter([(AUTHORIZATION, value)])))
    }

    pub(crate) fn into_map(self, call: Call, url: &EndpointUrl) -> Result<HeaderMap, CallError> {
        const FAULT: Fault = Fault::Document("the access token has characters that no header carries");
        self.0.map_err(|UnfitToken| CallError::new(call, url, FAULT))
    }
}

/// How the `validate-url` is told the access token.
#[derive(Clone, Debug)]
pub enum Presented {
    /// In a header.
    Headers(ApiHeaders),
    /// As the parameter `access_token` of the query.
    Query(Secret<String>),
}

/// A JSON object as a struct. By itself serde takes a list for a struct too, member by member, and so would make a login of
/// the answer `["whatever"]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Object<T>, M::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl Client {
    /// Gets a JSON object: the status is exactly 200, and no redirect is followed.
    ///
    /// # Errors
    /// [`CallError`]; [`Fault::Document`] when the body is no such object, a member of another type included.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        call: Call,
        url: &EndpointUrl,
        headers: ApiHeaders,
    ) -> Result<T, CallError> {
        let answer = self.get(call, url, headers.into_map(call, url)?).await?;
        read::<Object<T>>(answer, call, url).map(|Object(document)| document)
    }

    /// Gets a JSON list of objects in the same way. `null` is an empty one.
    ///
    /// # Errors
    /// As [`Client::get_json`].
    pub async fn get_list<T: DeserializeOwned>(
        &self,
        call: Call,
        url: &EndpointUrl,
        headers: ApiHeaders,
    ) -> Result<Vec<T>, CallError> {
        let answer = self.get(call, url, headers.into_map(call, url)?).await?;
        let elements: Option<Vec<Object<T>>> = read(answer, call, url)?;
        Ok(elements.into_iter().flatten().map(|Object(element)| element).collect())
    }

    /// Gets a JSON object that may have been renamed: up to three redirects within the origin are followed, as the original
    /// does (D46 forbids it for the endpoints of the protocol alone).
    ///
    /// # Errors
    /// As [`Client::get_json`].
    pub async fn get_moved_json<T: DeserializeOwned>(
        &self,
        call: Call,
        url: &EndpointUrl,
        headers: ApiHeaders,
    ) -> Result<T, CallError> {
        let answer = self.get_following(call, url, headers.into_map(call, url)?, Follow::SameOrigin).await?;
        read::<Object<T>>(answer, call, url).map(|Object(document)| document)
    }

    /// Asks a question that is answered yes with the status `yes`, also of a thing that may have been renamed.
    ///
    /// # Errors
    /// [`CallError`]; any other status is [`Fault::Status`] or [`Fault::RateLimited`].
    pub async fn get_moved_status(
        &self,
        call: Call,
        url: &EndpointUrl,
        headers: ApiHeaders,
        yes: StatusCode,
    ) -> Result<(), CallError> {
        let answer = self.get_following(call, url, headers.into_map(call, url)?, Follow::SameOrigin).await?;
        if answer.status == yes { Ok(()) } else { Err(answer.refused(call, url)) }
    }

    /// Asks the `validate-url` whether an access token is still good: it is when the status is exactly 200. No redirect is
    /// followed.
    ///
    /// # Errors
    /// [`CallError`]
    pub async fn validate(&self, url: &EndpointUrl, presented: Presented) -> Result<(), CallError> {
        let call = Call::Validate;
        let answer = match presented {
            Presented::Headers(headers) => self.get(call, url, headers.into_map(call, url)?).await?,
            Presented::Query(access_token) => {
                let with_token = with_access_token(url, &access_token)
                    .ok_or_else(|| CallError::new(call, url, Fault::Document("the access token fits into no URL")))?;
                self.get(call, &with_token, HeaderMap::new()).await?
            }
        };
        answer.into_ok_body(call, url).map(|_| ())
    }
}

fn read<T: DeserializeOwned>(answer: Answer, call: Call, url: &EndpointUrl) -> Result<T, CallError> {
    let body = answer.into_ok_body(call, url)?;
    serde_json::from_slice(&body).map_err(|_| CallError::document(call, url, "not JSON of the expected form"))
}

/// compat: the configured query stays as it is written, the token comes after it.
fn with_access_token(url: &EndpointUrl, access_token: &Secret<String>) -> Option<EndpointUrl> {
    let mut with_token = url.as_url().clone();
    let own = url.as_url().query().filter(|query| !query.is_empty()).map(|query| format!("{query}&"));
    let query = format!("{}access_token={}", own.unwrap_or_default(), form::encode(access_token.expose()));
    with_token.set_query(Some(Secret::new(query).expose()));
    EndpointUrl::parse(with_token.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_sets_are_those_of_the_original() {
        let token = Secret::from("t");
        let told = |headers: ApiHeaders| {
            let headers = headers.0.unwrap();
            let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
            (text(AUTHORIZATION).unwrap(), text(ACCEPT), format!("{headers:?}").contains("Sensitive"))
        };
        let json = Some("application/json".to_owned());
        let github = Some("application/vnd.github.v3+json".to_owned());
        assert_eq!(told(ApiHeaders::openid(&token)), ("Bearer t".to_owned(), json, true));
        assert_eq!(told(ApiHeaders::bearer(&token)), ("Bearer t".to_owned(), None, true));
        assert_eq!(told(ApiHeaders::github(&token)), ("token t".to_owned(), github, true));
    }

    #[test]
    fn a_list_is_no_object() {
        #[derive(Debug, Deserialize)]
        struct User {
            login: String,
        }
        let user = |json| serde_json::from_str::<Object<User>>(json).map(|Object(user)| user.login);
        assert_eq!(user(r#"{"id":1,"login":"alice"}"#).unwrap(), "alice");
        for json in [r#"["alice"]"#, r#""alice""#, "null", "7", "{}", r#"{"login":"a","login":"b"}"#] {
            assert!(user(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_token_that_fits_into_no_header_is_a_fault_that_does_not_quote_it() {
        let url = EndpointUrl::parse("https://idp.example/x").unwrap();
        let headers = ApiHeaders::openid(&Secret::from("marked\n"));
        assert!(!format!("{headers:?}").contains("marked"));
        let error = headers.into_map(Call::User, &url).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("marked"));
    }

    #[test]
    fn the_token_follows_the_query_that_is_there() {
        let token = Secret::from("a+b/c&d");
        for (url, expected) in [
            ("https://idp.example/v", "https://idp.example/v?access_token=a%2Bb%2Fc%26d"),
            ("https://idp.example/v?", "https://idp.example/v?access_token=a%2Bb%2Fc%26d"),
            ("https://idp.example/v?x=1", "https://idp.example/v?x=1&access_token=a%2Bb%2Fc%26d"),
        ] {
            let url = with_access_token(&EndpointUrl::parse(url).unwrap(), &token).unwrap();
            assert_eq!(url.as_url().as_str(), expected);
            assert!(!url.to_string().contains("access_token"));
        }
    }
}
