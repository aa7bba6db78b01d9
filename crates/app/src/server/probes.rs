//! The listener for probes of the app: one request per connection, few at once, on the main thread.

use std::cell::RefCell;
use std::io;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use http::Request;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sidecar_gateway::{Gateway, Peer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time;

use super::accept::canonical;
use super::listen::Listener;

/// Connections that are served at once; further ones wait.
const AT_ONCE: usize = 16;

/// What a connection may take, from its first byte to the last of the answer. The kubelet gives up after a second unless
/// it is told otherwise.
const LIMIT: Duration = Duration::from_secs(30);

/// Pause after an error that will not go away at once, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// The largest head of a probe.
const MAX_HEAD: usize = 16 * 1024;

/// Whoever answers probes of the app now.
pub(crate) struct AppProbes(RefCell<Rc<Gateway>>);

impl AppProbes {
    /// Answers by this gateway, which is the main thread's own.
    pub(crate) fn new(gateway: Gateway) -> Self {
        Self(RefCell::new(Rc::new(gateway)))
    }

    /// Answers by another gateway from the next request on.
    pub(crate) fn replace(&self, gateway: Gateway) {
        self.0.replace(Rc::new(gateway));
    }

    /// Answers what comes to the listener until `stop` is true; without a listener there is nothing to do.
    pub(crate) async fn serve(&self, listener: Option<Listener>, mut stop: watch::Receiver<bool>) {
        let Some(listener) = listener else { return };
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = accept(&listener), if open.len() < AT_ONCE => match accepted {
                    Ok((socket, peer)) => open.push(self.converse(socket, peer)),
                    Err(error) => {
                        tracing::error!(%error, "cannot accept probes of the app");
                        time::sleep(PAUSE).await;
                    }
                },
                Some(()) = open.next() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn converse(&self, socket: Either<TcpStream, UnixStream>, peer: Peer) {
        let served = async {
            match socket {
                Either::Left(tcp) => self.answer(tcp, peer).await,
                Either::Right(unix) => self.answer(unix, peer).await,
            }
        };
        // A panic is a fault of ours and ends this connection alone. How it ends else is the affair of whoever asks.
        if AssertUnwindSafe(time::timeout(LIMIT, served)).catch_unwind().await.is_err() {
            tracing::error!("a probe of the app ended in a panic");
        }
    }

    async fn answer(&self, socket: impl AsyncRead + AsyncWrite + Unpin, peer: Peer) {
        let service = service_fn(|request: Request<Incoming>| {
            let gateway = Rc::clone(&self.0.borrow());
            async move { Ok::<_, std::convert::Infallible>(gateway.handle_app_probe(request, peer).await) }
        });
        let connection = http1::Builder::new()
            .keep_alive(false)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(socket), service);
        let _ = connection.await;
    }
}

async fn accept(listener: &Listener) -> io::Result<(Either<TcpStream, UnixStream>, Peer)> {
    Ok(match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            (Either::Left(stream), Peer::Tcp(canonical(address)))
        }
        Listener::Unix(listener, _) => (Either::Right(listener.accept().await?.0), Peer::Unix),
    })
}
