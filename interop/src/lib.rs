//! What the programs of the interop tests share: sockets for the machines, and the checks that
//! they print.

pub mod checks;
pub mod sockets;
