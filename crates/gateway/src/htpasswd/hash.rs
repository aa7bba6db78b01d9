//! Hashes of passwords, as htpasswd files have them.

use std::hint::black_box;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::key;
use crate::limits::MAX_COST;

/// The lowest cost that bcrypt knows.
const MIN_COST: u32 = 4;

/// bcrypt's own base64. PHP's and others' salts may have bits left over in their last character.
const SALT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The hash of one password.
pub(super) enum Hash {
    /// bcrypt: 23 of its 24 bytes are kept, by all programs alike.
    Bcrypt { cost: u32, salt: [u8; 16], hash: [u8; 23] },
    /// SHA-1 without any salt.
    Sha([u8; 20]),
}

/// What keeps a text from being a hash that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHash {
    /// Another kind; plain text, for instance.
    Kind,
    /// A bcrypt or SHA hash that no password can have.
    Malformed,
    /// A bcrypt hash whose cost is not taken.
    Cost,
}

impl Hash {
    pub(super) fn parse(text: &str) -> Result<Self, NoHash> {
        if let Some(encoded) = text.strip_prefix("{SHA}") {
            let hash = STANDARD.decode(encoded).ok().and_then(|hash| hash.try_into().ok());
            return hash.map(Self::Sha).ok_or(NoHash::Malformed);
        }
        let version = ["$2a$", "$2b$", "$2x$", "$2y$"].into_iter().find_map(|version| text.strip_prefix(version));
        let (cost, rest) = version.ok_or(NoHash::Kind)?.split_once('$').ok_or(NoHash::Malformed)?;
        let digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost: u32 = cost.parse().ok().filter(|_| digits).ok_or(NoHash::Malformed)?;
        let (salt, hash) = rest.split_at_checked(22).ok_or(NoHash::Malformed)?;
        let bytes = |engine: &GeneralPurpose, text| engine.decode(text).map_err(|_| NoHash::Malformed);
        let salt = bytes(&SALT, salt)?.try_into().map_err(|_| NoHash::Malformed)?;
        let hash = bytes(&bcrypt::BASE_64, hash)?.try_into().map_err(|_| NoHash::Malformed)?;
        if (MIN_COST..=MAX_COST).contains(&cost) { Ok(Self::Bcrypt { cost, salt, hash }) } else { Err(NoHash::Cost) }
    }

    /// What one look costs, if that is worth mentioning.
    pub(super) fn cost(&self) -> Option<u32> {
        match self {
            Self::Bcrypt { cost, .. } => Some(*cost),
            Self::Sha(_) => None,
        }
    }

    /// Whether the password has this hash.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        let same = |one: &[u8], other: &[u8]| verify_slices_are_equal(one, other).is_ok();
        match self {
            Self::Bcrypt { cost, salt, hash } => {
                same(&bcrypt::bcrypt(*cost, *salt, key(password).expose())[..23], hash)
            }
            Self::Sha(hash) => same(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password).as_ref(), hash),
        }
    }
}

/// Takes as long as a look at a bcrypt hash of this cost.
pub(super) fn burn(cost: u32, password: &[u8]) {
    black_box(bcrypt::bcrypt(cost, [0; 16], key(password).expose()));
}
