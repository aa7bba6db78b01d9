//! The listener for probes of the app: one request per connection, few at once, on the main thread. Whoever has come and
//! asks for nothing makes room for the next.

use std::cell::RefCell;
use std::io;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

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

use super::accept::{PAUSE, canonical};
use super::listen::Listener;
use super::seats::{Seat, Seats};
use crate::limits::{MAX_SMALL_HEAD, PROBE_TIME};

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
        let (mut open, mut seats) = (FuturesUnordered::new(), Seats::default());
        loop {
            tokio::select! {
                // Whoever comes, however fast, comes after those who go.
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                Some(()) = open.next() => {}
                accepted = accept(&listener) => match accepted {
                    Ok((socket, peer)) => open.push(self.converse(socket, peer, seats.take(peer.ip()))),
                    Err(error) => {
                        tracing::error!(%error, "cannot accept probes of the app");
                        time::sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    async fn converse(&self, socket: Either<TcpStream, UnixStream>, peer: Peer, seat: Seat) {
        let business = seat.business();
        let served = async {
            match socket {
                Either::Left(tcp) => self.answer(tcp, peer, &business).await,
                Either::Right(unix) => self.answer(unix, peer, &business).await,
            }
        };
        // A panic is a fault of ours and ends this connection alone. How it ends else is the affair of whoever asks.
        let served = time::timeout(PROBE_TIME, seat.while_free(served));
        if AssertUnwindSafe(served).catch_unwind().await.is_err() {
            tracing::error!("a probe of the app ended in a panic");
        }
    }

    async fn answer(&self, socket: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, business: &AtomicBool) {
        let service = service_fn(|request: Request<Incoming>| {
            business.store(true, Relaxed);
            let gateway = Rc::clone(&self.0.borrow());
            async move { Ok::<_, std::convert::Infallible>(gateway.handle_app_probe(request, peer).await) }
        });
        let connection = http1::Builder::new()
            .keep_alive(false)
            .max_buf_size(MAX_SMALL_HEAD)
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

#[cfg(test)]
mod tests {
    use sidecar_config::Listen;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::super::connection::tests::{gateway, run};
    use super::super::listen::bind;
    use super::*;

    #[test]
    fn a_probe_that_does_not_come_is_not_waited_for() {
        run(async {
            let listener = bind(&Listen::Tcp { host: Some("127.0.0.1".into()), port: 0 }, PROBE_TIME).unwrap();
            let Listener::Tcp(tcp) = &listener else { panic!("a TCP listener") };
            let address = tcp.local_addr().unwrap();
            let (_stop, stopped) = watch::channel(false);
            let probes = AppProbes::new(gateway());
            tokio::task::spawn_local(async move { probes.serve(Some(listener), stopped).await });
            for begun in ["", "GET / HT"] {
                let asked = Instant::now();
                let mut client = TcpStream::connect(address).await.unwrap();
                client.write_all(begun.as_bytes()).await.unwrap();
                let _ = client.read_to_end(&mut Vec::new()).await;
                let time = asked.elapsed();
                assert!((PROBE_TIME..PROBE_TIME * 2).contains(&time), "{begun:?}: {time:?}");
            }
        });
    }
}
