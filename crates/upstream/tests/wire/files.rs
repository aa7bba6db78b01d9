//! `file://` upstreams.

use std::{fs, os::unix::fs::symlink};

use crate::support::{Answer, Front};
use sidecar_upstream::{Kind, Serves, UpstreamSettings};
use tempfile::TempDir;

struct Site {
    front: Front,
    dir: TempDir,
}

async fn site() -> Site {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("www");
    fs::create_dir_all(root.join("sub/with index")).unwrap();
    fs::write(dir.path().join("secret.txt"), "secret").unwrap();
    fs::write(root.join("a.css"), "body{}").unwrap();
    fs::write(root.join("README"), "plain text").unwrap();
    fs::write(root.join("page"), "<html><script>").unwrap();
    fs::write(root.join("data"), b"\x00\x01").unwrap();
    fs::write(root.join("sub/<b>&:x"), "odd").unwrap();
    fs::write(root.join("sub/with index/index.html"), "<p>index").unwrap();
    symlink(dir.path().join("secret.txt"), root.join("out")).unwrap();
    symlink("../..", root.join("sub/up")).unwrap();
    symlink("a.css", root.join("in.css")).unwrap();
    let upstream = UpstreamSettings {
        id: "files".into(),
        path: "/static/".into(),
        serves: Serves::Path,
        kind: Kind::Files { dir: root },
    };
    Site { front: Front::serving(vec![upstream]).await, dir }
}

impl Site {
    async fn get(&self, target: &str, lines: &str) -> Answer {
        self.front.ask(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n{lines}\r\n")).await
    }
}

#[tokio::test]
async fn files_have_a_type_and_a_date_and_links_inside_are_followed() {
    let site = site().await;
    for (path, kind, body) in [
        ("/static/a.css", "text/css; charset=utf-8", "body{}"),
        ("/static/in.css", "text/css; charset=utf-8", "body{}"),
        ("/static/%61.css?v=1", "text/css; charset=utf-8", "body{}"),
        ("/static/README", "text/plain; charset=utf-8", "plain text"),
        ("/static/page", "text/plain; charset=utf-8", "<html><script>"),
        ("/static/data", "application/octet-stream", "\0\u{1}"),
        ("/static/sub/with%20index/", "text/html; charset=utf-8", "<p>index"),
    ] {
        let answer = site.get(path, "").await;
        assert_eq!((answer.status(), answer.header("content-type")), (200, Some(kind)), "{path}");
        assert_eq!(answer.body, body);
        assert!(answer.header("last-modified").is_some());
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        assert_eq!(answer.header("gap-auth"), Some("alice@example.com"));
    }
}

#[tokio::test]
async fn nothing_outside_the_directory_is_served() {
    let site = site().await;
    assert!(site.dir.path().join("secret.txt").exists());
    for path in [
        "/static/out",
        "/static/sub/up/secret.txt",
        "/static/sub/up/",
        "/static/..%2f..%2fetc/passwd",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static/sub/%2e%2e/%2e%2e/secret.txt",
        "/static/%ff/%2e%2e/%2e%2e/secret.txt",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/%00",
        "/static/a.css%00",
        "/static/a.css/x",
        "/static/nothing",
        "/static/C:/x",
    ] {
        let answer = site.get(path, "").await;
        assert!([404, 301].contains(&answer.status()), "{path} {answer:?}");
        assert!(!answer.body.contains("secret") && !answer.body.contains("root:"), "{path}");
        if answer.status() == 301 {
            let location = answer.header("location").unwrap();
            assert!(!location.contains("..") && location.starts_with('/') && !location.starts_with("//"), "{location}");
        }
    }
}

#[tokio::test]
async fn directories_are_listed_and_slashes_mended() {
    let site = site().await;
    let answer = site.get("/static/sub/", "").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.body.contains("<a href=\"./%3Cb%3E&amp;:x\">&lt;b&gt;&amp;:x</a>"), "{}", answer.body);
    assert!(answer.body.contains("<a href=\"with%20index/\">with index/</a>"), "{}", answer.body);
    for (path, to) in [
        ("/static/sub", "sub/"),
        ("/static/sub/with%20index?q", "with%20index/?q"),
        ("/static/a.css/", "../a.css"),
        ("/static/sub/with%20index/index.html", "./"),
    ] {
        let answer = site.get(path, "").await;
        assert_eq!((answer.status(), answer.header("location")), (301, Some(to)), "{path}");
    }
}

#[tokio::test]
async fn ranges_and_conditions_are_honoured() {
    let site = site().await;
    let answer = site.get("/static/README", "Range: bytes=6-\r\n").await;
    assert_eq!((answer.status(), answer.body.as_str()), (206, "text"));
    assert_eq!(answer.header("content-range"), Some("bytes 6-9/10"));
    let answer = site.get("/static/README", "Range: bytes=99-\r\n").await;
    assert_eq!((answer.status(), answer.header("content-range")), (416, Some("bytes */10")));
    let many = format!("Range: bytes={}\r\n", ["0-"; 1000].join(","));
    assert_eq!(site.get("/static/README", &many).await.body, "plain text");

    let modified = site.get("/static/README", "").await.header("last-modified").unwrap().to_owned();
    let answer = site.get("/static/README", &format!("If-Modified-Since: {modified}\r\n")).await;
    assert_eq!((answer.status(), answer.body.as_str()), (304, ""));
    let fresh = format!("Range: bytes=0-4\r\nIf-Range: {modified}\r\n");
    assert_eq!(site.get("/static/README", &fresh).await.body, "plain");
    let stale = "Range: bytes=0-4\r\nIf-Range: Mon, 12 Jan 1970 13:46:40 GMT\r\n";
    assert_eq!(site.get("/static/README", stale).await.body, "plain text");

    let mut client = site.front.client().await;
    client.say("HEAD /static/README HTTP/1.1\r\nHost: h\r\n\r\nGET /static/a.css HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!(crate::support::line(&head, "content-length"), Some("10"));
    assert_eq!(client.answer().await.body, "body{}");
}
