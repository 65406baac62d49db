use core::net::{IpAddr, SocketAddr};
use core::ops::RangeInclusive;

use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;
use stun_codec::shape::AddressFamily;

use super::Config;
use super::allocation::Wish;
use super::reach;
use super::sides::RelayAddress;
use super::table::Table;

/// How many ports are drawn before the free ones are counted off.
const DRAWS: usize = 16;

/// A free relayed address such as the client wishes for, or `None` when all are taken. It cannot
/// be guessed (RFC 8656 §7.2, §21.1.7): ports are drawn; only when nearly all are taken it is the
/// first free one after a port that was drawn.
pub(super) fn pick(
    rng: &mut ChaCha12Rng,
    config: &Config,
    table: &Table,
    wish: &Wish,
) -> Option<RelayAddress> {
    let first = (*config.relay_ports.start()).max(1);
    let last = *config.relay_ports.end();
    let is_v4 = wish.family == AddressFamily::V4;
    let addresses = config.relay_addresses.iter().filter(|ip| ip.is_ipv4() == is_v4);
    let count = addresses.clone().count();
    if first > last || count == 0 {
        return None;
    }
    let is_free = |address: SocketAddr| {
        let suits = !wish.even_port || address.port().is_multiple_of(2);
        suits && !reach::is_listening(config, address)
    };
    for _ in 0..DRAWS {
        let ip = *addresses.clone().nth(rng.random_range(0..count))?;
        let relay = SocketAddr::new(ip, rng.random_range(first..=last));
        if is_free(relay) && table.of_relay(RelayAddress(relay)).is_none() {
            return Some(RelayAddress(relay));
        }
    }
    let middle = rng.random_range(first..=last);
    let skipped = rng.random_range(0..count);
    let in_turn = addresses.clone().skip(skipped).chain(addresses.clone().take(skipped));
    for &ip in in_turn {
        let before = first..=middle.saturating_sub(1);
        for ports in [middle..=last, before] {
            if let Some(relay) = first_free(table, ip, ports, is_free) {
                return Some(relay);
            }
        }
    }
    None
}

/// Walks over the taken ports, which come in order, to the first gap.
fn first_free(
    table: &Table,
    ip: IpAddr,
    ports: RangeInclusive<u16>,
    is_free: impl Fn(SocketAddr) -> bool,
) -> Option<RelayAddress> {
    let mut taken = table.taken_ports(ip, &ports).peekable();
    let free = ports.filter(|port| taken.next_if_eq(port).is_none());
    free.map(|port| SocketAddr::new(ip, port)).find(|&relay| is_free(relay)).map(RelayAddress)
}

#[cfg(test)]
mod tests {
    use alloc::collections::{BTreeMap, BTreeSet};

    use core::time::Duration;
    use rand::SeedableRng as _;
    use sansio::{FiveTuple, Timestamp};
    use stun_codec::TransactionId;

    use super::super::allocation::{Allocation, Phase};
    use super::super::sides::ClientPath;
    use super::*;

    const IP: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(198, 51, 100, 2));

    fn wish(even_port: bool) -> Wish {
        let lifetime = Duration::from_secs(600);
        Wish { family: AddressFamily::V4, even_port, lifetime, tries: 0 }
    }

    fn take(table: &mut Table, relay: RelayAddress) {
        let client = SocketAddr::new([192, 0, 2, 1].into(), relay.0.port());
        table.insert(Allocation {
            client: ClientPath(FiveTuple::udp(SocketAddr::new(IP, 3478), client)),
            relay,
            username: "alice".into(),
            transaction: TransactionId::new([0; 12]),
            algorithm: None,
            phase: Phase::Open,
            expires_at: Timestamp::from_secs(600),
            permissions: BTreeMap::new(),
            channels: BTreeMap::new(),
            numbers: BTreeMap::new(),
        });
    }

    fn config(ports: RangeInclusive<u16>) -> Config {
        let mut config = Config::new("example.org", SocketAddr::new(IP, 3478), IP);
        config.relay_ports = ports;
        config
    }

    #[test]
    fn t10_every_port_is_given_once_and_then_none() {
        let config = config(3470..=3569);
        let mut table = Table::default();
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let mut given = BTreeSet::new();
        while let Some(relay) = pick(&mut rng, &config, &table, &wish(false)) {
            assert!(given.insert(relay.0.port()), "twice");
            take(&mut table, relay);
        }
        let all: BTreeSet<u16> = (3470..=3569).filter(|&port| port != 3478).collect();
        assert_eq!(given, all, "all but the port that listens");
    }

    #[test]
    fn t10_ports_cannot_be_guessed() {
        let config = config(49_152..=65_535);
        let table = Table::default();
        let mut rng = ChaCha12Rng::from_seed([2; 32]);
        let ports: BTreeSet<u16> = (0..1000)
            .filter_map(|_| pick(&mut rng, &config, &table, &wish(false)))
            .map(|relay| relay.0.port())
            .collect();
        // A thousand of 16,384 drawn at random: some 970 different ones, all over the range.
        assert!(ports.len() > 900, "{}", ports.len());
        assert!(ports.first() < Some(&50_000) && ports.last() > Some(&64_500));
    }

    #[test]
    fn an_even_port_is_even_and_odd_ones_do_not_help() {
        let config = config(50_000..=50_009);
        let mut table = Table::default();
        let mut rng = ChaCha12Rng::from_seed([3; 32]);
        for _ in 0..5 {
            let relay = pick(&mut rng, &config, &table, &wish(true)).unwrap();
            assert_eq!(relay.0.port() % 2, 0);
            take(&mut table, relay);
        }
        assert_eq!(pick(&mut rng, &config, &table, &wish(true)), None);
        assert!(pick(&mut rng, &config, &table, &wish(false)).is_some());
    }

    #[test]
    fn no_ports_and_no_address_is_no_relay() {
        let table = Table::default();
        let mut rng = ChaCha12Rng::from_seed([4; 32]);
        #[expect(clippy::reversed_empty_ranges, reason = "a mistake that a user can make")]
        let empty = config(50_000..=49_999);
        assert_eq!(pick(&mut rng, &empty, &table, &wish(false)), None);
        assert_eq!(pick(&mut rng, &config(0..=0), &table, &wish(false)), None);
        let v6 = Wish { family: AddressFamily::V6, ..wish(false) };
        assert_eq!(pick(&mut rng, &config(1024..=65_535), &table, &v6), None);
    }
}
