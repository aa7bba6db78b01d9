//! Query strings and form bodies: what we accept, another reader of forms reads alike, and it survives being written.
#![no_main]

use sidecar_core::form::{self, Form, Semicolons};
use url::form_urlencoded;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(form) = Form::parse(text, Semicolons::Refused) {
        let other: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let ours: Vec<_> = form.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        assert_eq!(ours, other);
        for (key, value) in &ours {
            assert_eq!(form.get(key), form.all(key).next());
            assert!(form.all(key).any(|found| found == value));
        }
    }
    if let Ok(form) = Form::parse(text, Semicolons::Separate) {
        assert!(form.pairs().count() <= text.split(['&', ';']).count());
        assert!(Form::parse(&text.replace(';', "&"), Semicolons::Refused).is_ok_and(|same| same == form));
    }
    let encoded = form::encode(text);
    assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+%".contains(&byte)));
    assert_eq!(form::decode(&encoded).as_deref(), Ok(text));
    if let Some(bytes) = form::percent_decode(text) {
        assert!(bytes.len() <= text.len());
    }
});
