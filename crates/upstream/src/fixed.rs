//! `static://N`: a constant answer, for a gateway that only asks whether somebody is signed in.

use http::{Response, StatusCode};

use crate::{Body, local};

pub(crate) fn answer(status: StatusCode) -> Response<Body> {
    local::plain(status, "Authenticated")
}
