//! The form that a request brings: its query, and its body if that is a form.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use sidecar_core::form::{Form, FormError, Semicolons};

use crate::inbound::Inbound;
use crate::limits::{FORM_TIME, MAX_FORM_BYTES};
use crate::rescue::Failure;

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
    /// [`Failure::TooLarge`], or a bad form where the body breaks off, takes too long or is not UTF-8.
    pub(crate) async fn read(inbound: &mut Inbound) -> Result<Self, Failure> {
        let query = inbound.query().unwrap_or_default().to_owned();
        if !has_form_body(inbound) {
            return Ok(Self { query, body: String::new() });
        }
        let body = collect(inbound.request.body_mut()).await?;
        let body = String::from_utf8(body.into()).map_err(|_| Failure::BadForm(StatusCode::BAD_REQUEST))?;
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

    /// The query with `&` between its pairs, whatever separates them here.
    pub(crate) fn plain_query(&self, semicolons: Semicolons) -> Cow<'_, str> {
        match semicolons {
            Semicolons::Separate if self.query.contains(';') => Cow::Owned(self.query.replace(';', "&")),
            Semicolons::Separate | Semicolons::Refused => Cow::Borrowed(&self.query),
        }
    }

    /// The pairs that can be read, in the same order.
    pub(crate) fn readable(&self, semicolons: Semicolons) -> Form<'_> {
        let mut form = Form::readable(&self.body, Semicolons::Refused);
        form.extend(Form::readable(&self.query, semicolons));
        form
    }
}

/// The whole body, within bounds of size and time.
async fn collect<B>(body: B) -> Result<Bytes, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match tokio::time::timeout(FORM_TIME, Limited::new(body, MAX_FORM_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::TooLarge),
        Ok(Err(_)) => Err(Failure::BadForm(StatusCode::BAD_REQUEST)),
        Err(_) => Err(Failure::BadForm(StatusCode::REQUEST_TIMEOUT)),
    }
}

fn has_form_body(inbound: &Inbound) -> bool {
    let carries = matches!(*inbound.method(), Method::POST | Method::PUT | Method::PATCH);
    let media_type = inbound.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    carries && media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::Frame;
    use http_body_util::Full;

    use super::*;

    /// A body of which nothing ever comes.
    struct Never;

    impl Body for Never {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_is_whole_small_and_in_time_or_none() {
        assert_eq!(collect(Full::from("rd=%2F")).await, Ok(Bytes::from("rd=%2F")));
        assert_eq!(collect(Full::from(vec![b'a'; MAX_FORM_BYTES + 1])).await, Err(Failure::TooLarge));
        assert_eq!(collect(Never).await, Err(Failure::BadForm(StatusCode::REQUEST_TIMEOUT)));
    }
}
