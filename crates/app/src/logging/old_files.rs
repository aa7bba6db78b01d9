//! Log files that were renamed: how they are called, which are kept, and what becomes of them.
//!
//! `BASE-2026-11-23T10-48-05.123.EXT`, with `.gz` behind it once it is compressed. Any other name is somebody else's file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sidecar_config::{LogFile, OldFiles};

const COMPRESSED: &str = ".gz";

/// How the old files of one log file are called.
#[derive(Clone)]
pub(super) struct Names {
    folder: PathBuf,
    /// The name up to its extension, and the dash.
    prefix: String,
    /// The extension with its dot; may be empty.
    suffix: String,
    zone: TimeZone,
}

/// An old file, by what its name says.
struct Old {
    name: String,
    time: Timestamp,
    form: OldFiles,
}

impl Names {
    /// Those of the log file at `path`.
    pub(super) fn of(path: &Path, zone: TimeZone) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // As Go splits: the last dot, be it the first character.
        let (base, suffix) = name.rfind('.').map_or((name.as_str(), ""), |dot| name.split_at(dot));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { folder: folder.to_owned(), prefix: format!("{base}-"), suffix: suffix.to_owned(), zone }
    }

    /// What a file that is full at this time is renamed to: a name that nothing has yet, be it by some milliseconds.
    pub(super) fn free(&self, time: SystemTime) -> PathBuf {
        let mut time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
        loop {
            let path = self.folder.join(self.name(time));
            let mut compressed = OsString::from(&path);
            compressed.push(COMPRESSED);
            if fs::symlink_metadata(&path).is_err() && fs::symlink_metadata(compressed).is_err() {
                return path;
            }
            time += jiff::SignedDuration::from_millis(1);
        }
    }

    fn name(&self, time: Timestamp) -> String {
        let at = time.to_zoned_datetime(self.zone.clone()).datetime();
        format!(
            "{}{:04}-{:02}-{:02}T{:02}-{:02}-{:02}.{:03}{}",
            self.prefix,
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond(),
            self.suffix
        )
    }

    fn parse(&self, name: &str) -> Option<Old> {
        let rest = name.strip_prefix(&self.prefix)?;
        // The suffix may itself be `.gz`, so the longer end is tried last.
        let plain = rest.strip_suffix(self.suffix.as_str()).map(|time| (time, OldFiles::Plain));
        let compressed = || {
            let time = rest.strip_suffix(COMPRESSED)?.strip_suffix(self.suffix.as_str())?;
            Some((self.time(time)?, OldFiles::Compressed))
        };
        let (time, form) = plain.and_then(|(time, form)| Some((self.time(time)?, form))).or_else(compressed)?;
        Some(Old { name: name.to_owned(), time, form })
    }

    /// `2026-11-23T10-48-05.123` in the zone that names are written in.
    fn time(&self, text: &str) -> Option<Timestamp> {
        const SHAPE: &[u8; 23] = b"0000-00-00T00-00-00.000";
        let fits = text.len() == SHAPE.len()
            && text
                .bytes()
                .zip(SHAPE)
                .all(|(byte, shape)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape });
        if !fits {
            return None;
        }
        let number = |at: std::ops::Range<usize>| text.get(at)?.parse::<i32>().ok();
        let small = |at: std::ops::Range<usize>| text.get(at)?.parse::<i8>().ok();
        let time = DateTime::new(
            i16::try_from(number(0..4)?).ok()?,
            small(5..7)?,
            small(8..10)?,
            small(11..13)?,
            small(14..16)?,
            small(17..19)?,
            number(20..23)? * 1_000_000,
        );
        self.zone.to_timestamp(time.ok()?).ok()
    }

    /// All there are, the newest first.
    fn all(&self) -> io::Result<Vec<Old>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir()
                && let Some(old) = entry.file_name().to_str().and_then(|name| self.parse(name))
            {
                all.push(old);
            }
        }
        all.sort_by(|one, other| other.time.cmp(&one.time).then_with(|| one.name.cmp(&other.name)));
        Ok(all)
    }
}

