//! `file://`: the files of a directory.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use http::{Request, Response, StatusCode};
use sidecar_core::code::Code;

use crate::{Body, local};

mod answer;
mod body;
mod condition;
mod kind;

pub(crate) use body::FileBody;

/// A directory whose files are served.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
}

/// What a path below the root turned out to be.
enum Found {
    File(Box<OpenFile>),
    Listing {
        names: Vec<(String, bool)>,
        modified: Option<SystemTime>,
    },
    /// A directory named without its slash, or a file with one; where it is, relative.
    Elsewhere(String),
}

struct OpenFile {
    file: File,
    length: u64,
    modified: Option<SystemTime>,
    content_type: &'static str,
}

impl Files {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Answers with a file, a directory's `index.html` or its listing. Any method is a `GET`.
    ///
    /// Nothing outside the directory is served: a link that leads out is not there, whatever spelling leads to it.
    pub(crate) async fn serve<B>(&self, request: &Request<B>, below: &[u8]) -> Response<Body> {
        if below == b"index.html" || below.ends_with(b"/index.html") {
            return relocate("./", request.uri().query());
        }
        let (root, below) = (self.root.clone(), below.to_vec());
        // File systems block; a hanging one must not hold up the worker.
        let found = tokio::task::spawn_blocking(move || find(&root, &below)).await;
        match found.unwrap_or_else(|stopped| Err(io::Error::other(stopped))) {
            Ok(Found::File(file)) => file.answer(request.method(), request.headers()),
            Ok(Found::Listing { names, modified }) => answer::listing(&names, modified, request.headers()),
            Ok(Found::Elsewhere(place)) => relocate(&place, request.uri().query()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => local::not_found(),
            Err(error) => {
                tracing::warn!(code = %Code::AppFile, %error, "a file cannot be served");
                if error.kind() == io::ErrorKind::PermissionDenied {
                    return local::text(StatusCode::FORBIDDEN, "403 Forbidden\n");
                }
                local::text(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error\n")
            }
        }
    }
}

fn find(root: &Path, below: &[u8]) -> io::Result<Found> {
    let ends_with_slash = below.is_empty() || below.ends_with(b"/");
    let path = resolve(root, below)?;
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        if !ends_with_slash {
            return Ok(Found::Elsewhere(format!("{}/", last_segment(below))));
        }
        return match resolve(root, &[below, b"/index.html"].concat()).and_then(|index| open(&index)) {
            Ok(file) => Ok(Found::File(Box::new(file))),
            Err(_) => Ok(Found::Listing { names: names(&path)?, modified: metadata.modified().ok() }),
        };
    }
    if ends_with_slash {
        return Ok(Found::Elsewhere(format!("../{}", last_segment(below))));
    }
    Ok(Found::File(Box::new(open(&path)?)))
}

/// The real place of a path below `root`, if that is still below it once all links are followed.
fn resolve(root: &Path, below: &[u8]) -> io::Result<PathBuf> {
    let not_found = || io::Error::from(io::ErrorKind::NotFound);
    let below = Path::new(std::ffi::OsStr::from_bytes(below));
    let mut path = root.canonicalize()?;
    let root = path.clone();
    for component in below.components() {
        match component {
            Component::Normal(name) if !name.as_bytes().contains(&0) => path.push(name),
            Component::Normal(_) | Component::ParentDir | Component::Prefix(_) => return Err(not_found()),
            Component::RootDir | Component::CurDir => {}
        }
    }
    let real = match path.canonicalize() {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename) => {
            return Err(not_found());
        }
        real => real?,
    };
    if real.starts_with(&root) { Ok(real) } else { Err(not_found()) }
}

fn open(path: &Path) -> io::Result<OpenFile> {
    // Asked before opening: opening a pipe would wait for its other end.
    if !path.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut file = File::open(path)?;
    let metadata: Metadata = file.metadata()?;
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let content_type = kind::of(extension.as_deref(), &mut file)?;
    Ok(OpenFile { file, length: metadata.len(), modified: metadata.modified().ok(), content_type })
}

fn names(directory: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        names.push((entry.file_name().to_string_lossy().into_owned(), is_directory));
    }
    names.sort();
    Ok(names)
}

fn last_segment(below: &[u8]) -> String {
    let trimmed = below.trim_ascii_end().strip_suffix(b"/").unwrap_or(below);
    local::escape_path(trimmed.rsplit(|byte| *byte == b'/').next().unwrap_or_default())
}

/// A redirect that stays relative, since the match path was taken off.
fn relocate(place: &str, query: Option<&str>) -> Response<Body> {
    match query {
        Some(query) if !query.is_empty() => local::moved(&format!("{place}?{query}")),
        _ => local::moved(place),
    }
}
