//! Configurations and requests put together by chance from pieces that matter. What a piece may bring about is explained
//! by [`reasons`], which reads the finished request.

pub mod chance;
mod options;
mod reasons;
mod requests;

use chance::Chance;

use crate::case::Configuration;

/// The configuration that this seed makes, with so many cases.
#[must_use]
pub fn configuration_of(seed: u64, cases: usize) -> Configuration {
    let chance = &mut Chance::of(seed);
    let drawn = options::draw(chance);
    let name: &'static str = format!("generated {seed}").leak();
    let cases = (0..cases).map(|_| requests::draw(chance, &drawn)).collect();
    Configuration { cases, explained: reasons::of_options(&drawn), ..drawn }.named(name)
}

impl Configuration {
    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The value of a flag, if it is given with one.
    fn flag(&self, name: &str) -> Option<&'static str> {
        self.flags.iter().find_map(|flag| flag.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('='))
    }

    /// Where the program's own endpoints are.
    fn prefix(&self) -> &'static str {
        self.flag("proxy-prefix").unwrap_or("/oauth2")
    }
}
