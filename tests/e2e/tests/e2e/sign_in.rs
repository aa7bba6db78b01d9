//! From no cookie to a page of the app.

use sidecar_testkit::Browser;

use crate::site::Site;

#[test]
fn a_visitor_signs_in_and_lands_on_the_page_they_asked_for() {
    let site = Site::start(&["--skip-provider-button"]);
    let mut browser = Browser::new();
    let page = browser.sign_in_at(&site.program.url("/deep/page?tab=2&x=%2F"), "alice", "any");
    assert_eq!(page.status(), 200, "{page}");
    assert_eq!(page.url.as_str(), site.program.url("/deep/page?tab=2&x=%2F"));
    assert_eq!(page.json()["target"], "/deep/page?tab=2&x=%2F");
}