/// Removes the old files that are too many or too old, and compresses the rest, if that is asked for.
///
/// # Errors
/// The first thing that could not be done; the others are done nevertheless.
pub(super) fn tidy(names: &Names, limits: &LogFile, now: SystemTime) -> io::Result<()> {
    if limits.max_backups.is_none() && limits.max_age.is_none() && limits.old_files == OldFiles::Plain {
        return Ok(());
    }
    let all = names.all()?;
    let kept = kept(&all, limits, now);
    let mut result = Ok(());
    for old in &all {
        let path = names.folder.join(&old.name);
        let done = match old {
            _ if !kept.contains(&old.name.as_str()) => fs::remove_file(&path),
            Old { form: OldFiles::Plain, .. } if limits.old_files == OldFiles::Compressed => compress(&path),
            Old { .. } => Ok(()),
        };
        // Somebody else may have taken it away.
        if let Err(error) = done
            && error.kind() != io::ErrorKind::NotFound
            && result.is_ok()
        {
            result = Err(error);
        }
    }
    result
}

/// The names of the files that stay, of those that are there, the newest first.
fn kept<'a>(all: &'a [Old], limits: &LogFile, now: SystemTime) -> Vec<&'a str> {
    let oldest = limits.max_age.and_then(|age| Timestamp::try_from(now.checked_sub(age)?).ok());
    let mut counted: Vec<&str> = Vec::new();
    let mut kept = Vec::new();
    for old in all {
        // A file and its compressed form are one: we were stopped before we could remove the former.
        let name = old.name.strip_suffix(COMPRESSED).filter(|_| old.form == OldFiles::Compressed).unwrap_or(&old.name);
        if !counted.contains(&name) {
            counted.push(name);
        }
        let few = limits.max_backups.is_none_or(|most| counted.len() <= most);
        let young = oldest.is_none_or(|oldest| old.time >= oldest);
        if few && young {
            kept.push(old.name.as_str());
        }
    }
    kept
}

/// Makes `PATH.gz` of a file, with its mode and owner, and removes it.
fn compress(path: &Path) -> io::Result<()> {
    let mut target = OsString::from(path);
    target.push(COMPRESSED);
    let done = compress_into(path, Path::new(&target));
    if done.is_err() {
        // Half a file is none; the whole one is still there.
        let _ = fs::remove_file(&target);
    }
    done.and_then(|()| fs::remove_file(path))
}

