//! A log file: lines are appended until it is full, then it is renamed and a new one begins.
//!
//! Only the log thread comes here, and old files are tidied on a thread of their own, since compressing takes seconds.
//! What cannot be written is counted and told on the standard error stream, once until it works again: a full disk must
//! not end the serving, nor fill another disk with complaints.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use sidecar_config::{LogFile, LogZone};
use sidecar_core::clock::Clock;
use sidecar_core::report::chain;

use super::old_files::{Names, tidy};
use super::stamp::time_zone;
use super::writer::{Output, Written};

/// The mode of a new file and of a new directory on the way to it.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o755;

/// The log file, and what is known of it.
pub(crate) struct RotatingFile {
    limits: LogFile,
    names: Names,
    clock: Clock,
    open: Option<Open>,
    trouble: Option<Trouble>,
    keeper: Keeper,
}

struct Open {
    file: File,
    size: u64,
    /// A pipe or a terminal is never full.
    regular: bool,
}

/// What does not work at the moment, and was told.
#[derive(Default)]
struct Trouble {
    lost: u64,
}

/// What came of writing some lines.
#[derive(Default)]
struct Outcome {
    lost: u64,
    error: Option<String>,
}

impl Outcome {
    fn fault(&mut self, what: &str, error: &io::Error) {
        self.error.get_or_insert_with(|| format!("{what}: {}", chain(error)));
    }
}

/// Whether the file can be written, by making it if it is not there.
///
/// # Errors
/// It cannot.
pub(super) fn try_out(path: &Path) -> io::Result<()> {
    append(path).map(drop)
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)
}

impl RotatingFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn open(limits: LogFile, zone: LogZone, clock: Clock) -> io::Result<Self> {
        try_out(&limits.path)?;
        let names = Names::of(&limits.path, time_zone(zone));
        let keeper = Keeper::default();
        let file = Self { limits, names, clock, open: None, trouble: None, keeper };
        file.tidy();
        Ok(file)
    }

    fn tidy(&self) {
        self.keeper.tidy(&self.names, &self.limits, &self.clock);
    }

    fn write(&mut self, lines: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut rest = lines;
        while let Some(first) = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1) {
            if first as u64 > self.limits.max_bytes {
                outcome.lost += 1;
                outcome.error.get_or_insert_with(|| "a line is longer than logging-max-size".to_owned());
                (_, rest) = rest.split_at(first);
                continue;
            }
            let Some(room) = self.room_for(first as u64, &mut outcome) else {
                outcome.lost += count(rest);
                break;
            };
            let length = whole_lines(rest, room).max(first);
            let (now, later) = rest.split_at(length);
            rest = later;
            self.put(now, &mut outcome);
        }
        outcome
    }

    /// How many bytes the file still takes, at least `length`, after renaming a full one; `None` if there is no file.
    fn room_for(&mut self, length: u64, outcome: &mut Outcome) -> Option<u64> {
        let limit = self.limits.max_bytes;
        if self.open.is_none() {
            match Open::existing(&self.limits.path) {
                // As v7 has it: one that the first line would fill to the last byte is full.
                Ok(Some(open)) if !open.regular || open.size + length < limit => self.open = Some(open),
                Ok(Some(open)) => self.rotate(Some(open), outcome),
                Ok(None) => self.rotate(None, outcome),
                Err(error) => {
                    outcome.fault("the log file cannot be opened", &error);
                    return None;
                }
            }
        } else if self.open.as_ref().is_some_and(|open| open.regular && open.size + length > limit) {
            let full = self.open.take();
            self.rotate(full, outcome);
        }
        self.open.as_ref().map(|open| if open.regular { limit.saturating_sub(open.size) } else { u64::MAX })
    }

    /// Renames the file that is full, if there is one, and begins anew. A file that cannot be renamed is written on.
    fn rotate(&mut self, full: Option<Open>, outcome: &mut Outcome) {
        if let Some(full) = full {
            // What its name leads to may be another file by now, or nothing; then there is nothing to rename.
            let renamed = match fs::rename(&self.limits.path, self.names.free(self.clock.now())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            };
            if let Err(error) = renamed {
                outcome.fault("the full log file cannot be renamed, and is written on", &error);
                self.open = Some(full);
                return;
            }
            let old = full.file.metadata().ok();
            self.begin(old.as_ref(), outcome);
        } else {
            self.begin(None, outcome);
        }
        self.tidy();
    }

    /// A new file, with the mode and owner of the one before it.
    fn begin(&mut self, before: Option<&Metadata>, outcome: &mut Outcome) {
        if let Some(folder) = self.limits.path.parent() {
            // Whether it is there shows when the file is made.
            let _ = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
        }
        match append(&self.limits.path) {
            Ok(file) => {
                if let Some(before) = before {
                    // It is ours and works, whoever could not be made its owner.
                    let _ = file.set_permissions(Permissions::from_mode(before.mode() & 0o7777));
                    take_over(&file, before);
                }
                self.open = Some(Open { file, size: 0, regular: true });
            }
            Err(error) => outcome.fault("a new log file cannot be made", &error),
        }
    }

    fn put(&mut self, lines: &[u8], outcome: &mut Outcome) {
        let Some(open) = &mut self.open else { return outcome.lost += count(lines) };
        let mut rest = lines;
        while !rest.is_empty() {
            match open.file.write(rest) {
                Ok(0) => {
                    outcome.fault("the log file cannot be written", &io::ErrorKind::WriteZero.into());
                    break;
                }
                Ok(written) => {
                    open.size += written as u64;
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    outcome.fault("the log file cannot be written", &error);
                    break;
                }
            }
        }
        if !rest.is_empty() {
            outcome.lost += count(rest);
            // Looked at anew with the next lines; half a line is ended then.
            self.open = None;
        }
    }
}

