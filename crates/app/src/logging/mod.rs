//! The three streams of log lines, in the formats that v7 has by default: the program's own, logins, requests.
//!
//! ```text
//! tracing events ─► standard ─┐
//! gateway::Journal ─► lines ──┴─► writer: one buffer per stream, one thread
//! ```

mod line;
mod stamp;
mod standard;
mod writer;

use std::cell::RefCell;
use std::sync::Arc;

use sidecar_config::{ErrorStream, LogSettings};
use sidecar_gateway::{AuthLine, Journal, RequestLine};

use line::Line;
use stamp::Stamp;
pub(crate) use writer::LogWriter;

/// Starts the streams and takes over the events of all crates.
///
/// The writer is handed back so that the last lines can be waited for.
pub(crate) fn start(settings: &LogSettings) -> (Arc<Log>, LogWriter) {
    let errors_apart = settings.errors == ErrorStream::Own;
    let (sink, writer) = writer::start(errors_apart);
    let log = Arc::new(Log { settings: settings.clone(), stamp: Stamp::new(settings.zone), sink });
    if settings.standard {
        // A second call is refused; tests that start twice keep the first.
        let _ = tracing::subscriber::set_global_default(standard::Standard::new(Arc::clone(&log)));
    }
    (log, writer)
}

/// Writes log lines.
pub(crate) struct Log {
    settings: LogSettings,
    stamp: Stamp,
    sink: writer::Sink,
}

thread_local! {
    /// Lines are put together here, so that one costs no allocation.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Log {
    fn write(&self, stream: writer::Stream, put_together: impl FnOnce(&mut Line<'_>)) {
        BUFFER.with(|buffer| {
            // A panic in the middle of a line has a line of its own to write.
            let (mut kept, mut fresh) = (buffer.try_borrow_mut(), Vec::new());
            let buffer = kept.as_deref_mut().unwrap_or(&mut fresh);
            buffer.clear();
            put_together(&mut Line::new(buffer));
            buffer.push(b'\n');
            self.sink.push(stream, buffer);
        });
    }
}

impl Journal for Log {
    fn request(&self, request: &RequestLine<'_>) {
        let settings = &self.settings;
        if !settings.requests || settings.excluded_paths.iter().any(|path| is_path(path, request.path)) {
            return;
        }
        self.write(writer::Stream::Info, |line| line.request(request, &self.stamp));
    }

    fn auth(&self, auth: &AuthLine<'_>) {
        if self.settings.logins {
            self.write(writer::Stream::Info, |line| line.auth(auth, &self.stamp));
        }
    }
}

/// Whether `escaped` is `path` once decoded.
fn is_path(path: &str, escaped: &str) -> bool {
    if escaped.contains('%') {
        sidecar_core::form::percent_decode(escaped).is_some_and(|decoded| decoded == path.as_bytes())
    } else {
        path == escaped
    }
}
