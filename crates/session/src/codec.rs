//! The session record of v7 in MessagePack.

use std::collections::BTreeMap;

use sidecar_core::claims::ClaimValue;
use sidecar_core::{Secret, Session};
use zeroize::Zeroizing;

use crate::limits::MAX_CLAIM_DEPTH;
use crate::msgpack::{Malformed, Reader, Token, Writer};

/// A field of the record. The order is that of v7 on the wire.
#[derive(Clone, Copy)]
enum Field {
    CreatedAt,
    ExpiresAt,
    AccessToken,
    IdToken,
    RefreshToken,
    Nonce,
    Email,
    User,
    Groups,
    PreferredUsername,
    AdditionalClaims,
}

impl Field {
    const ALL: [Self; 11] = [
        Self::CreatedAt,
        Self::ExpiresAt,
        Self::AccessToken,
        Self::IdToken,
        Self::RefreshToken,
        Self::Nonce,
        Self::Email,
        Self::User,
        Self::Groups,
        Self::PreferredUsername,
        Self::AdditionalClaims,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::CreatedAt => "ca",
            Self::ExpiresAt => "eo",
            Self::AccessToken => "at",
            Self::IdToken => "it",
            Self::RefreshToken => "rt",
            Self::Nonce => "n",
            Self::Email => "e",
            Self::User => "u",
            Self::Groups => "g",
            Self::PreferredUsername => "pu",
            Self::AdditionalClaims => "ac",
        }
    }

    fn of(key: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key().as_bytes() == key)
    }

    fn is_present(self, session: &Session) -> bool {
        match self {
            Self::CreatedAt => session.created_at.is_some(),
            Self::ExpiresAt => session.expires_at.is_some(),
            Self::AccessToken => has_token(session.access_token.as_ref()),
            Self::IdToken => has_token(session.id_token.as_ref()),
            Self::RefreshToken => has_token(session.refresh_token.as_ref()),
            Self::Nonce => !session.nonce.is_empty(),
            Self::Email => has_text(session.email.as_ref()),
            Self::User => has_text(session.user.as_ref()),
            Self::Groups => !session.groups.is_empty(),
            Self::PreferredUsername => has_text(session.preferred_username.as_ref()),
            Self::AdditionalClaims => !session.additional_claims.is_empty(),
        }
    }

    fn write(self, session: &Session, record: &mut Writer) {
        match self {
            Self::CreatedAt => session.created_at.into_iter().for_each(|time| record.time(time)),
            Self::ExpiresAt => session.expires_at.into_iter().for_each(|time| record.time(time)),
            Self::AccessToken => write_token(session.access_token.as_ref(), record),
            Self::IdToken => write_token(session.id_token.as_ref(), record),
            Self::RefreshToken => write_token(session.refresh_token.as_ref(), record),
            Self::Nonce => record.bytes(&session.nonce),
            Self::Email => session.email.iter().for_each(|text| record.text(text)),
            Self::User => session.user.iter().for_each(|text| record.text(text)),
            Self::Groups => {
                record.list(session.groups.len());
                session.groups.iter().for_each(|group| record.text(group));
            }
            Self::PreferredUsername => session.preferred_username.iter().for_each(|text| record.text(text)),
            Self::AdditionalClaims => write_claims(&session.additional_claims, record),
        }
    }

    fn read(self, record: &mut Reader<'_>, session: &mut Session) -> Result<(), Malformed> {
        match self {
            Self::CreatedAt => session.created_at = record.time()?,
            Self::ExpiresAt => session.expires_at = record.time()?,
            Self::AccessToken => session.access_token = record.text()?.map(Secret::new),
            Self::IdToken => session.id_token = record.text()?.map(Secret::new),
            Self::RefreshToken => session.refresh_token = record.text()?.map(Secret::new),
            Self::Nonce => session.nonce = record.bytes()?.to_vec(),
            Self::Email => session.email = record.text()?,
            Self::User => session.user = record.text()?,
            Self::Groups => session.groups = read_groups(record)?,
            Self::PreferredUsername => session.preferred_username = record.text()?,
            Self::AdditionalClaims => {
                let length = record.map()?;
                session.additional_claims = read_claims(record, length, MAX_CLAIM_DEPTH)?;
            }
        }
        Ok(())
    }
}

