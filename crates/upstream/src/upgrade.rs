//! WebSockets: two connections that become one pipe.

mod frames;

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderValue, Response, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncWriteExt, copy, copy_bidirectional, sink},
    sync::watch,
    time::timeout,
};

use crate::Body;
use frames::{Framed, GOING_AWAY};

/// How long a visitor has to answer our close frame before the connection goes.
const GOODBYE: Duration = Duration::from_millis(500);

/// The WebSockets that are open. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Tunnels {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    open: watch::Sender<usize>,
    cut: watch::Sender<bool>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { open: watch::Sender::new(0), cut: watch::Sender::new(false) }
    }
}

impl Shared {
    async fn was_cut(&self) {
        // The sender is ours, so it is there.
        let _ = self.cut.subscribe().wait_for(|cut| *cut).await;
    }
}

impl Tunnels {
    /// How many are open now.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// Ends those that are open and any that would follow: the program stops. Visitors get a close frame where the app
    /// is not in the middle of a frame of its own (D19).
    pub fn cut(&self) {
        self.shared.cut.send_replace(true);
    }

    /// Waits until none is open.
    pub async fn closed(&self) {
        // The sender is ours, so it is there.
        let _ = self.shared.open.subscribe().wait_for(|open| *open == 0).await;
    }

    fn enter(&self) -> Open {
        self.shared.open.send_modify(|open| *open += 1);
        Open { shared: self.shared.clone() }
    }
}

/// One open tunnel; uncounted when dropped.
struct Open {
    shared: Arc<Shared>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.open.send_modify(|open| *open -= 1);
    }
}

/// Holds something for as long as a tunnel is open; an extension of the 101 that opens it.
#[derive(Clone, Default)]
pub struct UntilClosed(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl UntilClosed {
    /// Drops `held` when the tunnel ends, at once if it has.
    pub fn hold(self, held: impl Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(held));
    }
}

/// Has the two connections copied into each other once both heads are through, in a task of its own: it outlives the
/// request.
///
/// The visitor's bytes behind the handshake were held by hyper until now, so that the app sees none of them before its
/// own 101. Each side's end is passed on to the other; the tunnel is over when both have ended or one has failed.
pub(crate) fn join(visitor: OnUpgrade, app: OnUpgrade, tunnels: &Tunnels) -> UntilClosed {
    let open = tunnels.enter();
    let until_closed = UntilClosed::default();
    let held = until_closed.clone();
    tokio::spawn(async move {
        let _held = held;
        let mut cut = std::pin::pin!(open.shared.was_cut());
        let joined = tokio::select! {
            joined = async { tokio::try_join!(visitor, app) } => joined,
            () = &mut cut => return,
        };
        let (visitor, app) = match joined {
            Ok((visitor, app)) => (visitor, app),
            Err(error) => return tracing::debug!(%error, "a websocket was not opened"),
        };
        let (mut visitor, mut app) = (Framed::new(TokioIo::new(visitor)), TokioIo::new(app));
        tokio::select! {
            // How a tunnel ends is between the two; there is nobody to tell.
            _ = copy_bidirectional(&mut visitor, &mut app) => {}
            () = &mut cut => {
                // Whether it is heard is the visitor's affair.
                let _ = timeout(GOODBYE, say_goodbye(&mut visitor)).await;
            }
        }
    });
    until_closed
}

/// Tells the visitor that the connection ends, and hears them out so that the frame is not lost in a reset.
async fn say_goodbye(visitor: &mut Framed<TokioIo<Upgraded>>) -> std::io::Result<()> {
    if visitor.is_at_boundary() {
        visitor.write_all(&GOING_AWAY).await?;
        visitor.shutdown().await?;
        copy(visitor, &mut sink()).await?;
    }
    Ok(())
}

/// The visitor's 101: the app's head with our own connection fields.
pub(crate) fn switching(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.remove(header::CONTENT_LENGTH);
    response
}
