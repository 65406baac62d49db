use core::time::Duration;

/// The times of retransmission (RFC 8489 §6.2.1, §6.2.2), and what is remembered for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// The time to the first retransmission to a server of which nothing is remembered; each further
    /// one waits twice as long. 500 ms by default; the RFC wants no less on the Internet, but where
    /// something else bounds the traffic, as ICE does.
    pub rto: Duration,
    /// No estimate makes the time to the first retransmission shorter. 500 ms by default.
    pub min_rto: Duration,
    /// Nor longer. 60 s by default, the least that RFC 6298 §2.5 allows. All of a transaction takes
    /// 79 times as long as this first wait.
    pub max_rto: Duration,
    /// Of how many servers, by IP address, the round trip time is remembered; of more than that, the
    /// one that was not asked for longest is forgotten. 64 by default, some 150 bytes each; with
    /// 0 every transaction begins with `rto`.
    pub max_servers: usize,
    /// For how long after the last transaction with it a server is remembered. 10 minutes by default.
    pub remember_for: Duration,
    /// How many times a request is sent in all (Rc). 7 by default.
    pub max_sends: u32,
    /// How many times the first wait to wait for an answer after the last one (Rm). 16 by default.
    pub last_wait: u32,
    /// How long to wait for an answer on a reliable transport (Ti). 39.5 s by default.
    pub reliable_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rto: Duration::from_millis(500),
            min_rto: Duration::from_millis(500),
            max_rto: Duration::from_secs(60),
            max_servers: 64,
            remember_for: Duration::from_secs(600),
            max_sends: 7,
            last_wait: 16,
            reliable_timeout: Duration::from_millis(39_500),
        }
    }
}
