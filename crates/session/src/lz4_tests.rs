use proptest::prelude::*;

use super::*;

const LIMIT: usize = 256 * 1024;

/// A frame with the given flags and block descriptor, checksums in place.
fn frame(flags: u8, block_descriptor: u8, between: &[u8], blocks: &[u8], content: &[u8]) -> Vec<u8> {
    let mut descriptor = vec![flags, block_descriptor];
    descriptor.extend_from_slice(between);
    let mut frame = MAGIC.to_vec();
    frame.extend_from_slice(&descriptor);
    frame.push(XxHash32::oneshot(0, &descriptor).to_le_bytes()[1]);
    frame.extend_from_slice(blocks);
    frame.extend_from_slice(&[0; 4]);
    if flags & CONTENT_CHECKSUM != 0 {
        frame.extend_from_slice(&XxHash32::oneshot(0, content).to_le_bytes());
    }
    frame
}

fn stored(content: &[u8]) -> Vec<u8> {
    [&(block_len(content) | STORED).to_le_bytes(), content].concat()
}

fn compressed(block: &[u8]) -> Vec<u8> {
    [&block_len(block).to_le_bytes(), block].concat()
}

fn opens(input: &[u8]) -> Option<Vec<u8>> {
    decompress(input, LIMIT).ok().map(|content| content.to_vec())
}

#[test]
fn the_header_is_the_constant_of_v7() {
    assert_eq!(frame(0x64, 0x40, &[], &stored(b"abc"), b"abc"), compress(b"abc"));
    assert_eq!(compress(b"abc")[..7], HEADER);
}

#[test]
fn features_that_the_original_reads_are_read() {
    let text = b"session session session";
    let size = (text.len() as u64).to_le_bytes();
    for (name, input) in [
        ("no content checksum", frame(0x60, 0x40, &[], &stored(text), text)),
        ("content size", frame(0x6c, 0x40, &size, &stored(text), text)),
        ("trailing bytes", [compress(text), b"more".to_vec()].concat()),
        ("a second frame", [compress(text), compress(b"other")].concat()),
    ] {
        assert_eq!(opens(&input).as_deref(), Some(&text[..]), "{name}");
    }
    let long = vec![b'x'; 100_000];
    for larger_blocks in [0x50, 0x60, 0x70] {
        assert_eq!(opens(&frame(0x64, larger_blocks, &[], &stored(&long), &long)).as_ref(), Some(&long));
    }
}

#[test]
fn linked_blocks_reach_back_into_the_block_before() {
    let first = b"0123456789abcdef0123456789abcdef";
    let second = lz4_flex::block::compress_with_dict(first, first);
    let both = [&first[..], &first[..]].concat();
    let blocks = [stored(first), compressed(&second)].concat();
    assert_eq!(opens(&frame(0x44, 0x40, &[], &blocks, &both)), Some(both.clone()));
    assert_eq!(opens(&frame(0x64, 0x40, &[], &blocks, &both)), None, "independent blocks must not");
}

#[test]
fn what_the_original_rejects_is_rejected() {
    let text = b"session session session session session session";
    let good = compress(text);
    let mut wrong_header_checksum = good.clone();
    wrong_header_checksum[6] ^= 1;
    let mut wrong_content_checksum = good.clone();
    *wrong_content_checksum.last_mut().unwrap() ^= 1;
    let without_end_mark = [&good[..good.len() - 8], &good[good.len() - 4..]].concat();
    let above = vec![b'x'; 70_000];
    let block = lz4_flex::block::compress(text);
    let checked_block = [compressed(&block), XxHash32::oneshot(0, &block).to_le_bytes().to_vec()].concat();
    for (name, input) in [
        ("empty", vec![]),
        ("a block without a frame", block.clone()),
        ("header checksum", wrong_header_checksum),
        ("content checksum", wrong_content_checksum),
        ("end mark", without_end_mark),
        ("block checksums", frame(0x74, 0x40, &[], &checked_block, text)),
        ("a dictionary", frame(0x65, 0x40, &[0; 4], &stored(text), text)),
        ("block checksums that are missing", frame(0x74, 0x40, &[], &stored(text), text)),
        ("a dictionary without its name", frame(0x65, 0x40, &[], &stored(text), text)),
        ("a block above its size", frame(0x64, 0x40, &[], &stored(&above), &above)),
        (
            "a block that unfolds to more than its size",
            frame(0x64, 0x40, &[], &compressed(&lz4_flex::block::compress(&above)), &above),
        ),
        ("version 2", frame(0xa4, 0x40, &[], &stored(text), text)),
        ("a block size that does not exist", frame(0x64, 0x30, &[], &stored(text), text)),
        ("a skippable frame", [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &good].concat()),
        ("a bad offset", frame(0x60, 0x40, &[], &compressed(&[0x14, b'x', 9, 0, 0x00]), b"")),
    ] {
        assert_eq!(opens(&input), None, "{name}");
    }
    for length in 0..good.len() {
        assert_eq!(opens(&good[..length]), None, "cut to {length}");
    }
}

#[test]
fn a_bomb_is_refused_before_memory_is_taken_for_it() {
    // One literal, then a match of about 1 MiB for 4 KiB of input.
    let mut block = vec![0x1f, b'x', 1, 0];
    block.extend_from_slice(&[0xff; 4096]);
    block.extend_from_slice(&[0, 0x00]);
    let bomb = frame(0x60, 0x70, &[], &compressed(&block), b"");
    assert_eq!(decompress(&bomb, LIMIT).unwrap_err(), FrameError::TooLarge);
    let declared = frame(0x6c, 0x40, &(1_u64 << 63).to_le_bytes(), &stored(b"x"), b"x");
    assert_eq!(decompress(&declared, LIMIT).unwrap_err(), FrameError::TooLarge);
    assert_eq!(decompress(&frame(0x60, 0x40, &[], &stored(b"xy"), b""), 1).unwrap_err(), FrameError::TooLarge);
    let content = vec![b'x'; LIMIT];
    assert_eq!(decompress(&compress(&content), LIMIT).unwrap().len(), LIMIT);
    assert_eq!(decompress(&compress(&content), LIMIT - 1).unwrap_err(), FrameError::TooLarge);
}

#[test]
fn content_beyond_64_kib_is_cut_in_blocks() {
    let content: Vec<u8> = (0_u32..50_000).flat_map(|n| (n % 977).to_le_bytes()).collect();
    let packed = compress(&content);
    assert!(packed.len() < content.len());
    assert_eq!(opens(&packed), Some(content));
}

proptest! {
    #[test]
    fn decompressing_undoes_compressing(content in proptest::collection::vec(0_u8..7, 0..3000)) {
        prop_assert_eq!(opens(&compress(&content)), Some(content));
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decompress(&noise, LIMIT);
        let _ = decompress(&frame(0x60, 0x40, &[], &compressed(&noise), b""), LIMIT);
        let _ = decompress(&frame(0x40, 0x40, &[], &[stored(b"abcdefgh"), compressed(&noise)].concat(), b""), LIMIT);
        if let Some(length) = decompressed_len(&noise).filter(|length| *length < LIMIT)
            && let Ok(content) = lz4_flex::block::decompress(&noise, length)
        {
            prop_assert_eq!(content.len(), length);
        }
    }
}
