use super::*;
use crate::link::{link, wire};

/// A viewer that was told `fingerprint`, and a sharer with `identity`, on a wire without ICE.
async fn meet(identity: Identity, fingerprint: Fingerprint) -> Result<Connection, Failure> {
    let (near, near_carrier) = link();
    let (far, far_carrier) = link();
    let wire = wire(near_carrier, far_carrier);
    let sharer = listen(far, identity)?;
    let accepting = tokio::spawn(async move {
        let Some(incoming) = sharer.accept().await else { return };
        if let Ok(connection) = incoming.await {
            connection.closed().await;
        }
    });
    let outcome = connect(near, fingerprint).await;
    accepting.abort();
    wire.abort();
    outcome.map(|(_, connection)| connection)
}

#[tokio::test]
async fn the_pinned_certificate_is_accepted() {
    let identity = Identity::generate().unwrap();
    let fingerprint = identity.fingerprint();
    meet(identity, fingerprint).await.unwrap();
}

#[tokio::test]
async fn e03_any_other_certificate_ends_the_handshake() {
    let expected = Identity::generate().unwrap().fingerprint();
    let failure = meet(Identity::generate().unwrap(), expected).await.unwrap_err();
    assert!(failure.to_string().contains("QUIC handshake"), "{failure}");
}

#[tokio::test]
async fn e03_a_stolen_certificate_without_its_key_ends_the_handshake() {
    let (victim, thief) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let fingerprint = victim.fingerprint();
    let stolen = Identity { certificate: victim.certificate, key: thief.key };
    let failure = meet(stolen, fingerprint).await.unwrap_err();
    assert!(failure.to_string().contains("QUIC handshake"), "{failure}");
}

#[test]
fn the_verifier_looks_at_the_fingerprint_alone() {
    let identity = Identity::generate().unwrap();
    let other = Identity::generate().unwrap();
    let pinned = Pinned::new(identity.fingerprint());
    let name = ServerName::try_from("anything.invalid").unwrap();
    let verify = |certificate| {
        pinned.verify_server_cert(
            certificate,
            &[],
            &name,
            &[],
            UnixTime::since_unix_epoch(Duration::ZERO),
        )
    };
    assert!(verify(&identity.certificate).is_ok());
    assert!(verify(&other.certificate).is_err());
}
