//! Getting lines out of the process without a system call per line.
//!
//! Whoever has a line appends it to the buffer of its stream; one thread swaps the buffers and writes them. Under load it
//! sleeps a few milliseconds between writes, so many lines leave together; when nothing comes it parks, and only then
//! does a line have to wake it (measured: a wake-up per line costs a third of all throughput). The thread alone waits for
//! what is written to, be it a pipe or a disk.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use super::file::RotatingFile;
use crate::limits::MAX_LOG_BYTES;
use crate::metrics::Meters;

/// How long lines gather before they leave.
const GATHER: Duration = Duration::from_millis(5);

/// Room that is kept between writes.
const KEPT: usize = 64 * 1024;

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The log file, or standard output.
    Info,
    /// Standard error, unless errors go where the others go.
    Error,
}

/// The end that lines are put into.
#[derive(Clone)]
pub(crate) struct Sink(Arc<Shared>);

/// The end that writes; dropping it writes what is left.
pub(crate) struct LogWriter {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    parked: AtomicBool,
    closing: AtomicBool,
    thread: Mutex<Option<Thread>>,
    errors_apart: bool,
    meters: Meters,
}

#[derive(Default)]
struct Waiting {
    info: Vec<u8>,
    error: Vec<u8>,
    dropped: u64,
}

/// Where whole lines are written.
pub(super) trait Output {
    /// Writes lines, each with its line break.
    fn write_lines(&mut self, lines: &[u8]) -> Written;
}

/// What came of writing lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// What there is to be told on the standard error stream.
    pub(super) news: Option<String>,
    /// Lines that went nowhere.
    pub(super) lost: u64,
}

impl<W: Write> Output for W {
    fn write_lines(&mut self, lines: &[u8]) -> Written {
        // A log that cannot be written must not stop the serving, and there is nobody left to tell.
        let _ = self.write_all(lines).and_then(|()| self.flush());
        Written::default()
    }
}

/// Starts the thread that writes to `file`, or to the standard output.
pub(super) fn start(errors_apart: bool, file: Option<RotatingFile>, meters: Meters) -> (Sink, LogWriter) {
    let shared = Arc::new(Shared {
        waiting: Mutex::default(),
        parked: AtomicBool::new(false),
        closing: AtomicBool::new(false),
        thread: Mutex::new(None),
        errors_apart,
        meters,
    });
    let writing = Arc::clone(&shared);
    let thread = thread::Builder::new()
        .name("log".to_owned())
        .stack_size(128 * 1024)
        .spawn(move || match file {
            Some(mut file) => writing.run(&mut file, &mut io::stderr()),
            None => writing.run(&mut io::stdout(), &mut io::stderr()),
        })
        .ok();
    *lock(&shared.thread) = thread.as_ref().map(|thread| thread.thread().clone());
    (Sink(Arc::clone(&shared)), LogWriter { shared, thread })
}

impl Sink {
    /// Appends one line, with its line break.
    pub(crate) fn push(&self, stream: Stream, line: &[u8]) {
        let shared = &*self.0;
        {
            let mut waiting = lock(&shared.waiting);
            if waiting.info.len() + waiting.error.len() + line.len() > MAX_LOG_BYTES {
                waiting.dropped += 1;
                return;
            }
            match stream {
                Stream::Error if shared.errors_apart => waiting.error.extend_from_slice(line),
                Stream::Info | Stream::Error => waiting.info.extend_from_slice(line),
            }
        }
        if shared.parked.swap(false, Ordering::AcqRel) {
            shared.wake();
        }
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(thread) = lock(&self.thread).as_ref() {
            thread.unpark();
        }
    }

    fn run(&self, out: &mut impl Output, err: &mut impl Write) {
        let mut taken = Waiting::default();
        loop {
            let closing = self.closing.load(Ordering::Acquire);
            std::mem::swap(&mut *lock(&self.waiting), &mut taken);
            let idle = taken.info.is_empty() && taken.error.is_empty() && taken.dropped == 0;
            self.meters.lost_lines(taken.write(out, err));
            if closing {
                return;
            }
            if !idle {
                thread::sleep(GATHER);
                continue;
            }
            self.parked.store(true, Ordering::Release);
            // A line may have come between the swap and the mark.
            let nothing = lock(&self.waiting).is_empty();
            if nothing && !self.closing.load(Ordering::Acquire) {
                thread::park();
            }
            self.parked.store(false, Ordering::Release);
        }
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.info.is_empty() && self.error.is_empty() && self.dropped == 0
    }

    /// Returns how many lines went nowhere.
    fn write(&mut self, out: &mut impl Output, err: &mut impl Write) -> u64 {
        let written = if self.info.is_empty() { Written::default() } else { out.write_lines(&self.info) };
        if let Some(news) = written.news {
            let _ = writeln!(err, "{news}");
        }
        let _ = err.write_all(&self.error).and_then(|()| err.flush());
        if self.dropped > 0 {
            let _ = writeln!(err, "{} log lines were dropped because the log was not being read", self.dropped);
        }
        self.info.clear();
        self.error.clear();
        self.info.shrink_to(KEPT);
        self.error.shrink_to(KEPT);
        std::mem::take(&mut self.dropped) + written.lost
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(errors_apart: bool) -> Arc<Shared> {
        Arc::new(Shared {
            waiting: Mutex::default(),
            parked: AtomicBool::new(false),
            closing: AtomicBool::new(true),
            thread: Mutex::new(None),
            errors_apart,
            meters: Meters::default(),
        })
    }

    #[test]
    fn lines_leave_in_order_on_their_streams() {
        let shared = shared(true);
        let sink = Sink(Arc::clone(&shared));
        sink.push(Stream::Info, b"one\n");
        sink.push(Stream::Error, b"bad\n");
        sink.push(Stream::Info, b"two\n");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        shared.run(&mut out, &mut err);
        assert_eq!((out.as_slice(), err.as_slice()), (&b"one\ntwo\n"[..], &b"bad\n"[..]));
    }

    #[test]
    fn errors_go_to_the_output_when_told_so() {
        let shared = shared(false);
        Sink(Arc::clone(&shared)).push(Stream::Error, b"bad\n");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        shared.run(&mut out, &mut err);
        assert_eq!((out.as_slice(), err.as_slice()), (&b"bad\n"[..], &b""[..]));
    }

    #[test]
    fn a_log_that_nobody_reads_costs_bounded_memory_and_says_what_was_dropped() {
        let shared = shared(true);
        let sink = Sink(Arc::clone(&shared));
        let line = [b'x'; 1024];
        for _ in 0..2000 {
            sink.push(Stream::Info, &line);
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        shared.run(&mut out, &mut err);
        assert_eq!(out.len(), MAX_LOG_BYTES);
        assert_eq!(String::from_utf8(err).unwrap(), "976 log lines were dropped because the log was not being read\n");
    }
}
