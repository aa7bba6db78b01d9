//! Files of Apache's `htpasswd` and of Python's bcrypt, and files of nobody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::runtime;

use super::*;

/// `htpasswd -nbB -C 4`, `-C 5`, `htpasswd -nbs` (Apache 2.4.67) and `bcrypt.hashpw` (Python's bcrypt 3.2.2), all of
/// `correct horse`.
const APACHE: &str = "alice:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.";
const APACHE_5: &str = "bert:$2y$05$QKVpZcA4lzjx1jthAT40DufLveeUcCRo/eNfD75NzP/RmsUTlWrlq";
const SHA: &str = "sha:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";
const PYTHON: &str = "py:$2b$04$KufTpB1Dbn1wLZMo0u2dLOhAiEnlX10e2DgKgtCzZxiXgMPeEsaMi";
const PYTHON_2A: &str = "old:$2a$04$dzHhlwukU3QfqM3HNuA3zeurjxJ8o67matum1GlO5CzKCrl2Mh9X6";

fn users(content: &str) -> Users {
    Users::parse(content).unwrap_or_else(|bad| panic!("{bad:?}"))
}

fn bad(content: &str) -> Vec<(usize, Flaw)> {
    let bad = Users::parse(content).expect_err(content);
    bad.into_iter().map(|BadLine { line, flaw }| (line, flaw)).collect()
}

#[test]
fn passwords_hashed_by_others_are_right_and_all_else_is_wrong() {
    let users = users(&[APACHE, APACHE_5, SHA, PYTHON, PYTHON_2A].join("\n"));
    for name in ["alice", "bert", "sha", "py", "old"] {
        assert!(users.admit(name, b"correct horse"), "{name}");
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0"] {
            assert!(!users.admit(name, wrong.as_bytes()), "{name} {wrong:?}");
        }
    }
    for name in ["", "Alice", "ALICE", "alice ", "nobody", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="] {
        assert!(!users.admit(name, b"correct horse"), "{name}");
    }
}

#[test]
fn a_password_is_bytes_and_bcrypt_looks_at_seventy_two_of_them() {
    let users = users(
        "umlaut:$2b$04$cBxKN0EZppg6Qvl4IhWNFeZo/zqahgsunNJqelVOdj8ZHNd8BxuaS\n\
         empty:$2b$04$imix7gWtd397xWZISqz0yuAHZWAXTqv707AWGbD.RWr1Do4wbjGZi\n\
         long:$2b$04$mNSZ6.jO.Ry7qCMduQ0oXuODHgqqe8ti4eOYDlL0civEuaquLQmqi",
    );
    assert!(users.admit("umlaut", "p\u{e4}ssw\u{f6}rd \u{20ac}".as_bytes()));
    assert!(users.admit("empty", b"") && !users.admit("empty", b"null"));
    assert!(users.admit("long", &[b'x'; 72]));
    assert!(users.admit("long", &[b'x'; 5000]), "what comes behind them does not count");
    assert!(!users.admit("long", &[b'x'; 71]));
}

#[test]
fn a_file_is_read_as_go_reads_csv_with_colons() {
    let hash = APACHE.split_once(':').unwrap().1;
    for (content, name) in [
        (format!("alice:{hash}"), "alice"),
        (format!("# staff\n\n\r\nalice:{hash}\r\n"), "alice"),
        (format!("  alice: {hash}\n"), "alice"),
        (format!("\"al:i\"\"ce\":\"{hash}\"\n"), "al:i\"ce"),
        (format!("\"al\nice\":{hash}\n"), "al\nice"),
        (format!("alice:{{SHA}}AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nalice:{hash}"), "alice"),
        (format!(":{hash}"), ""),
        (format!("\u{e4}:{hash}"), "\u{e4}"),
        (format!("al#ice:{hash}"), "al#ice"),
    ] {
        assert!(users(&content).admit(name, b"correct horse"), "{content}");
    }
}

#[test]
fn every_line_that_cannot_be_used_is_named() {
    let plain = "p:plain";
    let lines = [
        APACHE,
        plain,
        "# comment",
        "m:$apr1$tRCFv87A$KnPqz.Enm6Irj2.MN0vwU1",
        "c:ep8RsCkRWOr6o",
        "s:$6$qKrqgKZ/ptquAXh8$GOXEpMbJkqKBDPHuTyXwmXUGxvKzi58eNQFgG8jL9V8",
        "x:$2z$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.",
        "d:$2y$31$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.",
        "e:$2y$03$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.",
        "f:$2y$4$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn.",
        "g:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn",
        "h:$2y$04$S.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn..",
        "i:$2y$04$\u{e4}.7J4gJxJ0vRWABPbjDqduZ7zuFGbYj/fCirrBixWCmH7k/uEJxn",
        "j:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A",
        "k:{SHA}AAAA",
        "l:",
        "alone",
        "o:ne:too many",
        "   ",
        "q:a\"b",
        "\"r\"s:x",
        SHA,
    ];
    let (kind, malformed, cost, fields) = (Flaw::Kind, Flaw::Malformed, Flaw::Cost, Flaw::Fields);
    let expected = [
        (2, kind),
        (4, kind),
        (5, kind),
        (6, kind),
        (7, kind),
        (8, cost),
        (9, cost),
        (10, malformed),
        (11, malformed),
        (12, malformed),
        (13, malformed),
        (14, malformed),
        (15, malformed),
        (16, kind),
        (17, fields),
        (18, fields),
        (19, fields),
        (20, Flaw::Quotes),
        (21, Flaw::Quotes),
    ];
    assert_eq!(bad(&lines.join("\n")), expected);
    assert_eq!(bad(&format!("{APACHE}\n\"open")), [(2, Flaw::Quotes)]);
    for empty in ["", "\n\n", "# nobody\n"] {
        assert_eq!(bad(empty).iter().map(|(_, flaw)| *flaw).collect::<Vec<_>>(), [Flaw::Empty], "{empty:?}");
    }
}

