//! Ta: one paced transaction after another, whatever it is for (RFC 8445 §14.2).

use sansio::Timestamp;

use crate::agent::Agent;

impl Agent {
    /// Begins the next paced transaction, if it is time: a check or a question to a server
    /// (RFC 8445 §14.2).
    pub(crate) fn take_turns(&mut self, now: Timestamp) {
        self.turn_wanted = self.wants_turn();
        if !self.turn_wanted || now < self.next_turn {
            return;
        }
        self.next_turn = now + self.config.pace();
        if self.gathering.has_task() {
            if let Some(relay) = self.gathering.begin(now) {
                self.relays.start(now, relay);
            }
        } else {
            let relays = &self.relays;
            let next = self.checklist.next(|base, remote| relays.may_send(base, remote));
            if let Some(pair) = next {
                self.send_check(now, pair);
            }
        }
        self.turn_wanted = self.wants_turn();
    }

    fn wants_turn(&mut self) -> bool {
        let checking = self.remote.is_some() && !self.over;
        let relays = &self.relays;
        self.gathering.has_task()
            || checking && self.checklist.has_next(|base, remote| relays.may_send(base, remote))
    }
}
