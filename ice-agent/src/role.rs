use core::fmt;

/// Which agent chooses the pair (RFC 8445 §6.1.1). The one that starts the session controls it, as
/// a rule; two agents that believe the same of themselves find out and settle it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// It nominates.
    Controlling,
    /// It follows.
    Controlled,
}

impl Role {
    /// The other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Controlling => Self::Controlled,
            Self::Controlled => Self::Controlling,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Controlling => "controlling",
            Self::Controlled => "controlled",
        })
    }
}

/// What to do about a request whose sender claims the role that this agent has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Conflict {
    /// Answer 487: the sender must switch.
    Refuse,
    /// Switch, and go on with the request.
    Switch,
}

/// Settles a conflict by the tie-breakers (RFC 8445 §7.3.1.1): the larger one controls, and on a tie
/// the receiver keeps its role.
pub(crate) const fn settle(role: Role, own: u64, theirs: u64) -> Conflict {
    match role {
        Role::Controlling if own >= theirs => Conflict::Refuse,
        Role::Controlled if own < theirs => Conflict::Refuse,
        _ => Conflict::Switch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_tie_breaker_ends_up_controlling() {
        assert_eq!(settle(Role::Controlling, 2, 1), Conflict::Refuse);
        assert_eq!(settle(Role::Controlling, 1, 1), Conflict::Refuse);
        assert_eq!(settle(Role::Controlling, 1, 2), Conflict::Switch);
        assert_eq!(settle(Role::Controlled, 1, 2), Conflict::Refuse);
        assert_eq!(settle(Role::Controlled, 1, 1), Conflict::Switch);
        assert_eq!(settle(Role::Controlled, 2, 1), Conflict::Switch);
    }
}
