//! The places of the three acts: networks, NATs and addresses, all on loopback.
//!
//! ```text
//!          127.100.0.0/16 plays the internet
//!   server 127.100.0.1     NAT 127.100.1.1     NAT 127.100.2.1
//!                               │                   │
//!                          127.1.0.0/16        127.2.0.0/16
//!                          play two homes' private networks
//! ```

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::ValueEnum;
use ice_agent::CandidateType;
use testkit::Subnet;
use testkit::nat::NatConfig;
use testkit::natbox::{LanSocket, NatBox, NatBoxConfig, NatBoxError};

use crate::failure::{Doing as _, Failure};
use crate::secret;

/// Where the STUN, TURN and signaling servers are.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(127, 100, 0, 1);

/// What counts as the internet.
pub(crate) const INTERNET: &str = "127.100.0.0/16";

/// A private network with the NAT that stands before it.
struct Home {
    subnet: &'static str,
    gateway: Ipv4Addr,
    outer: Ipv4Addr,
}

const FIRST_HOME: Home = Home {
    subnet: "127.1.0.0/16",
    gateway: Ipv4Addr::new(127, 1, 0, 1),
    outer: Ipv4Addr::new(127, 100, 1, 1),
};

const SECOND_HOME: Home = Home {
    subnet: "127.2.0.0/16",
    gateway: Ipv4Addr::new(127, 2, 0, 1),
    outer: Ipv4Addr::new(127, 100, 2, 1),
};

/// The sharer is at home in the first one.
const SHARER: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 2);
const VIEWER_AT_THE_SHARERS: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 3);
const VIEWER_AT_HOME: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 2);

/// Where the two peers are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Act {
    /// Both on the same network
    A,
    /// Each behind a NAT that lets in only whom its peer has spoken to
    B,
    /// Each behind a symmetric NAT
    C,
}

impl Act {
    pub(crate) const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// Its name on the command line and in reports.
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
        }
    }

    /// Its name for people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::A => "Act (a): two peers on the same network",
            Self::B => "Act (b): two peers at home, each behind a NAT",
            Self::C => "Act (c): two peers behind symmetric NATs",
        }
    }

    /// What makes it hard, in two lines.
    pub(crate) const fn scene(self) -> [&'static str; 2] {
        match self {
            Self::A => [
                "Viewer and sharer are in one home network, 127.1.x.x, so they could talk directly.",
                "But neither knows that the other is so near.",
            ],
            Self::B => [
                "The private addresses 127.1.x.x and 127.2.x.x can't reach each other. Each NAT lends its",
                "peer a public address, but lets in only whom that peer has spoken to before.",
            ],
            Self::C => [
                "These NATs are stricter still: they take another public address for every destination.",
                "The one that the STUN server sees is of no use to anybody else.",
            ],
        }
    }

    /// Whether a selected pair of these types is what this act is about, and what that would be.
    pub(crate) fn expects(
        self,
        local: CandidateType,
        remote: CandidateType,
    ) -> Result<(), &'static str> {
        use CandidateType::{Host, PeerReflexive, Relayed, ServerReflexive};
        let is_reflexive = |kind| matches!(kind, ServerReflexive | PeerReflexive);
        let (expected, what) = match self {
            Self::A => (local == Host && remote == Host, "host to host"),
            Self::B => (is_reflexive(local) && is_reflexive(remote), "reflexive to reflexive"),
            Self::C => (local == Relayed || remote == Relayed, "through a relay"),
        };
        if expected { Ok(()) } else { Err(what) }
    }

    fn nat(self) -> NatConfig {
        match self {
            Self::A | Self::B => NatConfig::port_restricted(),
            Self::C => NatConfig::symmetric(),
        }
    }
}

/// The two peers' sockets, and the NATs that they are behind: these stop when they are dropped.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) sharer: LanSocket,
    pub(crate) viewer: LanSocket,
    pub(crate) nats: Vec<NatBox>,
}

impl Places {
    pub(crate) async fn build(act: Act) -> Result<Self, Failure> {
        let first = FIRST_HOME.nat_box(act.nat()).await?;
        let sharer = socket(&first, SHARER).await?;
        if act == Act::A {
            let viewer = socket(&first, VIEWER_AT_THE_SHARERS).await?;
            return Ok(Self { sharer, viewer, nats: vec![first] });
        }
        let second = SECOND_HOME.nat_box(act.nat()).await?;
        let viewer = socket(&second, VIEWER_AT_HOME).await?;
        Ok(Self { sharer, viewer, nats: vec![first, second] })
    }
}

impl Home {
    async fn nat_box(&self, nat: NatConfig) -> Result<NatBox, Failure> {
        let subnet = |text: &str| -> Result<Subnet, Failure> { text.parse::<Subnet>().doing(text) };
        let config = NatBoxConfig {
            subnet: subnet(self.subnet)?,
            gateway: any_port(self.gateway),
            outer: IpAddr::V4(self.outer),
            public: vec![subnet(INTERNET)?],
            nat,
            seed: secret::seed()?,
        };
        NatBox::start(config).await.map_err(|error| match &error {
            NatBoxError::Bind { source, .. } => cannot_bind(&error, source),
            _ => Failure::run(error.to_string()),
        })
    }
}

async fn socket(natbox: &NatBox, address: Ipv4Addr) -> Result<LanSocket, Failure> {
    natbox.lan_socket(any_port(address)).await.map_err(|error| cannot_bind(&error, &error))
}

/// A free port, so that several tours can run at once.
pub(crate) fn any_port(address: Ipv4Addr) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(address), 0)
}

/// Says which address can't be bound, and what to do where the system has only 127.0.0.1.
pub(crate) fn cannot_bind(what: &impl std::fmt::Display, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::AddrNotAvailable {
        return Failure::run(what.to_string());
    }
    let addresses = [
        SERVER,
        FIRST_HOME.outer,
        SECOND_HOME.outer,
        FIRST_HOME.gateway,
        SHARER,
        VIEWER_AT_THE_SHARERS,
        SECOND_HOME.gateway,
        VIEWER_AT_HOME,
    ];
    let addresses = addresses.map(|address| address.to_string()).join(" ");
    Failure::run(format!(
        "{what}; this system has not all of 127.0.0.0/8 on loopback: add the addresses first, on macOS \
         with `for a in {addresses}; do sudo ifconfig lo0 alias $a; done`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_knows_what_to_expect() {
        use CandidateType::{Host, PeerReflexive, Relayed, ServerReflexive};
        assert!(Act::A.expects(Host, Host).is_ok());
        assert!(Act::A.expects(Host, PeerReflexive).is_err());
        assert!(Act::B.expects(ServerReflexive, PeerReflexive).is_ok());
        assert!(Act::B.expects(Host, ServerReflexive).is_err());
        assert!(Act::B.expects(Relayed, ServerReflexive).is_err());
        assert!(Act::C.expects(PeerReflexive, Relayed).is_ok());
        assert!(Act::C.expects(ServerReflexive, PeerReflexive).is_err());
    }

    #[test]
    fn a_missing_loopback_address_comes_with_the_remedy() {
        let error = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let line = cannot_bind(&"can't bind 127.100.0.1:0", &error).to_string();
        assert!(line.contains("127.100.0.1:0") && line.contains("alias"), "{line}");
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        let line = cannot_bind(&"can't bind 127.100.0.1:0", &error).to_string();
        assert!(!line.contains("alias"), "{line}");
    }
}
