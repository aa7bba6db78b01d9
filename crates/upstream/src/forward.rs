//! The way in: a granted request, and out: its answer.

use std::{net::IpAddr, sync::Arc};

use http::{Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use sidecar_core::policy::{Grant, Subject};
use sidecar_net::Pool;

use crate::{
    Body, ForwardError, Injector, Table,
    exchange::Exchange,
    fixed,
    identity::Identities,
    local,
    table::{Choice, Route, Target},
};

/// All upstreams, as one worker reaches them: the shared table and connections of its own.
///
/// Made and used within one runtime; the connections are tasks there.
pub struct Upstreams {
    table: Arc<Table>,
    /// Beside `table.routes`, one per HTTP upstream.
    pools: Vec<Option<Pool<Body>>>,
    identities: Identities,
}

/// Who is at the other end of the visitor's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address; `None` on a unix socket.
    pub ip: Option<IpAddr>,
}

/// The answer to a forwarded request.
#[derive(Debug)]
pub struct Forwarded {
    /// What the visitor gets, our own headers included.
    pub response: Response<Body>,
    /// The id of the upstream that answered; `None` when the table did: 404 or a redirect to the right spelling.
    pub upstream: Option<Arc<str>>,
}

/// The upstream of a request, and for one with files the decoded path below it.
struct Place<'a> {
    index: usize,
    route: &'a Route,
    below: Vec<u8>,
}

impl Upstreams {
    /// A worker's view of `table`; connects to nothing yet.
    #[must_use]
    pub fn new(table: Arc<Table>) -> Self {
        let pool = |target: &Target| match target {
            Target::Http(http) => Some(http.pool()),
            Target::Static(_) | Target::Files(_) => None,
        };
        let pools = table.routes.iter().map(|route| pool(&route.target)).collect();
        let identities = Identities::new(&table.injector);
        Self { table, pools, identities }
    }

    /// The identity headers, for the answers that are not made here.
    #[must_use]
    pub fn injector(&self) -> &Injector {
        &self.table.injector
    }

    /// Carries a request to the upstream that its path belongs to.
    ///
    /// # Errors
    /// [`ForwardError`] when no head of an answer came; the visitor has been sent nothing then.
    ///
    /// # Cancel safety
    /// Dropping the future ends the exchange and closes its connection.
    pub async fn forward(
        &self,
        mut request: Request<Incoming>,
        grant: Grant,
        peer: Peer,
    ) -> Result<Forwarded, ForwardError> {
        let session = match grant.subject() {
            Subject::User(session) => Some(session),
            Subject::Anonymous(_) => None,
        };
        let identity = self.identities.of(session, &self.table.injector);
        let (mut response, upstream) = match self.place(&mut request) {
            Ok(Place { index, route, below }) => {
                let response = match (&route.target, self.pools.get(index).and_then(Option::as_ref)) {
                    (Target::Http(target), Some(pool)) => {
                        let exchange = Exchange { table: &self.table, route, target, pool };
                        exchange.run(request, &identity, peer).await?
                    }
                    (Target::Files(files), _) => Box::pin(files.serve(&request, &below)).await,
                    (Target::Static(status), _) => fixed::answer(*status),
                    (Target::Http(_), None) => local::not_found(), // there is a pool for each
                };
                (response, Some(route.id.clone()))
            }
            Err(answer) => (*answer, None),
        };
        self.table.injector.answer_as(&identity, response.headers_mut());
        Ok(Forwarded { response, upstream })
    }
    /// Where the request goes, its target rewritten if it is to be; or what it is answered without any upstream.
    fn place(&self, request: &mut Request<Incoming>) -> Result<Place<'_>, Box<Response<Body>>> {
        match self.table.choose(request.uri()) {
            Choice::Serve { index, route, below } => {
                let is_needed = matches!(route.target, Target::Files(_));
                Ok(Place { index, route, below: if is_needed { below.into_owned() } else { Vec::new() } })
            }
            Choice::Rewrite { index, route, rewritten } => {
                let mut parts = std::mem::take(request.uri_mut()).into_parts();
                parts.path_and_query = Some(rewritten.target);
                // What parted a moment ago goes together again.
                *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
                Ok(Place { index, route, below: rewritten.path })
            }
            Choice::Clean(location) => Err(local::moved(&location)),
            Choice::Slash(location) => Err(local::moved_with_page(&location)),
            Choice::Nothing => Err(local::not_found()),
            Choice::Malformed => Err(local::text(StatusCode::BAD_REQUEST, "400 Bad Request\n")),
            Choice::TooLong => Err(local::text(StatusCode::URI_TOO_LONG, "414 URI Too Long\n")),
        }
        .map_err(Box::new)
    }
}