fn has_text(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

fn has_token(token: Option<&Secret<String>>) -> bool {
    token.is_some_and(|token| !token.expose().is_empty())
}

/// Writes the record; empty fields are left out.
pub(crate) fn encode(session: &Session) -> Zeroizing<Vec<u8>> {
    let present = || Field::ALL.into_iter().filter(|field| field.is_present(session));
    let mut record = Writer::with_capacity(capacity(session));
    record.map(present().count());
    for field in present() {
        record.text(field.key());
        field.write(session, &mut record);
    }
    Zeroizing::new(record.finish())
}

/// Enough for all but large claims, so that the buffer seldom moves and leaves copies of tokens behind.
fn capacity(session: &Session) -> usize {
    let token = |token: &Option<Secret<String>>| token.as_ref().map_or(0, |token| token.expose().len());
    let groups: usize = session.groups.iter().map(|group| group.len() + 5).sum();
    token(&session.access_token) + token(&session.id_token) + token(&session.refresh_token) + groups + 1024
}

fn write_token(token: Option<&Secret<String>>, record: &mut Writer) {
    if let Some(token) = token {
        record.text(token.expose());
    }
}

fn write_claims(claims: &BTreeMap<String, ClaimValue>, record: &mut Writer) {
    record.map(claims.len());
    for (name, value) in claims {
        record.text(name);
        write_claim(value, record);
    }
}

fn write_claim(value: &ClaimValue, record: &mut Writer) {
    match value {
        ClaimValue::Null => record.nil(),
        ClaimValue::Bool(value) => record.bool(*value),
        // compat: v7 keeps a JSON number as its text and stores it as a string.
        ClaimValue::Number(text) | ClaimValue::String(text) => record.text(text),
        ClaimValue::List(values) => {
            record.list(values.len());
            for value in values {
                write_claim(value, record);
            }
        }
        ClaimValue::Map(claims) => write_claims(claims, record),
    }
}

/// Reads the first value of `record` as a session; takes whatever v7's reader takes and never panics.
pub(crate) fn decode(record: &[u8]) -> Result<Session, Malformed> {
    let mut reader = Reader::new(record);
    let mut session = Session::default();
    match reader.token()? {
        // compat: v7 also reads a list of all fields in their order.
        Token::List(length) if usize::try_from(length) == Ok(Field::ALL.len()) => {
            for field in Field::ALL {
                field.read(&mut reader, &mut session)?;
            }
        }
        Token::Map(length) => {
            for _ in 0..length {
                // The last of duplicate keys wins; unknown ones are passed over.
                match Field::of(reader.bytes()?) {
                    Some(field) => field.read(&mut reader, &mut session)?,
                    None => reader.skip()?,
                }
            }
        }
        Token::Nil => {}
        Token::Bool(_)
        | Token::Unsigned(_)
        | Token::Signed(_)
        | Token::Single(_)
        | Token::Double(_)
        | Token::Bytes(_)
        | Token::List(_)
        | Token::Extension(..) => return Err(Malformed),
    }
    Ok(session)
}

fn read_groups(record: &mut Reader<'_>) -> Result<Vec<String>, Malformed> {
    let length = record.list()?;
    (0..length).map(|_| record.text().map(Option::unwrap_or_default)).collect()
}

fn read_claims(record: &mut Reader<'_>, length: u32, depth: usize) -> Result<BTreeMap<String, ClaimValue>, Malformed> {
    let mut claims = BTreeMap::new();
    for _ in 0..length {
        let name = record.text()?.unwrap_or_default();
        claims.insert(name, read_claim(record, depth)?);
    }
    Ok(claims)
}

fn read_claim(record: &mut Reader<'_>, depth: usize) -> Result<ClaimValue, Malformed> {
    let deeper = || depth.checked_sub(1).ok_or(Malformed);
    Ok(match record.token()? {
        Token::Nil => ClaimValue::Null,
        Token::Bool(value) => ClaimValue::Bool(value),
        Token::Unsigned(value) => ClaimValue::Number(value.to_string()),
        Token::Signed(value) => ClaimValue::Number(value.to_string()),
        Token::Single(value) if value.is_finite() => ClaimValue::Number(value.to_string()),
        Token::Double(value) if value.is_finite() => ClaimValue::Number(value.to_string()),
        Token::Single(_) | Token::Double(_) | Token::Extension(..) => return Err(Malformed),
        Token::Bytes(text) => ClaimValue::String(std::str::from_utf8(text).map_err(|_| Malformed)?.to_owned()),
        Token::List(length) => {
            let depth = deeper()?;
            ClaimValue::List((0..length).map(|_| read_claim(record, depth)).collect::<Result<_, _>>()?)
        }
        Token::Map(length) => ClaimValue::Map(read_claims(record, length, deeper()?)?),
    })
}

#[cfg(test)]
#[path = "codec_tests.rs"]
pub(crate) mod tests;
