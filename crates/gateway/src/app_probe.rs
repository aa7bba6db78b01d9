//! Probes of the app, for one that listens on loopback alone (`app-probe-address`): whoever reaches that listener gets
//! the app's answer to the targets of `app-probe-path`, and nothing else.

use std::sync::Arc;

use http::header::{COOKIE, UPGRADE};
use http::{Method, Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use sidecar_core::policy::{Account, Ask, Constraints, Decision, Standing, decide};
use sidecar_core::report::chain;
use sidecar_upstream::{Body, Peer as UpstreamPeer};

use crate::answer::{self, Answer};
use crate::inbound::{Inbound, Peer};
use crate::observe::{Observed, Query, Record};
use crate::serve::{Gateway, refuse};

impl Gateway {
    /// Answers a request that came to the listener for probes: 404 unless it is one, 405 for methods but GET and HEAD.
    ///
    /// No session is looked for, and no cookie is passed on: the listener lends nobody what they are at the app.
    pub async fn handle_app_probe(&self, request: Request<Incoming>, peer: Peer) -> Response<Observed<Body>> {
        let shared = self.shared();
        let started = shared.clock.now();
        let received = Inbound::receive(request, peer, &shared.settings, shared.table.injector().protected());
        let mut inbound = match received {
            Ok(inbound) => inbound,
            Err(refused) => return refuse(refused).map(|body| Observed::new(body, None)),
        };
        let journal = Arc::clone(&shared.journal);
        let mut record = Record::begin(&inbound, &shared.settings.forwarding, Query::Logged, started, journal);
        if shared.settings.probes.silent {
            record.silence();
        }
        let headers = inbound.request.headers_mut();
        for name in [COOKIE, UPGRADE] {
            headers.remove(name);
        }
        // Whatever the app believes of visitors elsewhere: here nobody is anybody.
        shared.table.injector().told().strip(headers);
        let mut answer = self.app_probe(inbound, &mut record).await;
        record.status(answer.status());
        answer::close(&mut answer);
        answer.map(|body| Observed::new(body, Some(record)))
    }

    async fn app_probe(&self, inbound: Inbound, record: &mut Record) -> Answer {
        let shared = self.shared();
        let probes = &shared.settings.app_probes;
        if !matches!(*inbound.method(), Method::GET | Method::HEAD) {
            return answer::text_error(StatusCode::METHOD_NOT_ALLOWED);
        }
        let is_probe = inbound.request.body().is_end_stream() && probes.targets.iter().any(|t| t == inbound.target());
        let ask = Ask {
            method: inbound.method(),
            target: inbound.target(),
            client: inbound.client,
            constraints: &Ok(Constraints::default()),
            account: Account::Provider,
            standing: Standing::Met,
        };
        let grant = match decide(&probes.policy, &ask, None) {
            Ok(Decision::Allow(grant)) if is_probe => grant,
            Ok(_) | Err(_) => return answer::text_error(StatusCode::NOT_FOUND),
        };
        let peer = UpstreamPeer { ip: inbound.peer.ip() };
        match self.upstreams().forward(inbound.request, grant, peer).await {
            Ok(forwarded) => {
                if let Some(id) = forwarded.upstream {
                    record.upstream(id);
                }
                forwarded.response
            }
            Err(error) => {
                record.upstream(Arc::clone(error.upstream()));
                let code = error.code();
                tracing::warn!(request_id = %record.id(), %code, error = %chain(&error), "the app did not answer a probe");
                answer::coded(answer::text_error(StatusCode::BAD_GATEWAY), code)
            }
        }
    }
}
