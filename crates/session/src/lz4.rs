//! The LZ4 frame around a session record ([frame format]).
//!
//! The frame is kept here, the blocks in `lz4_flex`: that way the size of the output is known and judged before memory is
//! taken for it.
//!
//! [frame format]: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

use twox_hash::XxHash32;
use zeroize::Zeroizing;

/// Magic, flags (version 1, independent blocks, content checksum), 64 KiB blocks, checksum of the two.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7];
const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const BLOCK_LEN: usize = 64 * 1024;

const VERSION_MASK: u8 = 0b1100_0000;
const VERSION: u8 = 0b0100_0000;
const INDEPENDENT_BLOCKS: u8 = 0b0010_0000;
const BLOCK_CHECKSUM: u8 = 0b0001_0000;
const CONTENT_SIZE: u8 = 0b0000_1000;
const CONTENT_CHECKSUM: u8 = 0b0000_0100;
const DICTIONARY_ID: u8 = 0b0000_0001;
/// Set in the length of a block that is stored as it is.
const STORED: u32 = 1 << 31;

/// Why a frame is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// It is cut short, damaged, or uses a feature that v7 never writes.
    Malformed,
    /// The content is longer than the limit.
    TooLarge,
}

/// Compresses `content` into one frame as v7's writer lays it out.
pub(crate) fn compress(content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER.len() + content.len() + 12);
    frame.extend_from_slice(&HEADER);
    for chunk in content.chunks(BLOCK_LEN) {
        let compressed = Zeroizing::new(lz4_flex::block::compress(chunk));
        let (block, flag) = if compressed.len() < chunk.len() { (compressed.as_slice(), 0) } else { (chunk, STORED) };
        frame.extend_from_slice(&(block_len(block) | flag).to_le_bytes());
        frame.extend_from_slice(block);
    }
    frame.extend_from_slice(&0_u32.to_le_bytes());
    frame.extend_from_slice(&XxHash32::oneshot(0, content).to_le_bytes());
    frame
}

#[expect(clippy::expect_used, reason = "blocks are cut at BLOCK_LEN")]
fn block_len(block: &[u8]) -> u32 {
    u32::try_from(block.len()).expect("a block has at most 64 KiB")
}

/// Opens the first frame of `input`, whose content must not exceed `limit` bytes. What follows the frame is ignored.
pub(crate) fn decompress(input: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let mut input = Input(input);
    let frame = read_header(&mut input, limit)?;
    let mut content = Zeroizing::new(Vec::new());
    loop {
        let length = input.u32()?;
        if length == 0 {
            break;
        }
        let block = input.take(usize::try_from(length & !STORED).map_err(|_| FrameError::Malformed)?)?;
        if block.len() > frame.block_len {
            return Err(FrameError::Malformed);
        }
        if length & STORED == 0 {
            append_decompressed(block, &frame, limit, &mut content)?;
        } else {
            admit(content.len(), block.len(), limit)?;
            append(&mut content, block);
        }
    }
    if frame.content_checksum && input.u32()? != XxHash32::oneshot(0, &content) {
        return Err(FrameError::Malformed);
    }
    Ok(content)
}

struct Frame {
    linked_blocks: bool,
    content_checksum: bool,
    block_len: usize,
}

fn read_header(input: &mut Input<'_>, limit: usize) -> Result<Frame, FrameError> {
    if input.take(MAGIC.len())? != MAGIC {
        return Err(FrameError::Malformed);
    }
    let [flags, block_descriptor] = *input.0.first_chunk().ok_or(FrameError::Malformed)?;
    let descriptor = input.take(if flags & CONTENT_SIZE == 0 { 2 } else { 2 + size_of::<u64>() })?;
    // compat: v7 never gets block checksums of compressed blocks right, so nobody writes them.
    if flags & VERSION_MASK != VERSION || flags & (BLOCK_CHECKSUM | DICTIONARY_ID) != 0 {
        return Err(FrameError::Malformed);
    }
    let block_len = match block_descriptor >> 4 {
        4 => BLOCK_LEN,
        5 => 256 * 1024,
        6 => 1024 * 1024,
        7 => 4 * 1024 * 1024,
        _ => return Err(FrameError::Malformed),
    };
    if let Some(size) = descriptor.last_chunk()
        && usize::try_from(u64::from_le_bytes(*size)).map_or(true, |size| size > limit)
    {
        return Err(FrameError::TooLarge);
    }
    let [checksum] = input.array()?;
    if XxHash32::oneshot(0, descriptor).to_le_bytes()[1] != checksum {
        return Err(FrameError::Malformed);
    }
    Ok(Frame {
        linked_blocks: flags & INDEPENDENT_BLOCKS == 0,
        content_checksum: flags & CONTENT_CHECKSUM != 0,
        block_len,
    })
}

fn append_decompressed(
    block: &[u8],
    frame: &Frame,
    limit: usize,
    content: &mut Zeroizing<Vec<u8>>,
) -> Result<(), FrameError> {
    let length = decompressed_len(block).ok_or(FrameError::Malformed)?;
    if length > frame.block_len {
        return Err(FrameError::Malformed);
    }
    admit(content.len(), length, limit)?;
    let mut output = Zeroizing::new(vec![0; length]);
    let written = if frame.linked_blocks {
        lz4_flex::block::decompress_into_with_dict(block, &mut output, content)
    } else {
        lz4_flex::block::decompress_into(block, &mut output)
    };
    if written.ok() != Some(length) {
        return Err(FrameError::Malformed);
    }
    if content.is_empty() {
        *content = output;
    } else {
        append(content, &output);
    }
    Ok(())
}

fn admit(present: usize, more: usize, limit: usize) -> Result<(), FrameError> {
    if more > limit.saturating_sub(present) { Err(FrameError::TooLarge) } else { Ok(()) }
}

/// Appends without leaving a copy behind when the buffer moves.
fn append(content: &mut Zeroizing<Vec<u8>>, more: &[u8]) {
    let mut grown = Zeroizing::new(Vec::with_capacity(content.len() + more.len()));
    grown.extend_from_slice(content);
    grown.extend_from_slice(more);
    *content = grown;
}

/// The length a compressed block unfolds to, counted over its sequences without unfolding it ([block format]).
///
/// [block format]: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
fn decompressed_len(block: &[u8]) -> Option<usize> {
    /// The shortest match.
    const MIN_MATCH: usize = 4;
    let mut input = Input(block);
    let mut total = 0_usize;
    loop {
        let [token] = input.array().ok()?;
        let literals = input.sequence_len(token >> 4)?;
        input.take(literals).ok()?;
        total = total.checked_add(literals)?;
        if input.0.is_empty() {
            return Some(total);
        }
        let _offset: [u8; 2] = input.array().ok()?;
        let copied = input.sequence_len(token & 0x0f)?.checked_add(MIN_MATCH)?;
        total = total.checked_add(copied)?;
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(FrameError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(FrameError::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, FrameError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length that begins in four bits of a token and, when these are all set, goes on in the bytes that follow.
    fn sequence_len(&mut self, bits: u8) -> Option<usize> {
        let mut length = usize::from(bits);
        if bits == 0x0f {
            loop {
                let [more] = self.array().ok()?;
                length = length.checked_add(usize::from(more))?;
                if more != u8::MAX {
                    break;
                }
            }
        }
        Some(length)
    }
}

#[cfg(test)]
#[path = "lz4_tests.rs"]
mod tests;
