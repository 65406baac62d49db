//! What nobody may guess: the seeds of the machines.

use command_line::Failure;

/// The seed of a machine, which draws all its randomness from it.
pub(crate) fn seed() -> Result<[u8; 32], Failure> {
    let mut seed = [0; 32];
    let filled = getrandom::fill(&mut seed);
    filled.map_err(|error| Failure::cannot(format!("no randomness from the system: {error}")))?;
    Ok(seed)
}

/// A number below `end`, each as likely as the others but for a part in 2^32; 0 when `end` is.
pub(crate) fn below(end: u32) -> Result<u32, Failure> {
    let number = getrandom::u64()
        .map_err(|error| Failure::cannot(format!("no randomness from the system: {error}")))?;
    Ok((number >> 32).wrapping_mul(u64::from(end)).wrapping_shr(32) as u32)
}
