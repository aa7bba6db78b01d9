//! What kind of thing a file is.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

/// As much of a file of unknown kind is looked at as Go looks at.
const SNIFF: u64 = 512;

/// By the extension, in lower case, or else by what is in it.
pub(super) fn of(extension: Option<&str>, file: &mut File) -> io::Result<&'static str> {
    match extension.and_then(known) {
        Some(known) => Ok(known),
        None => sniff(file),
    }
}

fn known(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "avif" => "image/avif",
        "bmp" => "image/bmp",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "htm" | "html" => "text/html; charset=utf-8",
        "ico" => "image/vnd.microsoft.icon",
        "ics" => "text/calendar; charset=utf-8",
        "jpeg" | "jpg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "ogg" => "audio/ogg",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "tif" | "tiff" => "image/tiff",
        "txt" => "text/plain; charset=utf-8",
        "vtt" => "text/vtt; charset=utf-8",
        "wasm" => "application/wasm",
        "wav" => "audio/wav",
        "webm" => "audio/webm",
        "webp" => "image/webp",
        "xml" => "text/xml; charset=utf-8",
        "zip" => "application/zip",
        _ => return None,
    })
}

/// Text or not; never HTML, which only its name can make.
fn sniff(file: &mut File) -> io::Result<&'static str> {
    let mut head = Vec::new();
    file.take(SNIFF).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let is_binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    Ok(if head.iter().any(is_binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" })
}
