//! What the token endpoint answers (RFC 6749 §5): read once, into a type that has an access token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sidecar_core::Secret;
use sidecar_core::claims::ClaimValue;
use sidecar_core::form::{Form, Semicolons};

use crate::claims::Claims;
use crate::client::{Answer, Call, CallError, Fault};
use crate::endpoint_url::EndpointUrl;
use crate::token::{TokenError, TokenErrorCode};

/// Longer lives are cut to this, 2³¹−1 seconds, as the original does.
const MAX_EXPIRES_IN: u32 = i32::MAX.cast_unsigned();
/// The end of the year 9999: later times are cut to this.
const MAX_UNIX_TIME: f64 = 253_402_300_799.0;

/// A successful answer of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Debug)]
pub struct TokenResponse {
    /// `access_token`, never empty.
    pub access_token: Secret<String>,
    /// `refresh_token`.
    pub refresh_token: Option<Secret<String>>,
    /// `id_token`, not verified yet.
    pub id_token: Option<Secret<String>>,
    /// `expires_in` of the access token; `None` when the provider does not say, or says 0.
    pub expires_in: Option<Duration>,
    /// `expires_on` of the access token, which Microsoft's older endpoint says instead; read from plain OAuth answers alone.
    pub expires_on: Option<SystemTime>,
}

/// Reads an answer of the token endpoint. A non-empty `error` counts whatever the status.
pub(crate) fn read(answer: &Answer, url: &EndpointUrl) -> Result<TokenResponse, TokenError> {
    let status = answer.status.as_u16();
    let members = members(answer);
    if let Some(name) = members.as_ref().and_then(Members::error) {
        return Err(TokenError::Endpoint { code: TokenErrorCode::from_name(&name), status });
    }
    if !answer.status.is_success() {
        return Err(answer.refused(Call::Token, url).into());
    }
    let members =
        members.ok_or_else(|| CallError::new(Call::Token, url, Fault::Document("neither a JSON object nor a form")))?;
    members.response()
}

/// Reads an answer whose media type says nothing, as the original does: JSON with the status 200, else a
/// form with any status. GitHub's errors come with the status 200, so an `error` counts before everything else.
pub(crate) fn read_blindly(answer: &Answer, url: &EndpointUrl) -> Result<TokenResponse, TokenError> {
    let status = answer.status.as_u16();
    let object = Claims::parse(&answer.body).ok().map(Members);
    let is_object = object.is_some();
    let members = object.or_else(|| form_members(answer));
    if let Some(name) = members.as_ref().and_then(Members::error) {
        return Err(TokenError::Endpoint { code: TokenErrorCode::from_name(&name), status });
    }
    if status != 200 && (is_object || members.as_ref().is_none_or(|members| !members.has_access_token())) {
        return Err(answer.refused(Call::Token, url).into());
    }
    let members =
        members.ok_or_else(|| CallError::new(Call::Token, url, Fault::Document("neither a JSON object nor a form")))?;
    Ok(TokenResponse { expires_on: members.expires_on()?, ..members.response()? })
}

/// The members of an answer, read from JSON or, where the media type says so, from a form.
struct Members(Claims);

fn members(answer: &Answer) -> Option<Members> {
    match answer.media_type.as_str() {
        "application/x-www-form-urlencoded" | "text/plain" => form_members(answer),
        _ => Claims::parse(&answer.body).ok().map(Members),
    }
}

fn form_members(answer: &Answer) -> Option<Members> {
    let text = std::str::from_utf8(&answer.body).ok()?;
    let form = Form::parse(text, Semicolons::Refused).ok()?;
    Some(Members(Claims::from_pairs(form.pairs())))
}

impl Members {
    fn response(&self) -> Result<TokenResponse, TokenError> {
        Ok(TokenResponse {
            access_token: self.text("access_token")?.ok_or(TokenError::NoAccessToken)?,
            refresh_token: self.text("refresh_token")?,
            id_token: self.text("id_token")?,
            expires_in: self.expires_in()?,
            expires_on: None,
        })
    }

    fn has_access_token(&self) -> bool {
        self.0.member("access_token").is_some()
    }

    fn error(&self) -> Option<String> {
        self.0.member("error").map(ClaimValue::to_text).filter(|name| !name.is_empty())
    }

    /// A text; `null` and the empty text are absent.
    fn text(&self, name: &'static str) -> Result<Option<Secret<String>>, TokenError> {
        match self.0.member(name) {
            None | Some(ClaimValue::Null) => Ok(None),
            Some(ClaimValue::String(text)) => Ok(Some(text).filter(|text| !text.is_empty()).cloned().map(Secret::new)),
            Some(_) => Err(TokenError::MemberType(name)),
        }
    }

