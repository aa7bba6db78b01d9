//! What is logged, how, and where to.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::judge::{Judge, given};
use super::log_format::{LogFormat, LogStream, format};
use crate::fault::quote;
use crate::options::Options;
use crate::table::rows;
use crate::written::Written;

/// What `logging-max-size` counts in, and what it is when it is 0.
const MEBIBYTE: u64 = 1024 * 1024;
const USUAL_SIZE: u64 = 100;
const DAY: Duration = Duration::from_hours(24);

/// What is logged, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The program's own lines (`standard-logging`).
    pub standard: bool,
    /// A line for each login (`auth-logging`).
    pub logins: bool,
    /// A line for each request (`request-logging`).
    pub requests: bool,
    /// What the lines look like.
    pub formats: LogFormats,
    /// Exact paths whose requests are not logged (`exclude-logging-path`).
    pub excluded_paths: Vec<String>,
    /// Where lines go (`logging-filename`); `None` is the standard output.
    pub file: Option<LogFile>,
    /// Where error lines go (`errors-to-info-log`).
    pub errors: ErrorStream,
    /// The time zone of time stamps and of the names of old files (`logging-local-time`).
    pub zone: LogZone,
}

/// What the lines of each stream look like; `None` is the usual format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFormats {
    /// `standard-logging-format`
    pub standard: Option<LogFormat>,
    /// `auth-logging-format`
    pub auth: Option<LogFormat>,
    /// `request-logging-format`
    pub request: Option<LogFormat>,
}

/// A file that lines are appended to, and that makes place for the next when it is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Where it is.
    pub path: PathBuf,
    /// Most bytes in it (`logging-max-size`).
    pub max_bytes: u64,
    /// How long old files are kept (`logging-max-age`); `None` for ever.
    pub max_age: Option<Duration>,
    /// How many old files are kept (`logging-max-backups`); `None` all.
    pub max_backups: Option<usize>,
    /// What becomes of old files (`logging-compress`).
    pub old_files: OldFiles,
}

/// What becomes of old files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldFiles {
    /// They stay as they are.
    Plain,
    /// They are compressed.
    Compressed,
}

/// Where error lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStream {
    /// The standard error stream.
    Own,
    /// The same as all other lines: the log file, or the standard output.
    Info,
}

/// The time zone of time stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogZone {
    /// The machine's.
    Local,
    /// UTC.
    Utc,
}

/// What is logged.
pub(super) fn logs(options: &Options, judge: &mut Judge) -> Option<LogSettings> {
    let (standard, logins, requests) = (&options.standard_logging, &options.auth_logging, &options.request_logging);
    if !standard.value && !logins.value && !requests.value {
        judge.warn(standard, "with auth-logging and request-logging off too, nothing is logged");
    }
    let file = file(options, judge);
    let formats = formats(options, judge);
    Some(LogSettings {
        standard: standard.value,
        logins: logins.value,
        requests: requests.value,
        formats: formats?,
        excluded_paths: options.exclude_logging_paths.value.clone(),
        file: file?,
        errors: if options.errors_to_info_log.value { ErrorStream::Info } else { ErrorStream::Own },
        zone: if options.logging_local_time.value { LogZone::Local } else { LogZone::Utc },
    })
}

fn formats(options: &Options, judge: &mut Judge) -> Option<LogFormats> {
    let mut of = |stream, flag, written| format(stream, rows().find(|row| row.flag == flag), written, judge);
    let standard = of(LogStream::Standard, "standard-logging-format", &options.standard_logging_format);
    let auth = of(LogStream::Auth, "auth-logging-format", &options.auth_logging_format);
    let request = of(LogStream::Request, "request-logging-format", &options.request_logging_format);
    Some(LogFormats { standard: standard?, auth: auth?, request: request? })
}

/// The log file; the inner `None` writes to the standard output.
#[expect(clippy::option_option, reason = "outside: whether there is a fault; inside: whether there is a file")]
fn file(options: &Options, judge: &mut Judge) -> Option<Option<LogFile>> {
    let size = u64::try_from(options.logging_max_size.value);
    if size.is_err() {
        judge.refuse(&options.logging_max_size, "a file cannot be smaller than empty", "write a number from 0 up");
    }
    let max_age = at_least_one(&options.logging_max_age, judge);
    let max_backups = at_least_one(&options.logging_max_backups, judge);
    let written = &options.logging_filename;
    let Some(path) = given(written).map(Path::new) else { return Some(None) };
    if let Some(reason) = unfit(path) {
        judge.refuse_file(written, reason, "name a file that this process may write");
        return None;
    }
    let size = size.ok().map(|size| if size == 0 { USUAL_SIZE } else { size })?;
    Some(Some(LogFile {
        path: path.to_owned(),
        max_bytes: size.saturating_mul(MEBIBYTE),
        max_age: max_age.map(|days| DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX))),
        max_backups: max_backups.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        old_files: if options.logging_compress.value { OldFiles::Compressed } else { OldFiles::Plain },
    }))
}

/// A number of which 0 means that there is no limit, as does less.
fn at_least_one(written: &Written<i64>, judge: &mut Judge) -> Option<i64> {
    if written.value < 0 {
        judge.warn(written, "less than 0 counts as 0: there is no limit");
    }
    Some(written.value).filter(|value| *value > 0)
}

/// Why nothing can be written to the file, as far as can be seen without making it.
fn unfit(path: &Path) -> Option<String> {
    let text = path.display().to_string();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(format!("{} is a directory", quote(&text))),
        // Opening anything else could wait for a reader.
        Ok(found) if !found.is_file() => None,
        Ok(_) => OpenOptions::new().append(true).open(path).err().map(|error| format!("cannot write {text}: {error}")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (!folder.is_dir()).then(|| format!("there is no directory {} to write a log file in", folder.display()))
        }
        Err(error) => Some(format!("cannot look at {text}: {error}")),
    }
}
