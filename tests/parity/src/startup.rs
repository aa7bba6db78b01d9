//! Settings that a program takes or refuses: both are asked with `--config-test`, which touches no network.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sidecar_testkit::{Launch, Process, Which, place};

/// One way of setting a program up, on top of settings that are sound.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What it tries.
    pub name: &'static str,
    /// Arguments after those of [`SOUND`].
    pub arguments: Vec<&'static str>,
    /// Flags of [`SOUND`] that are left out.
    pub without: Vec<&'static str>,
    /// Variables.
    pub environment: Vec<(&'static str, &'static str)>,
    /// The configuration file.
    pub file: Option<&'static str>,
    /// More files, by name, in the folder that the program runs in.
    pub files: Vec<(&'static str, &'static str)>,
    /// The row of the document that says why the verdicts differ.
    pub row: Option<&'static str>,
}

/// Settings that both programs take.
pub const SOUND: [&str; 7] = [
    "--provider=oidc",
    "--oidc-issuer-url=http://127.0.0.1:1",
    "--client-id=client",
    "--client-secret=marked-client-secret",
    "--cookie-secret=marked-cookie-secret-32-bytes-ok",
    "--email-domain=*",
    "--upstream=http://127.0.0.1:1/",
];

/// How long a program may take to say what it thinks.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a program made of its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it said.
    pub said: String,
}

impl Verdict {
    /// Whether it took them.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.code == Some(0)
    }
}

/// An attempt with more arguments.
#[must_use]
pub fn with(name: &'static str, arguments: &[&'static str]) -> Attempt {
    let arguments = arguments.to_vec();
    Attempt { name, arguments, without: Vec::new(), environment: Vec::new(), file: None, files: Vec::new(), row: None }
}

impl Attempt {
    /// Without these flags of [`SOUND`].
    #[must_use]
    pub fn without(mut self, flags: &[&'static str]) -> Self {
        self.without.extend(flags);
        self
    }

    /// With a variable.
    #[must_use]
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// With a file.
    #[must_use]
    pub fn file(mut self, toml: &'static str) -> Self {
        self.file = Some(toml);
        self
    }

    /// With pages of the operator's own.
    #[must_use]
    pub fn page(mut self, name: &'static str, template: &'static str) -> Self {
        self.files.push((name, template));
        self.arguments.push("--custom-templates-dir=.");
        self
    }

    /// With verdicts that differ for this reason.
    #[must_use]
    pub fn row(mut self, id: &'static str) -> Self {
        self.row = Some(id);
        self
    }

    /// What `program` makes of it.
    #[must_use]
    pub fn judge(&self, program: &Path) -> Verdict {
        let folder = place::temporary_folder();
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder.path()).arg("--config-test");
        let left_out = |flag: &&str| self.without.iter().any(|name| flag.split('=').next() == Some(name));
        command.args(SOUND.iter().filter(|flag| !left_out(flag)));
        if let Some(toml) = self.file {
            let path = folder.path().join("test.cfg");
            std::fs::write(&path, toml).expect("a temporary folder can be written to");
            command.arg(format!("--config={}", path.display()));
        }
        self.write_files(folder.path());
        command.args(&self.arguments).envs(self.environment.iter().copied());
        let finished = Process::start(self.name, command).wait(PATIENCE);
        Verdict { code: finished.status.code(), said: finished.stdout + &finished.stderr }
    }

    /// How `program` ends when it is started in earnest.
    ///
    /// # Panics
    /// It serves instead, for as long as a start may take.
    #[must_use]
    pub fn start(&self, which: Which) -> Verdict {
        let launch = Launch::new(which).flags(SOUND).flags(&self.arguments);
        for (name, content) in &self.files {
            let _ = launch.write(name, content);
        }
        let finished = launch.run();
        Verdict { code: finished.status.code(), said: finished.stdout + &finished.stderr }
    }

    fn write_files(&self, folder: &Path) {
        for (name, content) in &self.files {
            std::fs::write(folder.join(name), content).expect("a temporary folder can be written to");
        }
    }
}
