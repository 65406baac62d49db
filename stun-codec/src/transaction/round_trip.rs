//! What is remembered of servers: how long they take to answer (RFC 6298, as RFC 8489 §6.2.1
//! wants it).

use alloc::collections::BTreeMap;
use core::net::IpAddr;
use core::time::Duration;

use sansio::Timestamp;

use super::Config;

/// The round trip times of the servers that were asked last.
#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    servers: BTreeMap<IpAddr, Server>,
    /// Which server was asked when; the one that was not asked for longest comes first.
    order: BTreeMap<u64, IpAddr>,
    uses: u64,
}

#[derive(Debug)]
struct Server {
    /// None before the first measurement: then there is only the RTO that had to be backed off to.
    estimate: Option<Estimate>,
    rto: Duration,
    asked: Timestamp,
    used: u64,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    /// SRTT.
    smoothed: Duration,
    /// RTTVAR.
    variation: Duration,
}

/// The least that the variation counts for: G of RFC 6298.
const GRANULARITY: Duration = Duration::from_millis(1);

impl RoundTrips {
    /// With which RTO a transaction begins.
    pub(super) fn rto(&self, config: &Config, now: Timestamp, server: IpAddr) -> Duration {
        let known = self.servers.get(&server).filter(|known| !known.is_stale(config, now));
        known.map_or(config.rto, |known| known.rto)
    }

    /// As [`rto`](Self::rto), for one that does begin.
    pub(super) fn begin(&mut self, config: &Config, now: Timestamp, server: IpAddr) -> Duration {
        let Some(known) = self.take(config, now, server) else { return config.rto };
        let rto = known.rto;
        self.put(config, now, server, known);
        rto
    }

    /// The first and only copy of a request was answered.
    pub(super) fn measure(
        &mut self,
        config: &Config,
        now: Timestamp,
        server: IpAddr,
        round_trip_time: Duration,
    ) {
        let known = self.take(config, now, server);
        let estimate = match known.and_then(|known| known.estimate) {
            Some(estimate) => estimate.after(round_trip_time),
            None => Estimate::first(round_trip_time),
        };
        let rto = estimate.rto().min(config.max_rto).max(config.min_rto);
        let known = Server { estimate: Some(estimate), rto, asked: now, used: 0 };
        self.put(config, now, server, known);
    }

    /// A request was answered that had to be sent again. That measures nothing, but the wait that
    /// was long enough is kept until something does: the other half of Karn's rule.
    pub(super) fn back_off(
        &mut self,
        config: &Config,
        now: Timestamp,
        server: IpAddr,
        wait: Duration,
    ) {
        let estimate = self.take(config, now, server).and_then(|known| known.estimate);
        let rto = wait.min(config.max_rto).max(config.min_rto);
        self.put(config, now, server, Server { estimate, rto, asked: now, used: 0 });
    }

    fn take(&mut self, config: &Config, now: Timestamp, server: IpAddr) -> Option<Server> {
        let known = self.servers.remove(&server)?;
        self.order.remove(&known.used);
        Some(known).filter(|known| !known.is_stale(config, now))
    }

    fn put(&mut self, config: &Config, now: Timestamp, server: IpAddr, known: Server) {
        if config.max_servers == 0 {
            return;
        }
        if self.servers.len() >= config.max_servers
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.servers.remove(&oldest);
        }
        self.uses += 1;
        self.order.insert(self.uses, server);
        self.servers.insert(server, Server { asked: now, used: self.uses, ..known });
    }
}

impl Server {
    fn is_stale(&self, config: &Config, now: Timestamp) -> bool {
        now - self.asked > config.remember_for
    }
}

impl Estimate {
    /// RFC 6298 §2.2.
    fn first(measured: Duration) -> Self {
        Self { smoothed: measured, variation: measured / 2 }
    }

    /// RFC 6298 §2.3.
    fn after(self, measured: Duration) -> Self {
        let difference = self.smoothed.abs_diff(measured);
        Self {
            variation: (self.variation.saturating_mul(3).saturating_add(difference)) / 4,
            smoothed: (self.smoothed.saturating_mul(7).saturating_add(measured)) / 8,
        }
    }

