//! Misbehaviour on demand.

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The discovery document answers 503.
    DiscoveryDown,
    /// The JWKS answers 503.
    JwksDown,
    /// The token endpoint answers 503.
    TokenDown,
    /// The token endpoint takes the request and never answers.
    TokenSilent,
    /// The userinfo endpoint answers 503.
    UserInfoDown,
    /// Refresh tokens are refused with `invalid_grant`.
    RefreshRefused,
    /// Token answers have no `id_token`.
    NoIdToken,
    /// ID tokens are signed by a key that is not in the JWKS, under the `kid` of one that is.
    ForeignKey,
    /// ID tokens have `alg: none` and an empty signature.
    Unsigned,
    /// `iss` is another provider.
    WrongIssuer,
    /// `aud` is another client.
    WrongAudience,
    /// `azp` is another client.
    WrongAuthorizedParty,
    /// `nonce` is another login's.
    WrongNonce,
    /// There is no `nonce`.
    NoNonce,
    /// `exp` passed an hour ago.
    Expired,
    /// `iat` is an hour ahead.
    IssuedInFuture,
    /// There is no `sub`.
    NoSubject,
    /// `sub` is somebody else.
    OtherSubject,
    /// `email_verified` is false.
    UnverifiedEmail,
}
