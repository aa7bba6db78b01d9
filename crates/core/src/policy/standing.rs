//! What an identity provider's own restrictions make of a session (D41).

use crate::code::Code;

/// Who says that an account is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// The provider, whose own restrictions (an organization, a tenant) count for it.
    #[default]
    Provider,
    /// The operator, who named it or its issuer in the configuration. The provider knows nothing of it.
    Operator,
}

/// Whether a session meets the restrictions that are named after things of its provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It does, or there are none.
    #[default]
    Met,
    /// It does not.
    Unmet(Requirement),
    /// The session does not tell, and nobody has asked the provider yet.
    Unasked,
    /// The provider was asked and gave no answer.
    Unanswered,
}

/// What a session lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Requirement {
    /// It is of another user than those that are listed.
    #[error("the user is not on the list")]
    User,
    /// Membership of an organization.
    #[error("the user is missing the required organization")]
    Organization,
    /// Membership of a team.
    #[error("the user is missing the required team")]
    Team,
    /// Access to a repository.
    #[error("the user has no access to the required repository")]
    Repository,
    /// It is of another tenant than those that are allowed.
    #[error("the user is of a tenant that is not allowed")]
    Tenant,
}

impl Requirement {
    /// The code of a session that lacks it.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::User => Code::AccessUser,
            Self::Organization => Code::AccessOrganization,
            Self::Team => Code::AccessTeam,
            Self::Repository => Code::AccessRepository,
            Self::Tenant => Code::AccessTenant,
        }
    }
}
