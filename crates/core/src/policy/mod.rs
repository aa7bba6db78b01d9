//! Who is let through: rules as values, and the one pure decision over them.
//!
//! [`decide`] is the only maker of a [`Grant`], and forwarding takes a `Grant`: a path around the rules does not
//! compile.

mod allow;
mod bypass;
mod constraint;
mod decide;
mod grant;
mod standing;

pub use allow::{Allow, EmailDomain, EmailRules};
pub use bypass::{Bypass, BypassRules, MethodRule, RouteRule};
pub use constraint::{Constraints, MalformedConstraint};
pub use decide::{Ask, ClientIp, Decision, MustAsk, Policy, Refusal, decide};
pub use grant::{Grant, Subject};
pub use standing::{Account, Requirement, Standing};
