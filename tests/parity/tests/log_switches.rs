//! Where lines go, and that they go away: what one program writes under a switch and without it, for both programs.

use sidecar_parity::launch;
use sidecar_testkit::{App, Finished, Which};

/// What `which` writes about one served request and one whose app is away.
fn written(which: Which, flags: &[&str]) -> Finished {
    let app = App::start();
    let program = launch::open(which, &app).flag("--upstream=http://127.0.0.1:1/away/").flags(flags).start();
    assert_eq!(program.get("/served/here").status, 200);
    assert_eq!(program.get("/away/there").status, 502);
    program.stop()
}

#[test]
fn request_lines_are_written_unless_they_are_switched_off() {
    for which in [Which::Original, Which::Ours] {
        let usual = written(which, &[]);
        assert!(usual.stdout.contains("/served/here"), "{which:?}: {}{}", usual.stdout, usual.stderr);
        let off = written(which, &["--request-logging=false"]);
        assert!(!off.stdout.contains("/served/here"), "{which:?}: {}", off.stdout);
    }
}

#[test]
fn error_lines_go_to_standard_error_unless_they_are_sent_where_the_others_go() {
    let about_the_app = |text: &str| text.to_lowercase().contains("upstream server");
    for which in [Which::Original, Which::Ours] {
        let usual = written(which, &[]);
        assert!(about_the_app(&usual.stderr), "{which:?}: {}", usual.stderr);
        let moved = written(which, &["--errors-to-info-log=true"]);
        assert!(about_the_app(&moved.stdout) && !about_the_app(&moved.stderr), "{which:?}: {}", moved.stderr);
    }
}
