//! What both programs are asked: one file per part of their behaviour, one function per configuration.

use crate::case::Configuration;

mod allowed;
pub mod configuration;
mod cookie_options;
mod credentials;
mod defaults;
mod exempt;
mod files;
mod forwarded;
pub mod generated;
mod identity;
mod logins;
mod logs;
mod malformed;
pub mod open;
mod pages;
mod queries;
mod redirects;
mod rewriting;
pub mod rows;
mod sessions;
mod sign_out;
mod signed;
mod sources;
pub mod startup;
mod switched_back;
mod switches;
mod templates;
mod upstreams;
mod wire;

/// Every configuration.
#[must_use]
pub fn all() -> Vec<Configuration> {
    let mut all = vec![
        defaults::bare(),
        redirects::own_host_only(),
        redirects::whitelist(),
        forwarded::reverse_proxy(),
        forwarded::of_others(),
        forwarded::chain(),
        forwarded::nobody_listed(),
        forwarded::told_addresses(),
        forwarded::over_a_socket(),
        forwarded::over_a_socket_directly(),
        sessions::shapes(),
        sessions::aes_192(),
        sessions::aes_128(),
        exempt::rules(),
        exempt::negated(),
        exempt::trusted_address(),
        allowed::groups(),
        allowed::domains(),
        allowed::constraints(),
        identity::everything(),
        identity::basic(),
        identity::nothing(),
        identity::kept(),
    ];
    all.extend(cookie_options::all());
    all.extend(credentials::all());
    all.extend(files::all());
    all.extend(logins::all());
    all.extend(logs::all());
    all.extend(malformed::all());
    all.extend(pages::all());
    all.extend(queries::all());
    all.extend(rewriting::all());
    all.extend(sign_out::all());
    all.extend(signed::all());
    all.extend(sources::all());
    all.extend(upstreams::all());
    all.extend(switched_back::all());
    all.extend(switches::all());
    all.extend(templates::all());
    all.extend(wire::all());
    all
}
