//! Ways in for `fuzz/`, in builds for fuzzing alone.

#![expect(clippy::missing_panics_doc, reason = "a finding panics")]

use std::path::{Path, PathBuf};

use crate::file::Document;
use crate::load::texts;
use crate::meaning::{Config, Judge, Surroundings};
use crate::merge::{Environment, merge};
use crate::options::Options;
use crate::structured::Structured;
use crate::understand::{Given, Understood};
use crate::{arguments, fault};

/// A file of any content becomes options, or faults that can be shown.
pub fn file(content: &[u8]) {
    match Document::parse(Path::new("fuzz.cfg"), content) {
        Ok(file) => show(&merge(&Vec::new(), &Environment::new(&[]), &file.entries).faults),
        Err(fault) => show(&[fault]),
    }
}

/// A command line of any words, one per line.
pub fn command_line(content: &str) {
    let words: Vec<_> = content.lines().map(Into::into).collect();
    let Ok(words) = texts(&words) else { return };
    let _modes = arguments::modes(&words);
    if let Err(faults) = arguments::strict(&words) {
        show(faults.list());
    }
}

/// A structured configuration of any content becomes options and structure, or faults that can be shown.
pub fn structured(content: &[u8]) {
    let (flags, file) = (Vec::new(), Document::default());
    let alpha = Some((PathBuf::from("fuzz.yaml"), content.to_vec()));
    show(&Understood::new(&Given { flags: &flags, environment: &[], file: &file, alpha }).judge.faults);
}

/// The rules that say who gets in without a session, where a login may land, and whom to believe. Names no file.
pub fn rules(text: &str) {
    let mut options = Options::default();
    let list = vec![text.to_owned()];
    options.skip_auth_routes.value.clone_from(&list);
    options.skip_auth_regex.value.clone_from(&list);
    options.api_routes.value.clone_from(&list);
    options.trusted_ips.value.clone_from(&list);
    options.trusted_proxy_ips.value.clone_from(&list);
    options.whitelist_domains.value.clone_from(&list);
    options.email_domains.value.clone_from(&list);
    options.upstreams.value = list;
    text.clone_into(&mut options.redirect_url.value);
    let mut judge = Judge::default();
    let structured = Structured::from_options(&options, &mut judge);
    let _config = Config::new(&options, &structured, Surroundings::new(&[]), &mut judge);
    show(&judge.faults);
}

/// A file of users of any content becomes users, or lines that cannot be used, in whose words nothing of it shows.
pub fn users(content: &str) {
    match sidecar_gateway::Users::parse(content) {
        Ok(users) => assert!(format!("{users:?}").starts_with("Users(")),
        Err(lines) => assert!(!lines.is_empty()),
    }
}

fn show(faults: &[fault::Fault]) {
    for fault in faults {
        let text = fault.to_string();
        assert!(!text.contains('\u{1b}') && !text.contains('\n'), "{text:?}");
    }
}
