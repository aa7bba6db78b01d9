//! Unguessable values: codes, tokens, client secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 32 random bytes of the operating system as 43 characters of unpadded base64url.
///
/// # Panics
/// If the operating system has no randomness to give; nothing sensible can go on then.
pub(crate) fn token() -> String {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_43_characters_and_never_comes_twice() {
        let (first, second) = (token(), token());
        assert_eq!(first.len(), 43);
        assert_ne!(first, second);
    }
}
