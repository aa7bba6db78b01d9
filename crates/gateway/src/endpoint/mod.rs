//! Our own endpoints, one file each; none knows another.

pub(crate) mod asset;
pub(crate) mod auth;
pub(crate) mod callback;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod start;
pub(crate) mod unauthenticated;
pub(crate) mod userinfo;
