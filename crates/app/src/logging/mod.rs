//! The three streams of log lines: the program's own, logins, requests. In the formats that v7 has by default nothing is
//! allocated for a line; a format of the operator's own is a template that is run for each.
//!
//! ```text
//! tracing events ─► standard ─┐
//! gateway::Journal ─► lines ──┴─► writer: one buffer per stream, one thread ─► standard output │ file
//! ```

mod fields;
mod file;
mod line;
mod old_files;
mod stamp;
mod standard;
mod writer;

use std::cell::RefCell;
use std::sync::Arc;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use sidecar_config::{ErrorStream, LogFormat, LogSettings};
use sidecar_core::clock::Clock;
use sidecar_gateway::{AuthLine, Journal, RequestLine};

use file::RotatingFile;
use line::Line;
use stamp::Stamp;
pub(crate) use writer::LogWriter;

use crate::metrics::Meters;

/// Starts the streams and takes over the events of all crates.
///
/// The writer is handed back so that the last lines can be waited for.
///
/// # Errors
/// A log file that cannot be written.
pub(crate) fn start(settings: &LogSettings, meters: Meters) -> io::Result<(Arc<Log>, LogWriter)> {
    let errors_apart = settings.errors == ErrorStream::Own;
    let file = match &settings.file {
        Some(file) => Some(RotatingFile::open(file.clone(), settings.zone, Clock::system())?),
        None => None,
    };
    let (sink, writer) = writer::start(errors_apart, file, meters);
    let log = Arc::new(Log::new(settings.clone(), sink));
    if settings.standard {
        // A second call is refused; tests that start twice keep the first.
        let _ = tracing::subscriber::set_global_default(standard::Standard::new(Arc::clone(&log)));
    }
    Ok((log, writer))
}

/// Whether the log file can be written. It is made if it is not there, as v7 does.
///
/// # Errors
/// It cannot.
pub(crate) fn check(settings: &LogSettings) -> io::Result<()> {
    match &settings.file {
        Some(file) => file::try_out(&file.path),
        None => Ok(()),
    }
}

/// Writes log lines.
pub(crate) struct Log {
    settings: LogSettings,
    stamp: Stamp,
    sink: writer::Sink,
    clock: Clock,
    /// Whether it was told that a format makes no line of some values.
    told: AtomicBool,
}

thread_local! {
    /// Lines are put together here, so that one costs no allocation.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Log {
    /// Whether errors of the program are written to the standard error stream or the standard output.
    pub(crate) fn shows_errors(&self) -> bool {
        let LogSettings { standard, errors, file, .. } = &self.settings;
        *standard && (*errors == ErrorStream::Own || file.is_none())
    }

    fn new(settings: LogSettings, sink: writer::Sink) -> Self {
        let stamp = Stamp::new(settings.zone);
        Self { settings, stamp, sink, clock: Clock::system(), told: AtomicBool::new(false) }
    }

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

    /// What a format of the operator's own makes of `fields`. `None` where it fails, which is told once: no line is lost
    /// for it, it is written in the usual format.
    fn shaped<const N: usize>(&self, format: &LogFormat, fields: [(&'static str, String); N]) -> Option<String> {
        match format.line(fields) {
            Ok(line) => Some(line),
            Err(error) => {
                if !self.told.swap(true, Ordering::Relaxed) {
                    let news = format!("a line is written in the usual format, since its own fails: {error}\n");
                    self.sink.push(writer::Stream::Error, news.as_bytes());
                }
                None
            }
        }
    }

    /// A line of the program's own.
    fn event(&self, stream: writer::Stream, place: (&str, u32), message: &str) {
        let now = self.clock.now();
        let format = self.settings.formats.standard.as_ref();
        let shaped = format.and_then(|format| self.shaped(format, fields::of_event(place, message, now, &self.stamp)));
        self.write(stream, |line| match &shaped {
            Some(text) => line.text(text),
            None => line.standard(place, message, now, &self.stamp),
        });
    }
}

impl Journal for Log {
    fn request(&self, request: &RequestLine<'_>) {
        let settings = &self.settings;
        if !settings.requests || settings.excluded_paths.iter().any(|path| is_path(path, request.path)) {
            return;
        }
        let format = settings.formats.request.as_ref();
        let shaped = format.and_then(|format| self.shaped(format, fields::of_request(request, &self.stamp)));
        self.write(writer::Stream::Info, |line| match &shaped {
            Some(text) => line.text(text),
            None => line.request(request, &self.stamp),
        });
    }

    fn auth(&self, auth: &AuthLine<'_>) {
        if !self.settings.logins {
            return;
        }
        let now = self.clock.now();
        let format = self.settings.formats.auth.as_ref();
        let shaped = format.and_then(|format| self.shaped(format, fields::of_auth(auth, now, &self.stamp)));
        self.write(writer::Stream::Info, |line| match &shaped {
            Some(text) => line.text(text),
            None => line.auth(auth, now, &self.stamp),
        });
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