    /// Fractions are cut, what is negative expires at once, and nothing lives longer than [`MAX_EXPIRES_IN`].
    fn expires_in(&self) -> Result<Option<Duration>, TokenError> {
        let Some(seconds) = self.seconds("expires_in")? else { return Ok(None) };
        let seconds = seconds.clamp(-1.0, f64::from(MAX_EXPIRES_IN));
        Ok((seconds != 0.0).then(|| Duration::from_secs_f64(seconds.max(0.0))))
    }

    /// A Unix time; 0 is absent.
    fn expires_on(&self) -> Result<Option<SystemTime>, TokenError> {
        let Some(seconds) = self.seconds("expires_on")? else { return Ok(None) };
        let since = Duration::from_secs_f64(seconds.clamp(0.0, MAX_UNIX_TIME));
        Ok((seconds != 0.0).then(|| UNIX_EPOCH + since))
    }

    /// Whole seconds, from a number or a numeric text.
    fn seconds(&self, name: &'static str) -> Result<Option<f64>, TokenError> {
        let text = match self.0.member(name) {
            None | Some(ClaimValue::Null) => return Ok(None),
            Some(ClaimValue::Number(text) | ClaimValue::String(text)) if !text.is_empty() => text,
            Some(_) => return Err(TokenError::MemberType(name)),
        };
        let seconds = text.parse::<f64>().ok().filter(|seconds| !seconds.is_nan());
        seconds.map(|seconds| Some(seconds.trunc())).ok_or(TokenError::MemberType(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url() -> EndpointUrl {
        EndpointUrl::parse("https://idp.example/token").unwrap()
    }

    fn blindly(status: u16, body: &str) -> Result<TokenResponse, TokenError> {
        read_blindly(&Answer::of(status, "text/html", body.as_bytes()), &url())
    }

    /// The access token, or what the error says.
    fn outcome(status: u16, body: &str) -> String {
        match blindly(status, body) {
            Ok(response) => response.access_token.expose().clone(),
            Err(TokenError::Call(error)) => error.fault.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_plain_answer_is_json_with_200_or_a_form_with_any_status() {
        for (status, body, expected) in [
            (200, r#"{"access_token":"t","token_type":"bearer"}"#, "t"),
            (200, "access_token=t&scope=&token_type=bearer", "t"),
            (401, "access_token=t", "t"),
            (201, r#"{"access_token":"t"}"#, "unexpected status 201"),
            (500, "it broke", "unexpected status 500"),
            (503, "", "unexpected status 503"),
            (429, "", "too many calls for the provider's liking (status 429)"),
            (200, "", "the token response has no access token"),
            (200, "<html>", "the token response has no access token"),
            (200, "a;b", "the answer is not what was asked for: neither a JSON object nor a form"),
            (200, "access_token=", "the token response has no access token"),
            (200, r#"{"access_token":""}"#, "the token response has no access token"),
            (200, r#"{"access_token":7}"#, "the member access_token of the token response has the wrong type"),
            (200, r#"{"access_token":null}"#, "the token response has no access token"),
        ] {
            assert_eq!(outcome(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_error_counts_whatever_stands_beside_it() {
        for (status, body, code) in [
            (200, r#"{"error":"bad_verification_code","error_description":"x"}"#, "bad_verification_code"),
            (200, "error=incorrect_client_credentials&error_uri=x", "incorrect_client_credentials"),
            (200, r#"{"error":"invalid_grant","access_token":"t"}"#, "invalid_grant"),
            (400, r#"{"error":{"code":7}}"#, "other"),
        ] {
            assert_eq!(outcome(status, body), format!("the token endpoint refused: {code}"), "{status} {body}");
        }
    }

    #[test]
    fn microsofts_time_of_expiry_is_read_as_text_and_as_number() {
        for (member, expected) in [
            (r#""1800000000""#, Some(1_800_000_000)),
            ("1800000000", Some(1_800_000_000)),
            (r#""0""#, None),
            ("null", None),
            ("-5", Some(0)),
            ("1e300", Some(253_402_300_799)),
        ] {
            let body = format!(r#"{{"access_token":"t","expires_on":{member}}}"#);
            let expected = expected.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(blindly(200, &body).unwrap().expires_on, expected, "{member}");
        }
        assert!(blindly(200, r#"{"access_token":"t","expires_on":[]}"#).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(status in 200u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let answer = Answer::of(status, "", &body);
            let _ = (read(&answer, &url()), read_blindly(&answer, &url()));
        }
    }
}
