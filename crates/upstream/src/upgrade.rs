//! WebSockets: two connections that become one pipe.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{HeaderValue, Response, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{io::copy_bidirectional, sync::watch};

use crate::Body;

/// The WebSockets that are open. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Tunnels {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    open: AtomicUsize,
    cut: watch::Sender<bool>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { open: AtomicUsize::new(0), cut: watch::Sender::new(false) }
    }
}

impl Tunnels {
    /// How many are open now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Ends those that are open and any that would follow: the program stops.
    pub fn cut(&self) {
        self.shared.cut.send_replace(true);
    }

    fn enter(&self) -> Open {
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        Open { shared: self.shared.clone() }
    }
}

/// One open tunnel; uncounted when dropped.
struct Open {
    shared: Arc<Shared>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Has the two connections copied into each other once both heads are through, in a task of its own: it outlives the
/// request.
///
/// The visitor's bytes behind the handshake were held by hyper until now, so that the app sees none of them before its
/// own 101 (catalogue SMUG-09). Each side's end is passed on to the other; the tunnel is over when both have ended or
/// one has failed.
pub(crate) fn join(visitor: OnUpgrade, app: OnUpgrade, tunnels: &Tunnels) {
    let open = tunnels.enter();
    tokio::spawn(async move {
        let mut cut = open.shared.cut.subscribe();
        let copied = async {
            let (visitor, app) = tokio::try_join!(visitor, app)?;
            let (mut visitor, mut app) = (TokioIo::new(visitor), TokioIo::new(app));
            // How a tunnel ends is between the two; there is nobody to tell.
            let _ = copy_bidirectional(&mut visitor, &mut app).await;
            Ok::<_, hyper::Error>(())
        };
        tokio::select! {
            done = copied => if let Err(error) = done {
                tracing::debug!(%error, "a websocket was not opened");
            },
            _ = cut.wait_for(|cut| *cut) => {}
        }
        drop(open);
    });
}

/// The visitor's 101: the app's head with our own connection fields.
pub(crate) fn switching(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.remove(header::CONTENT_LENGTH);
    response
}
