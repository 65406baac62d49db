//! Client and server against each other on a virtual network, and each of them against
//! strangers who write their datagrams by hand.

mod attacks;
mod by_hand;
mod client;
mod expiry;
mod limits;
mod mutation;
mod nodes;
mod relaying;
mod replay;
mod session;
