//! What nobody may guess: the seeds of the machines, passwords, and the room's name.

use rustls::crypto::ring;

use crate::failure::{Doing as _, Failure};

/// The seed of a machine, which draws all its randomness from it.
pub(crate) fn seed() -> Result<[u8; 32], Failure> {
    random()
}

/// A word of 128 random bits, in hexadecimal.
pub(crate) fn word() -> Result<String, Failure> {
    Ok(format!("{:032x}", u128::from_be_bytes(random()?)))
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let system = ring::default_provider().secure_random;
    system.fill(&mut bytes).map_err(|_| "it gives none").doing("randomness from the system")?;
    Ok(bytes)
}
