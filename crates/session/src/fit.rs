//! What of a session goes into its cookie: as configured, and less when it would grow too big for browsers and gateways
//! (D62).

use std::collections::BTreeMap;

use sidecar_core::Session;
use sidecar_core::login::RandomError;

use crate::settings::{Contents, Part, StoreSettings};

/// A copy of `session` without what the configuration never writes.
pub(crate) fn as_configured(session: &Session, contents: Contents) -> Session {
    let mut kept = session.clone();
    match contents {
        Contents::Full => {}
        Contents::Minimal => {
            for token in [Part::IdToken, Part::AccessToken, Part::RefreshToken] {
                token.remove(&mut kept);
            }
        }
    }
    kept
}

/// Seals `session`; while the value is longer than the limit, leaves out one more of the parts that no option needs, in
/// [`Part::DROP_ORDER`], and seals again.
///
/// A session that is still too long then is kept as it is: cut short it would be of no use.
pub(crate) fn seal_within(
    session: &mut Session,
    settings: &StoreSettings,
    seal: impl Fn(&Session) -> Result<String, RandomError>,
) -> Result<String, RandomError> {
    let mut value = seal(session)?;
    let Some(limit) = settings.max_value_bytes else { return Ok(value) };
    let full_len = value.len();
    if full_len <= limit {
        return Ok(value);
    }
    let mut dropped = Vec::new();
    for part in Part::DROP_ORDER {
        if value.len() <= limit {
            break;
        }
        if !settings.needed.contains(&part) && part.is_present(session) {
            part.remove(session);
            dropped.push(part.name());
            value = seal(session)?;
        }
    }
    tracing::warn!(
        bytes = full_len,
        limit,
        dropped = dropped.join(","),
        bytes_after = value.len(),
        "session is too big for its cookies"
    );
    Ok(value)
}

impl Part {
    fn is_present(self, session: &Session) -> bool {
        match self {
            Self::IdToken => session.id_token.is_some(),
            Self::AccessToken => session.access_token.is_some(),
            Self::RefreshToken => session.refresh_token.is_some(),
            Self::AdditionalClaims => !session.additional_claims.is_empty(),
            Self::Groups => !session.groups.is_empty(),
        }
    }

    fn remove(self, session: &mut Session) {
        match self {
            Self::IdToken => session.id_token = None,
            Self::AccessToken => session.access_token = None,
            Self::RefreshToken => session.refresh_token = None,
            Self::AdditionalClaims => session.additional_claims = BTreeMap::new(),
            Self::Groups => session.groups = Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use sidecar_core::Secret;
    use sidecar_core::claims::ClaimValue;

    use super::*;
    use crate::CookieSecret;

    fn session() -> Session {
        let token = |letter: &str| Some(Secret::new(letter.repeat(100)));
        Session {
            access_token: token("a"),
            id_token: token("i"),
            refresh_token: token("r"),
            email: Some("e".repeat(100)),
            groups: vec!["g".repeat(100)],
            additional_claims: [("c".to_owned(), ClaimValue::String("c".repeat(97)))].into(),
            ..Session::default()
        }
    }

    /// Seals to a text as long as the record, and notes what it was given.
    fn dropped(limit: Option<usize>, needed: &[Part]) -> Vec<&'static str> {
        let mut settings = StoreSettings::new(CookieSecret::new(b"0123456789abcdef").unwrap());
        settings.max_value_bytes = limit;
        settings.needed = needed.to_vec();
        let last = RefCell::new(session());
        let seal = |session: &Session| {
            last.replace(session.clone());
            Ok("x".repeat(crate::codec::encode(session).len()))
        };
        seal_within(&mut session(), &settings, seal).unwrap();
        Part::DROP_ORDER.into_iter().filter(|part| !part.is_present(&last.borrow())).map(Part::name).collect()
    }

    #[test]
    fn parts_are_left_out_in_the_documented_order_until_the_rest_fits() {
        assert!(dropped(Some(700), &[]).is_empty());
        assert_eq!(dropped(Some(600), &[]), ["id_token"]);
        assert_eq!(dropped(Some(500), &[]), ["id_token", "access_token"]);
        assert_eq!(dropped(Some(400), &[]), ["id_token", "access_token", "refresh_token"]);
        assert_eq!(dropped(Some(1), &[]).len(), 5);
        assert!(dropped(None, &[]).is_empty(), "no limit leaves nothing out");
    }

    #[test]
    fn what_an_option_needs_is_never_left_out() {
        assert_eq!(dropped(Some(600), &[Part::IdToken]), ["access_token"]);
        assert!(dropped(Some(1), &Part::DROP_ORDER).is_empty());
    }

    #[test]
    fn the_minimal_contents_have_no_tokens() {
        let kept = as_configured(&session(), Contents::Minimal);
        assert!(kept.access_token.is_none() && kept.id_token.is_none() && kept.refresh_token.is_none());
        assert_eq!(kept.groups, session().groups);
        assert!(as_configured(&session(), Contents::Full).id_token.is_some());
    }
}
