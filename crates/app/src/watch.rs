//! Files that may change while the program serves.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{self, Interval, MissedTickBehavior};

/// How often the files are looked at.
///
/// Looking is asked of every file system and follows every link: Kubernetes changes a volume by turning the link `..data`,
/// and tells nobody who watches a file in it.
const TICK: Duration = Duration::from_secs(1);

/// What tells one content of a file from another without reading it.
#[derive(Clone, PartialEq, Eq)]
struct Print {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// What files looked like at one moment.
#[derive(Default)]
pub(crate) struct Seen(HashMap<PathBuf, Option<Print>>);

/// Files, and what they looked like last.
pub(crate) struct Watch {
    files: Vec<(PathBuf, Option<Print>)>,
    clock: Interval,
}

impl Watch {
    /// Watches these files; a change since they were seen counts. One that was not seen is watched from now on.
    pub(crate) fn since(seen: &Seen, paths: Vec<PathBuf>) -> Self {
        let mut clock = time::interval_at(time::Instant::now() + TICK, TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let known = |path: &PathBuf| seen.0.get(path).cloned().unwrap_or_else(|| print(path));
        let files = paths.into_iter().map(|path| (path.clone(), known(&path))).collect();
        Self { files, clock }
    }

    /// What the files look like now.
    pub(crate) fn look(&self) -> Seen {
        Seen(self.files.iter().map(|(path, _)| (path.clone(), print(path))).collect())
    }

    /// Waits until one of them has changed and all have kept still for a moment; without any, for ever. May be dropped and
    /// called again without missing a change.
    pub(crate) async fn changed(&mut self) {
        if self.files.is_empty() {
            return std::future::pending().await;
        }
        let mut before = None;
        loop {
            self.clock.tick().await;
            let now: Vec<Option<Print>> = self.files.iter().map(|(path, _)| print(path)).collect();
            let is_new = self.files.iter().map(|(_, known)| known).ne(&now);
            if is_new && before.as_ref() == Some(&now) {
                for ((_, known), print) in self.files.iter_mut().zip(now) {
                    *known = print;
                }
                return;
            }
            before = Some(now);
        }
    }
}

/// `None` when there is no such file.
fn print(path: &Path) -> Option<Print> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Print {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;

    /// Whether a change is seen after `act`, in time that passes only while everybody waits.
    fn is_seen(act: impl FnOnce(&Path)) -> bool {
        let runtime =
            runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let folder =
            std::env::temp_dir().join(format!("watch-{}-{:?}", std::process::id(), std::thread::current().id()));
        std::fs::create_dir_all(folder.join("one")).expect("a folder");
        std::fs::create_dir_all(folder.join("two")).expect("a folder");
        for half in ["one", "two"] {
            std::fs::write(folder.join(half).join("file"), half).expect("a file");
        }
        let data = folder.join("..data");
        let _ = std::fs::remove_file(&data);
        std::os::unix::fs::symlink("one", &data).expect("a link");
        let seen = runtime.block_on(async {
            let seen = Watch::since(&Seen::default(), vec![data.join("file")]).look();
            act(&folder);
            let mut watch = Watch::since(&seen, vec![data.join("file")]);
            time::timeout(Duration::from_secs(30), watch.changed()).await.is_ok()
        });
        std::fs::remove_dir_all(&folder).expect("to clean up");
        seen
    }

    #[test]
    fn a_link_that_is_turned_as_kubernetes_does_it_is_a_change() {
        assert!(is_seen(|folder| {
            std::os::unix::fs::symlink("two", folder.join("..data_tmp")).expect("a link");
            std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("to turn it");
        }));
    }

    #[test]
    fn another_content_and_no_file_are_changes_and_nothing_is_none() {
        assert!(is_seen(|folder| std::fs::write(folder.join("one/file"), "another").expect("to write")));
        assert!(is_seen(|folder| std::fs::remove_file(folder.join("one/file")).expect("to remove")));
        assert!(!is_seen(|_| ()));
    }
}