#[test]
fn neither_users_nor_faults_show_what_the_file_says() {
    assert_eq!(format!("{:?}", users(APACHE)), "Users(1)");
    let shown = format!("{:?} {}", bad("marked:marked-hash"), Users::parse("marked:marked-hash").unwrap_err()[0]);
    assert!(!shown.contains("marked"), "{shown}");
}

#[test]
fn whoever_is_asked_for_a_wrong_password_takes_as_long() {
    // Costs of 4 and 6, a hash without any, and nobody.
    let six = "six:$2y$06$9M.ykHtoVLYhyh6ZOkp9KORbAtYiS20eh8lWClMieAeTKQts/MGHm";
    let users = users(&[APACHE, six, SHA].join("\n"));
    let timed = |name: &str| {
        let start = Instant::now();
        assert!(!users.admit(name, b"wrong"));
        start.elapsed()
    };
    // In turn, and the quickest of each: what else the machine does makes a look longer, and none shorter.
    let rounds: Vec<[Duration; 4]> = (0..31).map(|_| ["six", "alice", "sha", "nobody"].map(timed)).collect();
    let quickest = |who: usize| rounds.iter().map(|round| round[who]).min().unwrap().as_secs_f64();
    for (who, name) in [(1, "alice"), (2, "sha"), (3, "nobody")] {
        let ratio = quickest(who) / quickest(0);
        assert!((0.5..2.0).contains(&ratio), "{name}: {ratio}");
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn password(text: &str) -> Secret<Vec<u8>> {
    Secret::new(text.as_bytes().to_vec())
}

#[test]
fn a_right_password_is_remembered_and_a_wrong_one_is_not() {
    let dear = "six:$2y$06$9M.ykHtoVLYhyh6ZOkp9KORbAtYiS20eh8lWClMieAeTKQts/MGHm";
    block_on(async {
        // Without a place nothing can be looked at, so what is right then is remembered.
        let verifier = Verifier::with(users(dear), 1, 0);
        assert_eq!(verifier.verify("six", &password("correct horse")).await, Verdict::Right);
        assert_eq!(verifier.verify("six", &password("wrong")).await, Verdict::Wrong);
        verifier.close();
        assert_eq!(verifier.verify("six", &password("correct horse")).await, Verdict::Right);
        for (user, secret) in [("six", "wrong"), ("si", "xcorrect horse"), ("sixc", "orrect horse"), ("six", "")] {
            assert_eq!(verifier.verify(user, &password(secret)).await, Verdict::Busy, "{user} {secret}");
        }
    });
}

#[test]
fn more_than_fit_are_turned_away_and_the_event_loop_goes_on() {
    block_on(async {
        let verifier = Arc::new(Verifier::with(users(&APACHE_5.replace("bert", "alice")), 1, 2));
        let looks: Vec<_> = (0..20)
            .map(|number| {
                let verifier = Arc::clone(&verifier);
                tokio::spawn(async move { verifier.verify("alice", &password(&format!("wrong {number}"))).await })
            })
            .collect();
        let mut turned_away = 0;
        for look in looks {
            match look.await.unwrap() {
                Verdict::Busy => turned_away += 1,
                Verdict::Wrong => {}
                Verdict::Right => panic!("no guess is right"),
            }
        }
        assert_eq!(turned_away, 17, "one is looked at and two wait");
        assert_eq!(verifier.verify("alice", &password("correct horse")).await, Verdict::Right, "nobody is locked out");
    });
}

#[test]
fn a_look_whose_visitor_left_keeps_its_seat_until_it_is_done() {
    block_on(async {
        let verifier = Verifier::with(users(APACHE), 1, 0);
        let wrong = password("wrong");
        let mut look = Box::pin(verifier.verify("alice", &wrong));
        // Begun, and left.
        let _ = std::future::poll_fn(|cx| std::task::Poll::Ready(look.as_mut().poll(cx).is_pending())).await;
        drop(look);
        // It may be done already; if not, its place is taken.
        while verifier.verify("alice", &password("correct horse")).await == Verdict::Busy {
            tokio::task::yield_now().await;
        }
    });
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused(content in "[a-b:\"#\\n\\r {}$2y0SHA=.]{0,80}") {
        let _ = Users::parse(&content);
    }

    #[test]
    fn quoted_names_are_read_back(name in "[^\\r]{0,12}") {
        let hash = APACHE.split_once(':').unwrap().1;
        let content = format!("\"{}\":{hash}\n", name.replace('"', "\"\""));
        prop_assert!(users(&content).contains(&name));
    }
}
