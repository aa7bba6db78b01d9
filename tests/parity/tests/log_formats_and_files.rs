//! Formats of log lines and log files, for both programs: the same lines, and the same files when they are full.

use std::path::{Path, PathBuf};

use sidecar_parity::launch;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Program, Request, Which, place};

const BOTH: [Which; 2] = [Which::Original, Which::Ours];

/// Requests with odd values that both programs serve.
fn odd() -> Vec<Request> {
    // The test kit writes each character as one byte.
    let as_bytes = |text: &str| text.bytes().map(char::from).collect::<String>();
    let agent = |agent: &str| Request::get("/agent").header("User-Agent", &as_bytes(agent));
    vec![
        Request::get("/"),
        Request::get("/a?b=%22&c='d'&e={f}"),
        Request::post_form("/form?x", "a=b"),
        Request::new("HEAD", "/head"),
        Request::new("BREW", "/pot"),
        agent("a \"b\" \\c"),
        agent("caf\u{e9} \u{65e5}\u{672c} \u{1f600}"),
        agent("zero\u{200b}width \u{ad} \u{a0} \u{e0001} e\u{301} \u{feff}"),
        agent("it's <b>&amp;"),
        Request::get("/id").header("X-Request-Id", "Root=1-2;Self=3"),
        Request::get("/oauth2/userinfo"),
        Request::get("/robots.txt"),
    ]
}

/// What a program writes about those with this format, but for its address.
fn written(which: Which, format: &str) -> Vec<String> {
    let app = App::start();
    let flags = [
        format!("--request-logging-format=LINE {format}"),
        "--standard-logging=false".into(),
        "--silence-ping-logging".into(),
    ];
    let program = launch::open(which, &app).flags(flags).start();
    let address = program.address().to_string();
    for request in odd() {
        assert_eq!(program.ask(&request).status, 200, "{which:?} {request:?}");
    }
    let finished = program.stop();
    finished.stdout.split("LINE ").skip(1).map(|line| line.replace(&address, "HOST").trim_end().to_owned()).collect()
}

#[test]
fn formats_make_the_same_lines_of_odd_values() {
    for format in [
        "{{.Host}} {{.Protocol}} {{.RequestMethod}} {{.RequestURI}} {{.StatusCode}} {{.Upstream}} {{.UserAgent}} {{.Username}}",
        "{{.RequestURI | len}}|{{.UserAgent | html}}|{{js .RequestURI}}|{{urlquery .RequestURI}}",
        "{{printf \"%-6s|%q|%v\" .RequestMethod .UserAgent .StatusCode}}{{/* nothing */}}",
        "{{if eq .StatusCode \"200\"}}fine{{else}}{{.StatusCode}}{{end}} {{with .Upstream}}{{.}}{{end}} {{.RequestURI -}}   ",
        "{{$m := .RequestMethod}}{{range slice .RequestURI 0 1 | printf \"%s\" | len}}{{$m}}{{end}} {{index .RequestURI 1}}",
        "{{define \"x\"}}[{{.}}]{{end}}{{template \"x\" .RequestURI}} {{block \"y\" .UserAgent}}({{.}}){{end}}",
        "two {{.RequestMethod}}\nlines {{.RequestURI}}",
    ] {
        let [original, ours] = BOTH.map(|which| written(which, format));
        assert_eq!(original.len(), odd().len(), "{format}: {original:#?}");
        assert_eq!(ours, original, "{format}");
    }
}

#[test]
fn the_usual_lines_are_those_that_the_usual_formats_make() {
    let usual = "{{.RequestID}} - {{.Username}} {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}}";
    for which in BOTH {
        let app = App::start();
        let program = launch::open(which, &app).start();
        let request = || Request::get("/a?b").header("User-Agent", "a \"b\"").header("X-Request-Id", "id-1");
        assert_eq!(program.ask(&request()).status, 200);
        let by_default = program.stop().stdout;
        let program = launch::open(which, &app).flag(&format!("--request-logging-format={usual}")).start();
        assert_eq!(program.ask(&request()).status, 200);
        let by_format = program.stop().stdout;
        let tail = |text: &str, at: &str| {
            let line = text.lines().find(|line| line.contains("id-1")).unwrap_or_else(|| panic!("{text}")).to_owned();
            line.split_once(at).map(|(_, rest)| rest.to_owned()).expect("its end")
        };
        let end = "GET / \"/a?b\" HTTP/1.1 \"a \\\"b\\\"\" 200";
        assert!(tail(&by_default, " - - [").contains(end), "{which:?}: {by_default}");
        assert!(tail(&by_format, " - - ").ends_with(end), "{which:?}: {by_format}");
    }
}

/// The files that a program leaves that writes `count` lines of some 7 KiB with these flags.
fn left(which: Which, flags: &[&str], count: usize, tidy: impl Fn(&[PathBuf]) -> bool) -> Vec<PathBuf> {
    let app = App::start();
    let folder = place::temporary_folder();
    for stranger in ["proxy-x.log", "proxy-2020-01-01T00-00-00.000.log", "proxy-2020-01-02T00-00-00.000.log.gz"] {
        std::fs::write(folder.path().join(stranger), "old\n").expect("a file");
    }
    let program = launch::open(which, &app)
        .flag(&format!("--logging-filename={}", folder.path().join("proxy.log").display()))
        .flags(flags)
        .start();
    write_much(&program, count);
    let files = || {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        files
    };
    eventually(
        std::time::Duration::from_secs(20),
        || tidy(&files()).then_some(()),
        || format!("{which:?} {flags:?}: {:?}", files()),
    );
    drop(program.stop());
    files()
}

fn write_much(program: &Program, count: usize) {
    let mut connection = program.connect();
    for number in 0..count {
        let target = format!("/{number:06}-{}", "x".repeat(7000));
        assert_eq!(connection.exchange(&Request::get(&target)).expect("an answer").status, 200);
    }
}

/// A name with the digits of its time taken out, but for those of the files that were there before.
fn shape(path: &Path) -> String {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    if name.contains("2020") {
        return name;
    }
    name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

#[test]
fn full_files_are_renamed_kept_and_compressed_alike() {
    let fresh = |files: &[PathBuf], end: &str| {
        files.iter().filter(|path| shape(path) == format!("proxy-0000-00-00T00-00-00.000{end}")).count()
    };
    for (flags, end, kept) in [
        (&["--logging-max-size=1", "--logging-max-age=0"][..], ".log", 2),
        (&["--logging-max-size=1", "--logging-max-backups=1"], ".log", 1),
        (&["--logging-max-size=1", "--logging-max-backups=2", "--logging-compress=true"], ".log.gz", 2),
        (&["--logging-max-size=1", "--logging-compress=true"], ".log.gz", 2),
    ] {
        // 350 lines fill two files and a part of the third.
        let all = BOTH.map(|which| {
            let files = left(which, flags, 350, |files| {
                fresh(files, end) == kept && fresh(files, if end == ".log" { ".log.gz" } else { ".log" }) == 0
            });
            files.iter().map(|path| shape(path)).collect::<Vec<_>>()
        });
        assert_eq!(all[1], all[0], "{flags:?}");
        assert!(all[0].contains(&"proxy-x.log".to_owned()) && all[0].contains(&"proxy.log".to_owned()), "{:?}", all[0]);
    }
}