fn compress_into(path: &Path, target: &Path) -> io::Result<()> {
    let mut source = File::open(path)?;
    let metadata = source.metadata()?;
    let file = File::options().write(true).create(true).truncate(true).mode(metadata.mode() & 0o7777).open(target)?;
    super::file::take_over(&file, &metadata);
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(&mut source, &mut encoder)?;
    encoder.finish()?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::time::Duration;

    use super::*;

    const NOW: i64 = 1_795_430_885;

    fn limits(max_backups: Option<usize>, max_age: Option<Duration>, old_files: OldFiles) -> LogFile {
        LogFile { path: PathBuf::new(), max_bytes: 0, max_age, max_backups, old_files }
    }

    fn now() -> SystemTime {
        SystemTime::try_from(Timestamp::from_second(NOW).unwrap()).unwrap()
    }

    fn folder(files: &[&str]) -> (tempfile::TempDir, Names) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "content").unwrap();
        }
        let names = Names::of(&folder.path().join("a.log"), TimeZone::UTC);
        (folder, names)
    }

    fn left(folder: &Path) -> Vec<String> {
        let mut left: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        left
    }

    #[test]
    fn an_old_file_is_called_by_the_time_at_which_it_was_full() {
        let time = SystemTime::try_from(Timestamp::from_millisecond(NOW * 1000 + 123).unwrap()).unwrap();
        for (path, zone, name) in [
            ("/l/a.log", "UTC", "/l/a-2026-11-23T10-48-05.123.log"),
            ("/l/a", "UTC", "/l/a-2026-11-23T10-48-05.123"),
            ("/l/a.b.c", "Asia/Kolkata", "/l/a.b-2026-11-23T16-18-05.123.c"),
            ("/l/.log", "UTC", "/l/-2026-11-23T10-48-05.123.log"),
            ("a.log", "UTC", "./a-2026-11-23T10-48-05.123.log"),
        ] {
            let names = Names::of(Path::new(path), TimeZone::get(zone).unwrap());
            assert_eq!(names.free(time), Path::new(name), "{path}");
            let (_, name) = name.rsplit_once('/').unwrap();
            let read = names.parse(name).map(|old| old.time.as_millisecond());
            assert_eq!(read, Some(NOW * 1000 + 123), "{name}");
        }
    }

    #[test]
    fn two_files_that_are_full_in_the_same_millisecond_do_not_overwrite_each_other() {
        let (_folder, names) = folder(&["a-2026-11-23T10-48-05.000.log", "a-2026-11-23T10-48-05.001.log.gz"]);
        assert!(names.free(now()).ends_with("a-2026-11-23T10-48-05.002.log"));
    }

    #[test]
    fn names_of_another_pattern_are_left_alone() {
        let strangers = [
            "a.log",
            "a-2026-11-23T10-48-05.log",
            "a-2026-11-23 10-48-05.123.log",
            "a-2026-13-23T10-48-05.123.log",
            "a-2026-11-23T10-48-05.123.log.gz.gz",
            "a-2026-11-23T10-48-05.123.txt",
            "a-2026-11-23T10-48-05.+23.log",
            "ab-2026-11-23T10-48-05.123.log",
            "b-2026-11-23T10-48-05.123.log",
        ];
        let (folder, names) = folder(&strangers);
        tidy(&names, &limits(Some(1), Some(Duration::from_secs(1)), OldFiles::Compressed), now()).unwrap();
        let mut strangers = strangers.map(str::to_owned);
        strangers.sort();
        assert_eq!(left(folder.path()), strangers);
    }

    #[test]
    fn the_newest_stay_and_a_file_counts_once_with_its_compressed_form() {
        let (folder, names) = folder(&[
            "a-2026-11-20T00-00-00.000.log",
            "a-2026-11-21T00-00-00.000.log.gz",
            "a-2026-11-22T00-00-00.000.log",
            "a-2026-11-22T00-00-00.000.log.gz",
            "a-2026-11-23T00-00-00.000.log",
        ]);
        tidy(&names, &limits(Some(2), None, OldFiles::Plain), now()).unwrap();
        assert_eq!(
            left(folder.path()),
            ["a-2026-11-22T00-00-00.000.log", "a-2026-11-22T00-00-00.000.log.gz", "a-2026-11-23T00-00-00.000.log"]
        );
    }

    #[test]
    fn files_whose_time_is_older_than_the_limit_go() {
        let (folder, names) = folder(&[
            "a-2026-11-22T10-48-04.999.log",
            "a-2026-11-22T10-48-05.000.log",
            "a-2026-11-23T00-00-00.000.log.gz",
        ]);
        tidy(&names, &limits(None, Some(Duration::from_hours(24)), OldFiles::Plain), now()).unwrap();
        assert_eq!(left(folder.path()), ["a-2026-11-22T10-48-05.000.log", "a-2026-11-23T00-00-00.000.log.gz"]);
    }

    #[test]
    fn what_is_left_is_compressed_also_when_half_a_compressed_file_is_there() {
        let (folder, names) = folder(&["a-2026-11-22T00-00-00.000.log", "a-2026-11-22T00-00-00.000.log.gz"]);
        tidy(&names, &limits(None, None, OldFiles::Compressed), now()).unwrap();
        assert_eq!(left(folder.path()), ["a-2026-11-22T00-00-00.000.log.gz"]);
        let file = File::open(folder.path().join("a-2026-11-22T00-00-00.000.log.gz")).unwrap();
        let mut content = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");
    }
}
