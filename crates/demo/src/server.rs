//! A small HTTP server on loopback that ends with its owner.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long [`Served::stop`] waits for answers that are on their way.
const DRAIN: Duration = Duration::from_secs(1);

/// A running server. Dropping it closes the listener and, once they are idle, its connections.
#[derive(Debug)]
pub(crate) struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves `router` on `listener` until the answer is dropped or stopped.
pub(crate) fn serve(listener: TcpListener, router: Router) -> io::Result<Served> {
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        // The sender being dropped is the usual way to stop.
        let _ = stopped.await;
    });
    let task = tokio::spawn(async move {
        // Ends only by the shutdown above: accept errors are retried inside.
        let _ = serving.await;
    });
    Ok(Served { address, stop, task })
}

impl Served {
    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and returns when nothing is served any more, after a second at most.
    pub(crate) async fn stop(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(DRAIN, &mut task).await.is_err() {
            task.abort();
        }
    }
}
