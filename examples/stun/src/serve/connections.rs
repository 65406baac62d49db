//! How many connections may be open, in all and from one address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts what is open; clones count together.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    max: u32,
    max_per_ip: u32,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: u32,
    per_ip: BTreeMap<IpAddr, u32>,
}

/// An open connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    ip: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl Connections {
    pub(super) fn new(max: u32, max_per_ip: u32) -> Self {
        Self { max, max_per_ip, open: Arc::default() }
    }

    /// `None` when there are too many already.
    pub(super) fn enter(&self, ip: IpAddr) -> Option<Place> {
        let ip = subscriber(ip);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_ip = open.per_ip.get(&ip).copied().unwrap_or(0);
        if open.all >= self.max || of_ip >= self.max_per_ip {
            return None;
        }
        open.all += 1;
        open.per_ip.insert(ip, of_ip + 1);
        Some(Place { ip, open: Arc::clone(&self.open) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        match open.per_ip.get_mut(&self.ip) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.per_ip.remove(&self.ip)),
        }
    }
}

/// Who has one IPv6 address has its /64 network.
fn subscriber(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let connections = Connections::new(3, 2);
        let enter = |ip: &str| connections.enter(ip.parse().unwrap());
        let (one, two) = (enter("192.0.2.1").unwrap(), enter("192.0.2.1").unwrap());
        assert!(enter("192.0.2.1").is_none(), "too many from one address");
        let three = enter("2001:db8::1").unwrap();
        assert!(enter("192.0.2.2").is_none(), "too many in all");
        drop(one);
        let four = enter("2001:db8::2:3").unwrap();
        drop(two);
        assert!(enter("2001:db8::3").is_none(), "too many from one network");
        drop((three, four));
        let open = connections.open.lock().unwrap();
        assert!(open.all == 0 && open.per_ip.is_empty());
    }
}
