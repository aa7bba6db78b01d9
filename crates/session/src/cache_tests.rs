use std::time::UNIX_EPOCH;

use super::*;

const ID: SessionId = SessionId::for_tests([7; 32]);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn cache(entries: usize, bytes: usize) -> SessionCache {
    SessionCache::new(CacheLimits { entries, bytes })
}

fn put(cache: &SessionCache, text: &str) {
    let session = Session { user: Some(text.to_owned()), ..Session::default() };
    let opened = OpenedSession { session: Arc::new(session), id: ID };
    cache.insert(&whole(text), text.to_owned(), 1_700_000_000, &opened);
}

fn user(cache: &SessionCache, value: &Value<'_>) -> Option<String> {
    cache.get(value, None, now())?.session.user.clone()
}

fn whole(text: &str) -> Value<'_> {
    Value::of_parts(&[text])
}

fn has(cache: &SessionCache, text: &str) -> bool {
    user(cache, &whole(text)).as_deref() == Some(text)
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{n:0>90}")).collect()
}

#[test]
fn a_hit_needs_every_byte_of_the_value() {
    let cache = cache(10, 100_000);
    let text = format!("{}{}", "a".repeat(500), "s".repeat(64));
    put(&cache, &text);
    assert!(has(&cache, &text));
    let same_tail = format!("b{}", &text[1..]);
    assert!(user(&cache, &whole(&same_tail)).is_none(), "same length, same tail, another body");
    assert!(user(&cache, &whole(&text[1..])).is_none());
    assert!(has(&cache, &text));
}

#[test]
fn a_value_is_found_however_it_was_cut() {
    let cache = cache(10, 100_000);
    let text = format!("{}{}", "a".repeat(300), "s".repeat(50));
    put(&cache, &text);
    for cut in [1, 299, 300, 340, 349] {
        let (front, back) = text.split_at(cut);
        assert_eq!(user(&cache, &Value::of_parts(&[front, back])), Some(text.clone()), "{cut}");
    }
    assert!(user(&cache, &Value::of_parts(&[&text, ""])).is_some());
}

#[test]
fn an_entry_past_its_lifetime_is_no_answer() {
    let cache = cache(10, 100_000);
    put(&cache, "value");
    let get = |seconds| cache.get(&whole("value"), Some(Duration::from_mins(1)), now() + Duration::from_secs(seconds));
    assert!(get(59).is_some());
    assert!(get(60).is_none());
}

#[test]
fn what_is_forgotten_is_gone_in_both_generations() {
    let cache = cache(4, 100_000);
    let texts = texts(3);
    for text in &texts {
        put(&cache, text);
    }
    for text in &texts {
        cache.forget(&whole(text));
        assert!(!has(&cache, text));
    }
    assert_eq!(cache.lock().young_bytes, 0);
}

#[test]
fn the_number_of_entries_is_bounded_and_what_is_used_stays() {
    let cache = cache(100, 10_000_000);
    let texts = texts(1000);
    for text in &texts {
        put(&cache, text);
        assert!(has(&cache, &texts[0]), "the one that is always asked for");
    }
    let kept = texts.iter().filter(|text| has(&cache, text)).count();
    assert!((50..=150).contains(&kept), "{kept}");
    let generations = cache.lock();
    assert!(generations.young.len() + generations.old.len() <= 100);
}

#[test]
fn the_bytes_are_bounded() {
    let cache = cache(usize::MAX, 100_000);
    for text in texts(1000) {
        put(&cache, &text);
    }
    let huge = "h".repeat(100_000);
    put(&cache, &huge);
    assert!(!has(&cache, &huge));
    let generations = cache.lock();
    assert!(generations.young.len() + generations.old.len() < 100_000 / 180);
    let bytes: usize = generations.young.values().chain(generations.old.values()).map(Entry::cost).sum();
    assert!(bytes <= 100_000, "{bytes}");
    assert_eq!(generations.young_bytes, generations.young.values().map(Entry::cost).sum::<usize>());
}

#[test]
fn a_cache_of_no_entries_keeps_nothing() {
    let cache = cache(0, 100_000);
    put(&cache, "value");
    assert!(!has(&cache, "value"));
}
