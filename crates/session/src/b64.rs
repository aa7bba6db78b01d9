//! The two base64 dialects of v7, both with the URL alphabet.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

// compat: Go ignores non-zero trailing bits in the last character, so a foreign writer may leave some.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);

/// With `=` padding, required when decoding: the parts of a signed envelope.
pub(crate) const PADDED: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_decode_padding_mode(DecodePaddingMode::RequireCanonical));

/// Without padding, refused when decoding: the cookie secret, hashes, per-login cookies.
pub(crate) const RAW: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    LENIENT.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
