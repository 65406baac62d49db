//! What has happened since the server began.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use stun_codec::{Class, Header};

/// All counts.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) udp: Traffic,
    pub(super) tcp: Traffic,
    pub(super) tls: Traffic,
    pub(super) accepted: Count,
    pub(super) turned_away: Count,
    pub(super) timed_out: Count,
}

/// Messages over one transport.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    received: Count,
    answered: Count,
    refused: Count,
    dropped: Count,
    bytes_in: Count,
    bytes_out: Count,
}

impl Traffic {
    pub(super) fn received(&self, length: usize) {
        self.received.add(1);
        self.bytes_in.add(length);
    }

    pub(super) fn answered(&self, answer: &[u8]) {
        let is_error = |header: Header| header.message_type.class() == Class::Error;
        let count =
            if Header::parse(answer).is_ok_and(is_error) { &self.refused } else { &self.answered };
        count.add(1);
        self.bytes_out.add(answer.len());
    }

    pub(super) fn dropped(&self) {
        self.dropped.add(1);
    }

    fn facts(&self) -> TrafficFacts {
        TrafficFacts {
            received: self.received.now(),
            answered: self.answered.now(),
            refused: self.refused.now(),
            dropped: self.dropped.now(),
            bytes_in: self.bytes_in.now(),
            bytes_out: self.bytes_out.now(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, number: usize) {
        self.0.fetch_add(number as u64, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is printed, in this order.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Facts {
    udp: TrafficFacts,
    tcp: TrafficFacts,
    tls: TrafficFacts,
    connections: ConnectionFacts,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TrafficFacts {
    /// Messages, or on UDP datagrams.
    received: u64,
    answered: u64,
    /// Answered with an error.
    refused: u64,
    /// Not answered.
    dropped: u64,
    bytes_in: u64,
    bytes_out: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct ConnectionFacts {
    accepted: u64,
    /// There were too many.
    turned_away: u64,
    timed_out: u64,
}

impl Statistics {
    pub(super) fn facts(&self) -> Facts {
        Facts {
            udp: self.udp.facts(),
            tcp: self.tcp.facts(),
            tls: self.tls.facts(),
            connections: ConnectionFacts {
                accepted: self.accepted.now(),
                turned_away: self.turned_away.now(),
                timed_out: self.timed_out.now(),
            },
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, traffic) in [("UDP", &self.udp), ("TCP", &self.tcp), ("TLS", &self.tls)] {
            let TrafficFacts { received, answered, refused, dropped, bytes_in, bytes_out } =
                traffic;
            if *received == 0 && name != "UDP" {
                continue;
            }
            write!(
                f,
                "{name}: {received} messages in ({bytes_in} bytes), {answered} answered, {refused} \
                 refused, {dropped} dropped, {bytes_out} bytes out. "
            )?;
        }
        let ConnectionFacts { accepted, turned_away, timed_out } = self.connections;
        write!(f, "Connections: {accepted}, {timed_out} timed out, {turned_away} turned away.")
    }
}
