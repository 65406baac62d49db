use core::fmt;
use core::net::IpAddr;
use std::collections::BTreeMap;

use super::Link;
use crate::Subnet;
use crate::nat::Nat;

/// A part of the network in which addresses are unique: the public internet, or what lies
/// behind one NAT.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place(usize);

impl Place {
    /// The public internet.
    pub const INTERNET: Self = Self(0);
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INTERNET => f.write_str("the internet"),
            Self(number) => write!(f, "P{number}"),
        }
    }
}

/// A host of a network. Its addresses do not name it: two homes may use the same ones.
/// It means nothing to another network than the one that gave it; the same goes for a [`Place`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HostId(usize);

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "H{}", self.0)
    }
}

/// Why a host or a NAT can't be where it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// There is another host or NAT with that address in that place, or the host has it elsewhere.
    #[error("{address} is taken in {place}")]
    AddressTaken {
        /// The address.
        address: IpAddr,
        /// Where it should have been.
        place: Place,
    },
    /// The address is not one of the place's subnet.
    #[error("{address} is outside of {subnet}, the subnet of {place}")]
    OutsideSubnet {
        /// The address.
        address: IpAddr,
        /// Where it should have been.
        place: Place,
        /// That place's subnet.
        subnet: Subnet,
    },
    /// A NAT's outer address would also be an inner one.
    #[error("the outer address {outer} lies in {subnet}, the subnet behind it")]
    OuterInsideSubnet {
        /// The outer address.
        outer: IpAddr,
        /// The subnet behind the NAT.
        subnet: Subnet,
    },
}

/// Who is where, and what links them.
#[derive(Debug)]
pub(super) struct Plan {
    places: Vec<Area>,
    hosts: Vec<BTreeMap<IpAddr, Interface>>,
}

/// Where one address of a host is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    pub(super) place: Place,
    pub(super) link: Link,
}

/// Who has an address of a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resident {
    Host(HostId),
    /// The NAT of that other place.
    Nat(Place),
}

/// What joins a place to the one around it.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) parent: Place,
    pub(super) subnet: Subnet,
    pub(super) nat: Nat,
    pub(super) uplink: Link,
}

#[derive(Debug)]
struct Area {
    residents: BTreeMap<IpAddr, Resident>,
    /// None for the internet.
    router: Option<Router>,
}

impl Plan {
    pub(super) fn new() -> Self {
        let internet = Area { residents: BTreeMap::new(), router: None };
        Self { places: vec![internet], hosts: Vec::new() }
    }

    pub(super) fn add_host(&mut self, place: Place, address: IpAddr) -> Result<HostId, PlanError> {
        let host = HostId(self.hosts.len());
        self.settle(place, address, Resident::Host(host))?;
        let interface = Interface { place, link: Link::default() };
        self.hosts.push(BTreeMap::from([(address, interface)]));
        Ok(host)
    }

    pub(super) fn add_address(
        &mut self,
        host: HostId,
        place: Place,
        address: IpAddr,
    ) -> Result<(), PlanError> {
        if self.hosts[host.0].contains_key(&address) {
            return Err(PlanError::AddressTaken { address, place });
        }
        self.settle(place, address, Resident::Host(host))?;
        self.hosts[host.0].insert(address, Interface { place, link: Link::default() });
        Ok(())
    }

    pub(super) fn remove_address(&mut self, host: HostId, address: IpAddr) -> bool {
        let Some(interface) = self.hosts[host.0].remove(&address) else { return false };
        self.places[interface.place.0].residents.remove(&address).is_some()
    }

    pub(super) fn add_nat(
        &mut self,
        parent: Place,
        subnet: Subnet,
        nat: Nat,
    ) -> Result<Place, PlanError> {
        let outer = nat.outer();
        if subnet.contains(outer) {
            return Err(PlanError::OuterInsideSubnet { outer, subnet });
        }
        let place = Place(self.places.len());
        self.settle(parent, outer, Resident::Nat(place))?;
        let router = Router { parent, subnet, nat, uplink: Link::default() };
        self.places.push(Area { residents: BTreeMap::new(), router: Some(router) });
        Ok(place)
    }

    pub(super) fn set_link(&mut self, host: HostId, address: Option<IpAddr>, link: Link) {
        for (&own, interface) in &mut self.hosts[host.0] {
            if address.is_none_or(|address| address == own) {
                interface.link = link;
            }
        }
    }

    pub(super) fn set_uplink(&mut self, place: Place, link: Link) {
        if let Some(router) = self.router_mut(place) {
            router.uplink = link;
        }
    }

    pub(super) fn uplink(&self, place: Place) -> Link {
        self.places[place.0].router.as_ref().map_or(Link::INSTANT, |router| router.uplink)
    }

    pub(super) fn nat(&self, place: Place) -> Option<&Nat> {
        self.places[place.0].router.as_ref().map(|router| &router.nat)
    }

    pub(super) fn nat_mut(&mut self, place: Place) -> Option<&mut Nat> {
        self.router_mut(place).map(|router| &mut router.nat)
    }

    pub(super) fn router_mut(&mut self, place: Place) -> Option<&mut Router> {
        self.places[place.0].router.as_mut()
    }

    pub(super) fn resident(&self, place: Place, address: IpAddr) -> Option<Resident> {
        self.places[place.0].residents.get(&address).copied()
    }

    pub(super) fn interface(&self, host: HostId, address: IpAddr) -> Option<Interface> {
        self.hosts[host.0].get(&address).copied()
    }

    fn settle(
        &mut self,
        place: Place,
        address: IpAddr,
        resident: Resident,
    ) -> Result<(), PlanError> {
        let area = &mut self.places[place.0];
        if let Some(Router { subnet, .. }) = area.router
            && !subnet.contains(address)
        {
            return Err(PlanError::OutsideSubnet { address, place, subnet });
        }
        if area.residents.contains_key(&address) {
            return Err(PlanError::AddressTaken { address, place });
        }
        area.residents.insert(address, resident);
        Ok(())
    }
}
