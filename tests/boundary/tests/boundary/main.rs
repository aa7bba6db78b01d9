//! Generators of attacks, one per class: the test of the class, where an advisory is one sample of it.
//!
//! The program is run as a black box before applications of four parsers: what counts is what the app understood, and how
//! often it was asked. Every generator has a fixed seed, prints it with the number of its samples, and is bounded.
#![cfg(test)]

mod canaries;
mod cookies;
mod framing;
mod headers;
mod http2;
mod paths;
mod random;
mod redirects;
mod rewrites;
mod site;
mod threat_model;
mod tokens;
