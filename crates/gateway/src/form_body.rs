//! The form that a request brings: its query, and its body if that is a form.

use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use sidecar_core::form::{Form, FormError, Semicolons};

use crate::inbound::Inbound;
use crate::rescue::Failure;

/// Longest form body that is read; what a `form_post` callback needs many times over.
const MAX_BODY: usize = 64 * 1024;

/// Query and form body, still encoded.
pub(crate) struct RequestForm {
    /// The query.
    pub(crate) query: String,
    /// The body; empty unless it is a urlencoded form of a POST, PUT or PATCH.
    pub(crate) body: String,
}

impl RequestForm {
    /// Takes the form off the request.
    ///
    /// # Errors
    /// [`Failure::TooLarge`], or a bad form where the body breaks off or is not UTF-8.
    pub(crate) async fn read(inbound: &mut Inbound) -> Result<Self, Failure> {
        let query = inbound.query().unwrap_or_default().to_owned();
        if !has_form_body(inbound) {
            return Ok(Self { query, body: String::new() });
        }
        let body = Limited::new(inbound.request.body_mut(), MAX_BODY).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                Failure::TooLarge
            } else {
                Failure::BadForm(http::StatusCode::BAD_REQUEST)
            }
        })?;
        let body =
            String::from_utf8(body.to_bytes().to_vec()).map_err(|_| Failure::BadForm(http::StatusCode::BAD_REQUEST))?;
        Ok(Self { query, body })
    }

    /// The pairs; those of the body come before those of the query.
    ///
    /// # Errors
    /// The first fault in either.
    pub(crate) fn parse(&self, semicolons: Semicolons) -> Result<Form<'_>, FormError> {
        let mut form = Form::parse(&self.body, Semicolons::Refused)?;
        form.extend(Form::parse(&self.query, semicolons)?);
        Ok(form)
    }
}

fn has_form_body(inbound: &Inbound) -> bool {
    let carries = matches!(*inbound.method(), Method::POST | Method::PUT | Method::PATCH);
    let media_type = inbound.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    carries && media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
