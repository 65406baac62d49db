//! Which candidate and which pair come first (RFC 8445 §5.1.2, §6.1.2.3).

use crate::candidate::{CandidateType, ComponentId};
use crate::role::Role;

/// How much a type of candidate is liked, as RFC 8445 §5.1.2.2 recommends.
#[must_use]
pub const fn type_preference(candidate_type: CandidateType) -> u8 {
    match candidate_type {
        CandidateType::Host => 126,
        CandidateType::PeerReflexive => 110,
        CandidateType::ServerReflexive => 100,
        CandidateType::Relayed => 0,
    }
}

/// The priority of a candidate (RFC 8445 §5.1.2.1). `local_preference` tells candidates of one type
/// apart; 65,535 is the best.
///
/// ```
/// use ice_agent::candidate::{CandidateType, ComponentId};
/// use ice_agent::priority::candidate_priority;
///
/// let priority = candidate_priority(CandidateType::Host, 65_535, ComponentId::FIRST);
/// assert_eq!(priority, 2_130_706_431);
/// ```
#[must_use]
pub const fn candidate_priority(
    candidate_type: CandidateType,
    local_preference: u16,
    component: ComponentId,
) -> u32 {
    (type_preference(candidate_type) as u32) << 24
        | (local_preference as u32) << 8
        | (256 - component.value() as u32)
}

/// The priority of a pair (RFC 8445 §6.1.2.3). Both agents come to the same number.
#[must_use]
pub const fn pair_priority(role: Role, local: u32, remote: u32) -> u64 {
    let (controlling, controlled) = match role {
        Role::Controlling => (local as u64, remote as u64),
        Role::Controlled => (remote as u64, local as u64),
    };
    let (low, high) = if controlling < controlled {
        (controlling, controlled)
    } else {
        (controlled, controlling)
    };
    // Candidates that keep to the range of priorities never come near the end of u64.
    (low << 32).saturating_add(2 * high + (controlling > controlled) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_direct_path_comes_before_a_reflexive_one_and_that_before_a_relayed_one() {
        use CandidateType::{Host, PeerReflexive, Relayed, ServerReflexive};
        let priority =
            |candidate_type| candidate_priority(candidate_type, 65_535, ComponentId::FIRST);
        assert!(priority(Host) > priority(PeerReflexive));
        assert!(priority(PeerReflexive) > priority(ServerReflexive));
        assert!(priority(ServerReflexive) > priority(Relayed));
        assert_eq!(priority(ServerReflexive), 1_694_498_815);
        assert_eq!(priority(Relayed), 16_777_215);
    }

    #[test]
    fn the_formula_of_pairs_and_its_ends() {
        assert_eq!(pair_priority(Role::Controlling, 7, 5), (5 << 32) + 14 + 1);
        assert_eq!(pair_priority(Role::Controlled, 7, 5), (5 << 32) + 14);
        assert_eq!(pair_priority(Role::Controlled, u32::MAX, u32::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn both_agents_agree(a: u32, b: u32) {
            prop_assert_eq!(
                pair_priority(Role::Controlling, a, b),
                pair_priority(Role::Controlled, b, a)
            );
        }

        #[test]
        fn the_worse_candidate_of_a_pair_decides(a: u32, b: u32, c: u32, d: u32) {
            if a.min(b) > c.min(d) {
                prop_assert!(
                    pair_priority(Role::Controlling, a, b) > pair_priority(Role::Controlling, c, d)
                );
            }
        }
    }
}