impl Output for RotatingFile {
    fn write_lines(&mut self, lines: &[u8]) -> Written {
        let Outcome { lost, error } = self.write(lines);
        let news = match (error, self.trouble.take()) {
            (None, None) => None,
            (None, Some(trouble)) => {
                Some(format!("the log file is written again; {} log lines were lost", trouble.lost))
            }
            (Some(_), Some(trouble)) => {
                self.trouble = Some(Trouble { lost: trouble.lost + lost });
                None
            }
            (Some(error), None) => {
                self.trouble = Some(Trouble { lost });
                Some(format!("{error} ({}); this is said once", self.limits.path.display()))
            }
        };
        Written { news, lost }
    }
}

impl Open {
    /// The file that is there, to be appended to; `None` if none is. One that ends in the middle of a line, since whoever
    /// wrote it was killed or had no more room, gets a line break first.
    fn existing(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut file = append(path)?;
        let regular = metadata.is_file();
        let mut size = metadata.len();
        if regular && size > 0 && ends_in_a_line(path) && file.write_all(b"\n").is_ok() {
            size += 1;
        }
        Ok(Some(Self { file, size, regular }))
    }
}

/// Whether the last byte is no line break; a file that may not be read is taken to be whole.
fn ends_in_a_line(path: &Path) -> bool {
    let last = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        io::Result::Ok(last[0])
    };
    last().is_ok_and(|byte| byte != b'\n')
}

/// Gives a file the owner that another has, where that may be done.
pub(super) fn take_over(file: &File, other: &Metadata) {
    let same = file.metadata().is_ok_and(|own| (own.uid(), own.gid()) == (other.uid(), other.gid()));
    if !same {
        // Only root may, and whoever is not has made the file before, too.
        let _ = fchown(file, Some(other.uid()), Some(other.gid()));
    }
}

/// How many bytes of `lines` fit into `room` without a line cut in two.
fn whole_lines(lines: &[u8], room: u64) -> usize {
    let fit = usize::try_from(room).ok().and_then(|room| lines.get(..room)).unwrap_or(lines);
    fit.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn count(lines: &[u8]) -> u64 {
    lines.split_inclusive(|byte| *byte == b'\n').count() as u64
}

/// Has old files tidied on a thread of its own, one at a time.
#[derive(Clone, Default)]
struct Keeper(Arc<AtomicU8>);

/// Nothing is being done.
const IDLE: u8 = 0;
/// A thread is at it.
const BUSY: u8 = 1;
/// A thread is at it, and is to begin anew when it is through.
const AGAIN: u8 = 2;

impl Keeper {
    fn tidy(&self, names: &Names, limits: &LogFile, clock: &Clock) {
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| Some(if state == IDLE { BUSY } else { AGAIN }));
        if before != Ok(IDLE) {
            return;
        }
        let (state, names, limits, clock) = (Arc::clone(&self.0), names.clone(), limits.clone(), clock.clone());
        let started = thread::Builder::new().name("log-files".to_owned()).stack_size(128 * 1024).spawn(move || {
            loop {
                if let Err(error) = tidy(&names, &limits, clock.now()) {
                    // Nobody reads it, nobody misses it.
                    let _ = writeln!(io::stderr(), "old log files cannot be tidied: {}", chain(&error));
                }
                if state.compare_exchange(BUSY, IDLE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    return;
                }
                state.store(BUSY, Ordering::Release);
            }
        });
        if started.is_err() {
            self.0.store(IDLE, Ordering::Release);
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
