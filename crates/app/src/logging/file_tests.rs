//! Real files in real folders.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sidecar_config::OldFiles;

use super::*;

/// A folder with a log file that takes `max_bytes`, at a time that stands still.
struct Place {
    folder: tempfile::TempDir,
    max_bytes: u64,
}

impl Place {
    fn new(max_bytes: u64) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), max_bytes }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.log")
    }

    fn open(&self) -> RotatingFile {
        let limits = LogFile {
            path: self.path(),
            max_bytes: self.max_bytes,
            max_age: None,
            max_backups: None,
            old_files: OldFiles::Plain,
        };
        RotatingFile::open(limits, LogZone::Utc, Clock::custom(now)).unwrap()
    }

    fn content(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// The contents of the old files, the oldest first.
    fn old(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut old: Vec<PathBuf> = entries.filter(|path| *path != self.path()).collect();
        old.sort();
        old.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_430_885)
}

#[test]
fn a_line_that_would_not_fit_goes_into_a_new_file() {
    let place = Place::new(10);
    let mut file = place.open();
    assert_eq!(file.write_lines(b"1234\n6789\n"), Written::default(), "to the last byte");
    assert_eq!((place.content().as_str(), place.old().len()), ("1234\n6789\n", 0));
    assert_eq!(file.write_lines(b"a\nb\n").news, None);
    assert_eq!((place.content().as_str(), place.old()), ("a\nb\n", vec!["1234\n6789\n".to_owned()]));
}

#[test]
fn many_lines_at_once_are_spread_over_files_and_none_is_cut_or_lost() {
    let place = Place::new(100);
    let lines: String = (0..100).flat_map(|number| ["line ".to_owned(), number.to_string(), "\n".to_owned()]).collect();
    assert_eq!(place.open().write_lines(lines.as_bytes()).news, None);
    let old = place.old();
    assert!(old.iter().all(|content| content.len() <= 100 && content.len() > 92 && content.ends_with('\n')), "{old:?}");
    assert_eq!(old.concat() + &place.content(), lines);
}

#[test]
fn a_file_that_is_there_is_appended_to_unless_the_first_line_fills_it() {
    for (line, appended) in [("23456789\n", true), ("234567890\n", false)] {
        let place = Place::new(11);
        fs::write(place.path(), "\n").unwrap();
        place.open().write_lines(line.as_bytes());
        assert_eq!(place.content() == format!("\n{line}"), appended, "{line}");
        assert_eq!(place.old().is_empty(), appended, "{line}");
    }
}

#[test]
fn half_a_line_of_somebody_who_was_killed_is_ended_before_the_next() {
    let place = Place::new(100);
    fs::write(place.path(), "whole\nhal").unwrap();
    place.open().write_lines(b"next\n");
    assert_eq!(place.content(), "whole\nhal\nnext\n");
}

#[test]
fn a_new_file_is_for_its_owner_alone_and_the_next_has_the_mode_of_the_one_before() {
    let place = Place::new(10);
    let mut file = place.open();
    let mode = || fs::metadata(place.path()).unwrap().mode() & 0o7777;
    file.write_lines(b"1234567\n");
    assert_eq!(mode(), 0o600);
    fs::set_permissions(place.path(), Permissions::from_mode(0o640)).unwrap();
    file.write_lines(b"1234567\n");
    assert_eq!((mode(), place.old().len()), (0o640, 1));
}

#[test]
fn a_line_longer_than_a_file_is_told_and_the_others_are_written() {
    let place = Place::new(10);
    let told = place.open().write_lines(b"a\n12345678901\nb\n").news.unwrap();
    assert!(told.contains("longer than logging-max-size") && told.contains("a.log"), "{told}");
    assert_eq!(place.content(), "a\nb\n");
}

#[test]
fn a_folder_that_vanishes_comes_back_with_the_next_file() {
    let place = Place::new(10);
    let mut file = place.open();
    file.write_lines(b"1234567\n");
    fs::remove_dir_all(place.folder.path()).unwrap();
    assert_eq!(file.write_lines(b"still\n").news, None);
    assert_eq!(place.content(), "still\n");
}

#[test]
fn what_cannot_be_written_is_told_once_and_counted_when_it_works_again() {
    let place = Place::new(10);
    let mut file = place.open();
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    let told = file.write_lines(b"one\n").news.unwrap();
    assert!(told.contains("cannot be opened") && told.contains("a.log"), "{told}");
    assert_eq!(file.write_lines(b"two\nthree\n").news, None);
    fs::remove_dir(place.path()).unwrap();
    let told = file.write_lines(b"four\n").news.unwrap();
    assert!(told.contains("written again; 3 log lines were lost"), "{told}");
    assert_eq!((file.write_lines(b"five\n").news, place.content().as_str()), (None, "four\nfive\n"));
}

#[test]
fn a_disk_without_room_is_told_once() {
    let limits = LogFile {
        path: "/dev/full".into(),
        max_bytes: 10,
        max_age: None,
        max_backups: None,
        old_files: OldFiles::Plain,
    };
    let mut file = RotatingFile::open(limits, LogZone::Utc, Clock::custom(now)).unwrap();
    let told = file.write_lines(b"one\n").news.unwrap();
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(file.write_lines(b"two\nthree\nfour\n").news, None);
    assert_eq!(file.trouble.map(|trouble| trouble.lost), Some(4));
}

#[test]
fn a_file_that_is_not_there_at_all_cannot_be_opened_for_lack_of_its_folder() {
    let place = Place::new(10);
    assert!(try_out(&place.folder.path().join("missing").join("a.log")).is_err());
}
