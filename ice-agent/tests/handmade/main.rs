//! One agent against a peer that is made by hand.

mod attacks;
mod checks;
mod consent;
mod gathering;
mod nomination;
mod pairs;
mod peer;
#[cfg(feature = "turn")]
mod relays;
