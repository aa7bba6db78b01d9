//! Autobahn's WebSocket cases, played through the program: the verdict on an app is the same with it and without it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use sidecar_testkit::{App, Launch, Process, Provider, Reply, Which, place};

/// How long a run of the suite may take.
const LIMIT: Duration = Duration::from_mins(4);

/// Left out: messages of 16 MiB and a thousand echoes each, which say nothing of a proxy that the others do not; and
/// compression, which the app has not.
const LEFT_OUT: [&str; 8] = ["9.1.5", "9.1.6", "9.2.5", "9.2.6", "9.3.*", "9.4.*", "12.*", "13.*"];

/// The verdict on each case: on its messages, and on its end.
fn play(against: SocketAddr, reports: &Path) -> BTreeMap<String, (String, String)> {
    let kosoku = place::installed(place::cache().join("kosoku/bin/kosoku"), "tests/counterparts/install.sh kosoku");
    let mut command = Command::new(kosoku);
    command.arg(against.to_string()).arg("--outdir").arg(reports).args(["--parallelism", "4"]);
    for case in LEFT_OUT {
        command.args(["--exclude", case]);
    }
    // It ends with 1 where a case failed, also one that fails without us.
    let said = Process::start("kosoku", command).wait(LIMIT);
    let index = std::fs::read(reports.join("index.json")).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    let index: serde_json::Value = serde_json::from_slice(&index).expect("JSON");
    let agent = index.as_object().and_then(|agents| agents.values().next()).expect("one agent");
    let text = |case: &serde_json::Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let cases = agent.as_object().expect("cases").iter();
    cases.map(|(id, case)| (id.clone(), (text(case, "behavior"), text(case, "behaviorClose")))).collect()
}

#[test]
fn every_case_of_autobahn_ends_behind_the_program_as_it_ends_without_it() {
    let app = App::with(|_| Reply::WebSocketEcho);
    let program = Launch::oidc(Which::Ours, Provider::shared(), &app.upstream()).flag("--skip-auth-route=.*").start();
    let folder = place::temporary_folder();
    let [control, through] = thread::scope(|scope| {
        let runs = [(app.address(), "control"), (program.address(), "through")]
            .map(|(address, name)| (address, folder.path().join(name)))
            .map(|(address, reports)| scope.spawn(move || play(address, &reports)));
        runs.map(|run| run.join().expect("a run of the suite"))
    });
    println!("autobahn: {} cases through the program", through.len());
    assert!(control.len() >= 200, "only {} cases", control.len());
    let good = |verdict: &str| ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"].contains(&verdict);
    let fine = control.values().filter(|(messages, _)| good(messages)).count();
    assert!(fine * 10 >= control.len() * 9, "the app itself fails: {control:?}");
    assert_eq!(through, control);
}
