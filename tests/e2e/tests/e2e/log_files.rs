//! Log files: rotation, what becomes of old ones, and what happens when they cannot be written.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Launch, Program, Provider, Request, Which, place};

const SOON: Duration = Duration::from_secs(20);
const MEBIBYTE: u64 = 1024 * 1024;

/// A folder for logs, and a program that lets everybody through and writes there.
struct Logs {
    folder: tempfile::TempDir,
}

impl Logs {
    fn new() -> Self {
        Self { folder: place::temporary_folder() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("proxy.log")
    }

    fn launch(&self, app: &App, flags: &[&str]) -> Launch {
        Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
            .flag("--skip-auth-route=.*")
            .flag(&format!("--logging-filename={}", self.file().display()))
            .flags(flags)
    }

    /// The names of what is in the folder beside the log file, sorted.
    fn old(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
        let mut names: Vec<String> = names.filter(|name| name != "proxy.log").collect();
        names.sort();
        names
    }

    /// Everything in all files, the oldest first.
    fn content(&self) -> String {
        let old = self.old().into_iter().map(|name| self.folder.path().join(name));
        old.chain([self.file()]).map(|path| read(&path)).collect()
    }
}

fn read(path: &Path) -> String {
    if path.extension().is_some_and(|extension| extension == "gz") {
        let output = Command::new("gzip").arg("-dc").arg(path).output().expect("gzip");
        assert!(output.status.success(), "{}", path.display());
        return String::from_utf8(output.stdout).expect("text");
    }
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Has `count` lines of some 7 KiB written, each with its number.
fn write_much(program: &Program, first: usize, count: usize) {
    let mut connection = program.connect();
    for number in first..first + count {
        let target = format!("/number-{number}-{}", "x".repeat(7000));
        assert_eq!(connection.exchange(&Request::get(&target)).expect("an answer").status, 200);
    }
}

/// Asserts that every number up to `count` was written once, on a line of its own that is whole.
fn assert_whole(content: &str, count: usize) {
    let mut seen = BTreeSet::new();
    for line in content.lines().filter(|line| line.contains("/number-")) {
        let (_, rest) = line.split_once("\"/number-").expect("one per line");
        let number: usize = rest.split('-').next().expect("a number").parse().expect("a number");
        assert!(seen.insert(number), "{number} twice");
        let end: Vec<&str> = line.rsplit(' ').take(4).collect();
        assert!(end[2] == "200" && end[0].contains('.'), "a line was cut: …{}", &line[line.len() - 60..]);
    }
    assert_eq!(seen.len(), count, "missing: {:?}", (0..count).find(|number| !seen.contains(number)));
}

fn is_old_name(name: &str) -> bool {
    let time = name.strip_prefix("proxy-").map(|rest| rest.trim_end_matches(".gz").trim_end_matches(".log"));
    time.is_some_and(|time| {
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00T00-00-00.000"
    })
}

#[test]
fn a_full_file_is_renamed_and_no_line_is_lost_or_cut() {
    let (app, logs) = (App::start(), Logs::new());
    let program = logs.launch(&app, &["--logging-max-size=1"]).start();
    write_much(&program, 0, 400);
    let finished = program.stop();
    assert!(!finished.stdout.contains("/number-"), "the output is the file's");
    let old = logs.old();
    assert!(old.len() >= 2 && old.iter().all(|name| is_old_name(name)), "{old:?}");
    for name in old.iter().map(String::as_str).chain(["proxy.log"]) {
        let metadata = std::fs::metadata(logs.folder.path().join(name)).expect("a file");
        assert!(metadata.len() <= MEBIBYTE, "{name} has {}", metadata.len());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_whole(&logs.content(), 400);
}

#[test]
fn of_old_files_the_newest_stay_compressed_and_strangers_are_left_alone() {
    let (app, logs) = (App::start(), Logs::new());
    let strangers = ["proxy-2020-01-01.log", "proxy-2020-01-01T00-00-00.000.txt", "other-2020-01-01T00-00-00.000.log"];
    for name in strangers.iter().chain(&["proxy-2020-01-01T00-00-00.000.log", "proxy-2020-01-02T00-00-00.000.log.gz"]) {
        std::fs::write(logs.folder.path().join(name), "old\n").expect("a file");
    }
    let flags = ["--logging-max-size=1", "--logging-max-backups=2", "--logging-compress"];
    let program = logs.launch(&app, &flags).start();
    write_much(&program, 0, 600);
    let ours = || logs.old().into_iter().filter(|name| !strangers.contains(&name.as_str())).collect::<Vec<_>>();
    let tidy = || {
        let ours = ours();
        (ours.len() == 2 && ours.iter().all(|name| name.ends_with(".log.gz") && !name.contains("2020"))).then_some(())
    };
    eventually(SOON, tidy, || format!("{:?}", ours()));
    drop(program);
    for name in ours() {
        assert!(is_old_name(&name), "{name}");
        let content = read(&logs.folder.path().join(&name));
        assert!(content.matches("/number-").count() > 100 && content.ends_with('\n'), "{name}");
    }
    let left = logs.old();
    assert!(strangers.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
}

#[test]
fn an_old_file_of_more_days_than_are_kept_goes_at_start() {
    let (app, logs) = (App::start(), Logs::new());
    std::fs::write(logs.folder.path().join("proxy-2020-01-01T00-00-00.000.log"), "old\n").expect("a file");
    let _forever = logs.launch(&app, &["--logging-max-age=0"]).start();
    assert_eq!(logs.old(), ["proxy-2020-01-01T00-00-00.000.log"]);
    let _week = logs.launch(&app, &[]).start();
    eventually(SOON, || logs.old().is_empty().then_some(()), || format!("{:?}", logs.old()));
}

#[test]
fn a_program_that_is_killed_loses_no_line_that_was_there_and_goes_on_in_the_same_file() {
    let (app, logs) = (App::start(), Logs::new());
    let program = logs.launch(&app, &[]).start();
    write_much(&program, 0, 20);
    eventually(SOON, || logs.content().contains("/number-19-").then_some(()), || logs.content());
    program.process().signal(Signal::KILL);
    let _ = program.wait(SOON);
    let before = logs.content();
    // As a process leaves it that dies in the middle of a write.
    let torn = "127.0.0.1:1 - x - - [2026/11/23 10:38:34] torn";
    std::fs::write(logs.file(), format!("{before}{torn}")).expect("the file");
    let program = logs.launch(&app, &[]).start();
    write_much(&program, 20, 20);
    let _ = program.stop();
    let content = logs.content();
    assert!(content.starts_with(&before) && logs.old().is_empty());
    assert!(content.contains(&format!("{torn}\n")), "the next line begins a line");
    assert_whole(&content, 40);
}

#[test]
fn error_lines_stay_on_standard_error_unless_they_are_sent_to_the_file() {
    let app = App::start();
    for (flags, in_file) in [(&[][..], false), (&["--errors-to-info-log"], true)] {
        let logs = Logs::new();
        let program = logs.launch(&app, flags).flag("--upstream=http://127.0.0.1:1/away/").start();
        assert_eq!(program.get("/away/x").status, 502);
        let finished = program.stop();
        let told = "Error proxying to upstream server";
        assert_eq!((logs.content().contains(told), finished.stderr.contains(told)), (in_file, !in_file), "{flags:?}");
        assert!(logs.content().contains("\"/away/x\""));
    }
}

#[test]
fn a_disk_without_room_fails_no_request_and_is_told_once() {
    let app = App::start();
    let metrics = place::free_port();
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .flags(["--skip-auth-route=.*", "--logging-filename=/dev/full"])
        .flag(&format!("--metrics-address=127.0.0.1:{metrics}"))
        .start();
    for number in 0..50 {
        assert_eq!(program.get(&format!("/{number}")).status, 200);
    }
    let lost = || {
        let text = sidecar_testkit::http::ask(place::loopback(metrics), &Request::get("/metrics")).text();
        let lost = sidecar_testkit::metrics::value(&text, "oauth2_sidecar_log_lines_lost_total");
        lost.is_some_and(|lost| lost >= 50).then_some(())
    };
    eventually(SOON, lost, || program.said());
    let finished = program.stop();
    assert_eq!(finished.stderr.matches("No space left on device").count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains("/dev/full"), "{}", finished.stderr);
}

#[test]
fn a_directory_that_vanishes_fails_no_request_and_lines_come_back_with_the_next_file() {
    let (app, logs) = (App::start(), Logs::new());
    let folder = logs.folder.path().join("below");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("proxy.log");
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream())
        .flags(["--skip-auth-route=.*", "--logging-max-size=1"])
        .flag(&format!("--logging-filename={}", file.display()))
        .start();
    write_much(&program, 0, 10);
    eventually(SOON, || read(&file).contains("/number-9-").then_some(()), || program.said());
    std::fs::remove_dir_all(&folder).expect("to remove");
    write_much(&program, 10, 200);
    eventually(SOON, || (file.is_file() && read(&file).contains("/number-209-")).then_some(()), || program.said());
}

#[test]
fn a_log_file_that_cannot_be_made_is_refused_at_start() {
    let folder = place::temporary_folder();
    for (path, why) in [
        (folder.path().join("missing/proxy.log"), "there is no directory"),
        (folder.path().to_owned(), "is a directory"),
    ] {
        let flag = format!("--logging-filename={}", path.display());
        for more in [&["--config-test"][..], &[]] {
            let launch = Launch::oidc(Which::Ours, Provider::shared(), "http://127.0.0.1:1/").flag(&flag).flags(more);
            let finished = launch.run();
            assert_eq!(finished.status.code(), Some(1), "{more:?}");
            assert!(
                finished.stderr.contains("logging-filename") && finished.stderr.contains(why),
                "{}",
                finished.stderr
            );
            assert!(finished.stderr.contains("E-CONFIG-FILE"), "{}", finished.stderr);
        }
    }
}

/// Minutes after midnight of the last stamp `HH:MM:SS` that follows `before` in a text.
fn minutes(text: &str, before: char, between: char) -> i32 {
    let stamp = text.match_indices(before).filter_map(|(at, _)| text.get(at + 1..at + 9)).rfind(|stamp| {
        let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == format!("00{between}00{between}00")
    });
    let stamp = stamp.unwrap_or_else(|| panic!("no time in {text}"));
    let number = |part: &str| part.parse::<i32>().expect("a number");
    number(&stamp[..2]) * 60 + number(&stamp[3..5])
}

#[test]
fn times_in_lines_and_in_names_are_local_or_utc_as_told() {
    let app = App::start();
    // In Kolkata it is five and a half hours later than in UTC, at all seasons.
    for (flags, ahead) in
        [(&["--logging-max-size=1"][..], 330), (&["--logging-max-size=1", "--logging-local-time=false"], 0)]
    {
        let logs = Logs::new();
        let program = logs.launch(&app, flags).env("TZ", "Asia/Kolkata").start();
        write_much(&program, 0, 160);
        let _ = program.stop();
        let date = Command::new("date").args(["-u", "+%H:%M:%S"]).output().expect("date");
        let now = minutes(&format!(" {}", String::from_utf8_lossy(&date.stdout)), ' ', ':');
        let content = read(&logs.file());
        for (what, then) in [("lines", minutes(&content, ' ', ':')), ("names", minutes(&logs.old().concat(), 'T', '-'))]
        {
            let late = (now + ahead - then).rem_euclid(24 * 60);
            assert!(late <= 2, "{what} of {flags:?} are {late} minutes off");
        }
    }
}
