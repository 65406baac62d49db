//! Which candidates were come by in the same way (RFC 8445 §5.1.1.3).

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::candidate::{CandidateType, Foundation};

/// What candidates of one foundation have in common. All are over UDP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) candidate_type: CandidateType,
    /// The IP address of the base.
    pub(crate) base: IpAddr,
    /// The server that it was learned from, if any.
    pub(crate) server: Option<IpAddr>,
}

/// Gives each origin a number, from 1 on, as it comes by.
#[derive(Debug, Default)]
pub(crate) struct Foundations {
    origins: Vec<Origin>,
}

impl Foundations {
    pub(crate) fn of(&mut self, origin: Origin) -> Foundation {
        let index = self.origins.iter().position(|held| *held == origin).unwrap_or_else(|| {
            self.origins.push(origin);
            self.origins.len() - 1
        });
        Foundation::of_number(index as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_origin_same_foundation() {
        let mut foundations = Foundations::default();
        let base: IpAddr = [192, 0, 2, 1].into();
        let server: Option<IpAddr> = Some([198, 51, 100, 1].into());
        let host = Origin { candidate_type: CandidateType::Host, base, server: None };
        let reflexive = Origin { candidate_type: CandidateType::ServerReflexive, base, server };
        let other_server = Origin { server: Some([198, 51, 100, 2].into()), ..reflexive };
        let other_base = Origin { base: [192, 0, 2, 2].into(), ..host };
        let first = foundations.of(host);
        assert_eq!(foundations.of(host), first);
        assert_eq!(first.as_str(), "1");
        assert_eq!(foundations.of(reflexive).as_str(), "2");
        assert_eq!(foundations.of(other_server).as_str(), "3");
        assert_eq!(foundations.of(other_base).as_str(), "4");
        assert_eq!(Foundation::of_number(u32::MAX).as_str(), "4294967295");
    }
}