    fn rto(self) -> Duration {
        self.smoothed.saturating_add(self.variation.saturating_mul(4).max(GRANULARITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: Config = Config {
        rto: Duration::from_millis(500),
        min_rto: Duration::ZERO,
        max_rto: Duration::from_secs(60),
        max_servers: 2,
        remember_for: Duration::from_secs(600),
        max_sends: 7,
        last_wait: 16,
        reliable_timeout: Duration::ZERO,
    };

    fn server(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_formulas_of_rfc_6298() {
        let mut trips = RoundTrips::default();
        let now = Timestamp::ZERO;
        assert_eq!(trips.rto(&CONFIG, now, server(1)), millis(500));
        trips.measure(&CONFIG, now, server(1), millis(80));
        // SRTT 80, RTTVAR 40.
        assert_eq!(trips.rto(&CONFIG, now, server(1)), millis(80 + 4 * 40));
        trips.measure(&CONFIG, now, server(1), millis(120));
        // RTTVAR 3/4 of 40 and 1/4 of 40, SRTT 7/8 of 80 and 1/8 of 120.
        assert_eq!(trips.rto(&CONFIG, now, server(1)), millis(85 + 4 * 40));
        for _ in 0..1000 {
            trips.measure(&CONFIG, now, server(1), millis(100));
        }
        // The variation is down to nothing, and the granularity is left.
        let rto = trips.rto(&CONFIG, now, server(1));
        assert!((millis(100)..millis(102)).contains(&rto), "{rto:?}");
        assert_eq!(trips.rto(&CONFIG, now, server(2)), millis(500), "another server");
    }

    #[test]
    fn the_wait_that_was_long_enough_is_kept_until_something_is_measured() {
        let mut trips = RoundTrips::default();
        let now = Timestamp::ZERO;
        trips.back_off(&CONFIG, now, server(1), millis(2000));
        assert_eq!(trips.begin(&CONFIG, now, server(1)), millis(2000));
        trips.measure(&CONFIG, now, server(1), millis(600));
        assert_eq!(trips.begin(&CONFIG, now, server(1)), millis(1800));
        trips.back_off(&CONFIG, now, server(1), millis(3600));
        trips.measure(&CONFIG, now, server(1), millis(600));
        // The estimate was not forgotten: RTTVAR is 3/4 of 300.
        assert_eq!(trips.begin(&CONFIG, now, server(1)), millis(600 + 900));
    }

    #[test]
    fn who_was_not_asked_for_longest_is_forgotten_and_everybody_after_ten_minutes() {
        let mut trips = RoundTrips::default();
        let start = Timestamp::ZERO;
        for number in [1, 2] {
            trips.measure(&CONFIG, start, server(number), millis(10));
        }
        trips.begin(&CONFIG, start, server(1));
        trips.measure(&CONFIG, start, server(3), millis(10));
        assert_eq!(trips.rto(&CONFIG, start, server(1)), millis(30));
        assert_eq!(trips.rto(&CONFIG, start, server(2)), millis(500));
        assert_eq!((trips.servers.len(), trips.order.len()), (2, 2));

        let later = start + Duration::from_secs(600);
        assert_eq!(trips.begin(&CONFIG, later, server(1)), millis(30), "and asked again");
        let later = later + Duration::from_millis(1);
        assert_eq!(trips.rto(&CONFIG, later, server(1)), millis(30));
        assert_eq!(trips.rto(&CONFIG, later, server(3)), millis(500));
        assert_eq!(trips.begin(&CONFIG, later, server(3)), millis(500));
        assert_eq!((trips.servers.len(), trips.order.len()), (1, 1));
    }

    #[test]
    fn a_floor_a_ceiling_and_no_memory_at_all() {
        let config = Config { min_rto: millis(500), max_rto: millis(750), ..CONFIG };
        let mut trips = RoundTrips::default();
        let now = Timestamp::ZERO;
        trips.measure(&config, now, server(1), millis(1));
        assert_eq!(trips.rto(&config, now, server(1)), millis(500));
        trips.back_off(&config, now, server(1), millis(32_000));
        assert_eq!(trips.rto(&config, now, server(1)), millis(750));
        trips.measure(&config, now, server(2), Duration::MAX);
        trips.measure(&config, now, server(2), Duration::MAX);
        assert_eq!(trips.rto(&config, now, server(2)), millis(750));
        let config = Config { max_servers: 0, ..CONFIG };
        trips = RoundTrips::default();
        trips.measure(&config, now, server(1), millis(1));
        assert!(trips.servers.is_empty() && trips.order.is_empty());
    }
}
