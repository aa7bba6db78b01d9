//! The pages that visitors see: their status and words, the logo, and templates of the operator's own.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use bytes::Bytes;
use http::StatusCode;
use sidecar_core::html::escape;
use sidecar_gateway::{CustomPages, Footer, Logo, Oddity, PageKind, Pages};

use super::credentials;
use super::judge::{Judge, given};
use crate::fault::quote;
use crate::options::Options;
use crate::written::Written;

/// The largest template or picture. A page holds both, the picture in Base64, and is rendered anew for every visitor.
const MAX_FILE_MIB: u64 = 4;

/// What the gateway is told about its pages.
pub(super) fn settings(options: &Options, judge: &mut Judge) -> Option<Pages> {
    let sign_in_status = sign_in_status(&options.sign_in_page_status, judge);
    judge.warn_if(&options.show_debug_on_error, true, "error pages show internal causes to visitors");
    let logo = logo(&options.custom_sign_in_logo, judge);
    let custom = custom(&options.custom_templates_dir, judge);
    Some(Pages {
        sign_in_status: sign_in_status?,
        logo: logo?,
        banner: banner(options),
        footer: match options.footer.value.as_str() {
            "" => Footer::BuiltIn,
            "-" => Footer::Hidden,
            html => Footer::Html(html.to_owned()),
        },
        password_form: credentials::password_form(options),
        debug: options.show_debug_on_error.value,
        custom,
    })
}

fn sign_in_status(written: &Written<i64>, judge: &mut Judge) -> Option<StatusCode> {
    match written.value {
        403 => Some(StatusCode::FORBIDDEN),
        200 => Some(StatusCode::OK),
        other => {
            judge.refuse(written, format!("{other} is no status of the sign-in page"), "write 403 or 200");
            None
        }
    }
}

/// The message above the button. Without one of the operator's own it tells the accepted domains.
fn banner(options: &Options) -> Option<String> {
    let domains = || options.email_domains.value.iter().map(|domain| escape(&domain.to_lowercase()));
    match (options.banner.value.as_str(), options.email_domains.value.as_slice()) {
        ("-", _) | ("", []) => None,
        ("", [domain]) if domain == "*" => None,
        ("", [_]) => Some(format!("Sign in with your {} account.", domains().collect::<String>())),
        ("", _) => Some(format!("Sign in with an account of {}.", domains().collect::<Vec<_>>().join(", "))),
        (html, _) => Some(html.to_owned()),
    }
}

// === The logo ===

/// The logo: a file's kind is told by its name, as in v7.
fn logo(written: &Written<String>, judge: &mut Judge) -> Option<Logo> {
    let value = written.value.as_str();
    match value {
        "" => return Some(Logo::BuiltIn),
        "-" => return Some(Logo::Hidden),
        url if url.starts_with("https://") => return Some(Logo::Remote(url.to_owned())),
        _ => {}
    }
    let path = Path::new(value);
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let media_type = match extension.as_deref() {
        Some("svg") => return drawing(written, path, judge),
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => {
            let reason = format!("{} is no picture by its name", quote(value));
            judge.refuse(
                written,
                reason,
                "write an https URL, the path of a file ending .svg, .png, .jpg or .jpeg, or -",
            );
            return None;
        }
    };
    read(written, path, judge).map(|content| Logo::Raster { media_type, content: Bytes::from(content) })
}

fn drawing(written: &Written<String>, path: &Path, judge: &mut Judge) -> Option<Logo> {
    let text = text(written, path, judge)?;
    if !text.contains("http://www.w3.org/2000/svg") {
        let message = "the file does not name the namespace http://www.w3.org/2000/svg: browsers show it in custom pages \
                       alone, where it becomes a part of the page";
        judge.warn(written, message);
    }
    Some(Logo::Svg(text))
}

// === Templates ===

/// The pages of the directory that are there, parsed; `None` if there are none or after a fault.
fn custom(written: &Written<String>, judge: &mut Judge) -> Option<CustomPages> {
    let directory = Path::new(given(written)?);
    if !directory.is_dir() {
        let message = format!("{} is no directory; the built-in pages are served", quote(&written.value));
        judge.warn(written, message);
        return None;
    }
    let mut files = Vec::new();
    for kind in PageKind::ALL {
        let path = directory.join(kind.file());
        if path.is_file() {
            files.push((kind, text(written, &path, judge)?));
        } else {
            judge.warn(written, format!("{} is no file; the built-in page is served", path.display()));
        }
    }
    if files.is_empty() {
        return None;
    }
    let pages = CustomPages::parse(&files)
        .map_err(|error| judge.refuse_file(written, format!("{}/{error}", directory.display()), ""))
        .ok()?;
    for oddity in pages.try_out() {
        let place = format!("{}/{oddity}", directory.display());
        judge.warn(
            written,
            match oddity {
                Oddity::Fails(_) => format!("a visitor may get 500 in place of a page: {place}"),
                Oddity::Empty(_) => place,
            },
        );
    }
    Some(pages)
}

/// `robots.txt` of the directory, if it is there.
pub(super) fn robots(written: &Written<String>, judge: &mut Judge) -> Option<Bytes> {
    match std::fs::read(Path::new(given(written)?).join("robots.txt")) {
        Ok(content) => Some(Bytes::from(content)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Err(error) => {
            judge.refuse_file(written, format!("cannot read robots.txt there: {error}"), "");
            None
        }
    }
}

// === Files ===

fn text(written: &Written<String>, path: &Path, judge: &mut Judge) -> Option<String> {
    let text = String::from_utf8(read(written, path, judge)?).ok();
    if text.is_none() {
        judge.refuse_file(written, format!("{} is not UTF-8", path.display()), "write it again as UTF-8");
    }
    text
}

fn read(written: &Written<String>, path: &Path, judge: &mut Judge) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let limit = MAX_FILE_MIB << 20;
    match File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut content)) {
        Ok(length) if length as u64 <= limit => return Some(content),
        Ok(_) => {
            let reason = format!("{} has more than {MAX_FILE_MIB} MiB", path.display());
            judge.refuse_file(written, reason, "make it smaller: every visitor of the page gets all of it");
        }
        Err(error) => judge.refuse_file(written, format!("cannot read {}: {error}", path.display()), ""),
    }
    None
}
