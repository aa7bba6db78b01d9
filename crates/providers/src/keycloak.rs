//! `keycloak-oidc`: Keycloak, whose access tokens tell the visitor's roles.
//!
//! ```text
//! realm_access.roles ["write"]                      ─► Session::groups "role:write"
//! resource_access { default: { roles ["read"] } }   ─► Session::groups "role:default:read"
//! ```

use sidecar_core::Session;
use sidecar_core::claims::ClaimValue;
use sidecar_oidc::ClaimsError;
use sidecar_oidc::claims::Claims;

use crate::openid::Dialect;

/// What roles are told from other groups by.
const ROLE: &str = "role:";

/// What Keycloak does beyond the protocol.
pub(crate) const KEYCLOAK: Dialect = Dialect { name: "Keycloak OIDC", complete: add_roles };

/// The group that a role is in a session: `ROLE` of the realm, or `CLIENT:ROLE` of a client.
#[must_use]
pub fn group_of_role(role: &str) -> String {
    format!("{ROLE}{role}")
}

/// Replaces the roles of a session by those that its access token tells: after a refresh, what was withdrawn is gone (Q14).
fn add_roles(session: &mut Session) -> Result<(), ClaimsError> {
    let claims = session.access_token.as_ref().and_then(Claims::of_access_token).ok_or(ClaimsError::AccessToken)?;
    session.groups.retain(|group| !group.starts_with(ROLE));
    let realm = roles(claims.member("realm_access")).map(group_of_role);
    let clients = match claims.member("resource_access") {
        Some(ClaimValue::Map(clients)) => Some(clients),
        _ => None,
    };
    let of_client = |(client, access)| roles(Some(access)).map(move |role| group_of_role(&format!("{client}:{role}")));
    session.groups.extend(realm.chain(clients.into_iter().flatten().flat_map(of_client)));
    Ok(())
}

/// The texts of the list `roles` in an object; what has another form says nothing.
fn roles(access: Option<&ClaimValue>) -> impl Iterator<Item = &str> {
    let list = match access {
        Some(ClaimValue::Map(access)) => access.get("roles"),
        _ => None,
    };
    let list = match list {
        Some(ClaimValue::List(list)) => list.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|role| if let ClaimValue::String(role) = role { Some(role.as_str()) } else { None })
}

#[cfg(test)]
mod tests {
    use sidecar_core::Secret;

    use super::*;

    /// The session of somebody in `groups` with this payload in the access token.
    fn session(groups: &[&str], payload: &str) -> Session {
        use base64::Engine as _;
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        Session {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            access_token: Some(Secret::new(format!("e30.{payload}.x"))),
            ..Session::default()
        }
    }

    #[test]
    fn roles_of_the_realm_and_of_clients_follow_the_groups() {
        let both = r#"{"realm_access":{"roles":["write"]},"resource_access":{"default":{"roles":["read"]}}}"#;
        let of_two = r#"{"resource_access":{"b":{"roles":["x","y"]},"a":{"roles":["x"]}}}"#;
        for (groups, payload, expected) in [
            (&["devs"][..], both, &["devs", "role:write", "role:default:read"][..]),
            (&[], of_two, &["role:a:x", "role:b:x", "role:b:y"]),
            (&["devs", "role:old", "role:write"], both, &["devs", "role:write", "role:default:read"]),
            (&["devs", "role:old"], "{}", &["devs"]),
            (&[], r#"{"realm_access":["write"],"resource_access":{"a":["x"],"b":{"roles":"x"}}}"#, &[]),
            (&[], r#"{"realm_access":{"roles":[1,null,{"a":1},"write"]}}"#, &["role:write"]),
        ] {
            let mut session = session(groups, payload);
            add_roles(&mut session).unwrap();
            assert_eq!(session.groups, expected, "{payload}");
        }
    }

    #[test]
    fn an_access_token_that_is_no_jwt_ends_the_login() {
        for token in ["", "opaque", "a.b", "a.b.c", "e30.e30.x.y", "e30.W10.x"] {
            let mut session = Session { access_token: Some(Secret::from(token)), ..Session::default() };
            assert!(matches!(add_roles(&mut session), Err(ClaimsError::AccessToken)), "{token}");
        }
        assert!(add_roles(&mut Session::default()).is_err());
    }
}
