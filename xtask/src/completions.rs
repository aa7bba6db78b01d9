//! Completion scripts for shells.

use anyhow::{Context as _, Result};
use clap_complete::shells;

use crate::command::{NAME, command};

/// A shell that completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    /// GNU bash.
    Bash,
    /// zsh, with its completion system on.
    Zsh,
    /// fish.
    Fish,
}

/// The script that completes the program's flags in the shell.
pub(crate) fn script(shell: Shell) -> Result<String> {
    let mut script = Vec::new();
    let mut command = command();
    match shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, NAME, &mut script),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, NAME, &mut script),
        Shell::Fish => clap_complete::generate(shells::Fish, &mut command, NAME, &mut script),
    }
    let script = String::from_utf8(script).context("a script is text")?;
    // clap_complete 4.6.11 takes the hyphen of the program's name for the step to a sub-command, in this label alone.
    Ok(script.replace("oauth2__subcmd__sidecar__", "oauth2__sidecar__"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What bash offers for the last word, as its completion would ask.
    fn offered(words: &[&str]) -> Vec<String> {
        let ask = r#"
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            registered=$(complete -p oauth2-sidecar) function=${registered##*-F } function=${function%% *}
            "$function" "$1" "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let script = script(Shell::Bash).expect("a script") + ask;
        let output = Command::new("bash").args(["-c", &script, "bash"]).args(words).output().expect("bash");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn bash_offers_every_flag_that_begins_like_the_word() {
        let flags = offered(&["oauth2-sidecar", "--cookie-d"]);
        assert_eq!(flags, ["--cookie-domain"]);
        let served = crate::options::served().into_iter().filter(|row| row.flag.starts_with("cook"));
        let mut served: Vec<_> = served.map(|row| format!("--{}", row.flag)).collect();
        let mut flags = offered(&["oauth2-sidecar", "--cook"]);
        served.sort();
        flags.sort();
        assert_eq!(flags, served);
    }

    #[test]
    fn bash_offers_the_doctor_and_its_flags() {
        assert_eq!(offered(&["oauth2-sidecar", "doc"]), ["doctor"]);
        assert_eq!(offered(&["oauth2-sidecar", "doctor", "--github-o"]), ["--github-org"]);
    }

    #[test]
    fn bash_offers_the_two_words_of_migrate() {
        assert_eq!(offered(&["oauth2-sidecar", "mig"]), ["migrate"]);
        assert_eq!(offered(&["oauth2-sidecar", "migrate", "ch"]), ["check"]);
    }

    #[test]
    fn nothing_is_offered_behind_a_bare_boolean_that_it_would_not_read() {
        assert!(!offered(&["oauth2-sidecar", "--cookie-secure", ""]).contains(&"false".to_owned()));
    }
}
