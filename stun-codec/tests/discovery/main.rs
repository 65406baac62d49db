//! Discovery of a NAT's behaviour (RFC 5780), in virtual time: through every kind of NAT that the test
//! kit has, with loss, and with servers that do not know what they should, or mean ill.

mod hostile;
mod lifetime;
mod nats;
mod responder;
mod stage;
