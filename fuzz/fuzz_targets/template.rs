//! Templates of any content: read, looked through and run within bounds, on the stack of the threads that serve; what
//! comes from outside is never markup.
#![no_main]

use sidecar_gotmpl::{Record, Set, Source, Value};

/// Stands for text from outside. Without its angle brackets it is harmless.
const FOREIGN: &str = "a<zqj>'\"&`/\\b";
const STACK: usize = 256 * 1024;
/// What a page may have at most, and an action's own output beyond it.
const MOST: usize = 9 << 20;

fn data() -> Value {
    Record::new()
        .with("Title", FOREIGN)
        .with("Redirect", FOREIGN)
        .with("StatusCode", 403)
        .with("CustomLogin", true)
        .with("Footer", Value::Html("<b>footer</b>".to_owned()))
        .with("Items", vec![Record::new().with("Name", FOREIGN).into(), FOREIGN.into(), Value::Nil])
        .into()
}

fn run(text: &str) {
    let sources = [Source { name: "page", text }];
    if let Ok(set) = Set::html(&sources, &[]) {
        let _ = set.check("page", &data());
        let page = set.render("page", &data());
        assert_eq!(page, set.render("page", &data()), "a page depends on more than its data");
        if let Ok(page) = page {
            assert!(page.len() <= MOST);
            assert!(!page.contains("<zqj") || text.contains("zqj"), "foreign text became markup: {page}");
        }
    }
    if let Ok(set) = Set::text(&sources, &[]) {
        assert!(set.render("page", &data()).is_ok_and(|line| line.len() > MOST).eq(&false));
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || run(text));
        thread.expect("a thread starts").join().expect("no panic, and the stack is large enough");
    });
});
