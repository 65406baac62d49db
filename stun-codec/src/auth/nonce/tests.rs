use super::*;
use crate::shape::PasswordAlgorithm::{Md5, Sha256};

const LIFETIME: Duration = Duration::from_secs(60);
const MADE: Timestamp = Timestamp::from_secs(1000);

fn client(port: u16) -> FiveTuple {
    FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], port).into())
}

fn check(nonces: &Nonces, at: Timestamp, port: u16, nonce: Nonce) -> Result<(), NonceError> {
    nonces.check(at, client(port), Offer::default(), nonce.as_str())
}

#[test]
fn s14_a_nonce_serves_its_own_client_for_its_own_time_only() {
    let nonces = Nonces::new([1; 32], LIFETIME);
    let nonce = nonces.issue(MADE, client(5000), Offer::default());
    let at = |seconds| check(&nonces, Timestamp::from_secs(seconds), 5000, nonce);
    assert_eq!(at(1000), Ok(()));
    assert_eq!(at(1060), Ok(()));
    assert_eq!(at(1061), Err(NonceError::Stale));
    assert_eq!(at(999), Err(NonceError::Stale), "made in the future");
    assert_eq!(check(&nonces, MADE, 5001, nonce), Err(NonceError::Foreign));
    let other = Nonces::new([2; 32], LIFETIME);
    assert_eq!(check(&other, MADE, 5000, nonce), Err(NonceError::Foreign));
    let mut elsewhere = client(5000);
    elsewhere.local.set_port(3479);
    let elsewhere = nonces.check(MADE, elsewhere, Offer::default(), nonce.as_str());
    assert_eq!(elsewhere, Err(NonceError::Foreign));
}

#[test]
fn s13_another_offer_is_another_nonce() {
    let nonces = Nonces::new([1; 32], LIFETIME);
    let offers = [
        Offer::default(),
        Offer::default().with_anonymity(),
        Offer::new(&[Md5]),
        Offer::new(&[Sha256]),
        Offer::new(&[Sha256, Md5]),
        Offer::new(&[Md5, Sha256]),
        Offer::new(&[Md5, Sha256]).with_anonymity(),
    ];
    for made in offers {
        let nonce = nonces.issue(MADE, client(5000), made);
        assert_eq!(SecurityFeatures::of(nonce.as_str()), Some(made.features()));
        for asked in offers {
            let verdict = nonces.check(MADE, client(5000), asked, nonce.as_str());
            assert_eq!(verdict.is_ok(), made == asked, "{made:?} {asked:?}");
        }
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let nonces = Nonces::new([1; 32], LIFETIME);
    let nonce = nonces.issue(MADE, client(5000), Offer::default());
    for at in 0..Nonce::LENGTH {
        for digit in *b"ABCDwxyz0189+/ -_=" {
            let mut text = nonce.0;
            text[at] = digit;
            let verdict = check(&nonces, MADE, 5000, Nonce(text));
            assert_eq!(verdict.is_ok(), text == nonce.0, "{at}");
        }
    }
    for text in ["", "0", "obMatJos2AAAA", "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}"] {
        let verdict = nonces.check(MADE, client(5000), Offer::default(), text);
        assert_eq!(verdict, Err(NonceError::Foreign));
    }
}

#[test]
fn s14_after_a_change_of_keys_old_nonces_live_as_long_as_the_old_key() {
    let mut nonces = Nonces::new([1; 32], LIFETIME);
    let old = nonces.issue(MADE, client(5000), Offer::default());
    assert!(!nonces.use_key(1), "there is none yet");
    nonces.add_key(1, [2; 32]);
    assert_eq!(nonces.issue(MADE, client(5000), Offer::default()), old, "added, not used");
    assert!(nonces.use_key(1));
    let new = nonces.issue(MADE, client(5000), Offer::default());
    assert_ne!(new, old);
    assert_eq!(check(&nonces, MADE, 5000, old), Ok(()));
    nonces.remove_key(1);
    assert_eq!(check(&nonces, MADE, 5000, new), Ok(()), "the key in use stays");
    nonces.remove_key(0);
    assert_eq!(check(&nonces, MADE, 5000, old), Err(NonceError::Foreign));
    assert_eq!(check(&nonces, MADE, 5000, new), Ok(()));
}

#[test]
fn the_oldest_key_makes_room_but_never_the_one_in_use() {
    let mut nonces = Nonces::new([0; 32], LIFETIME);
    let first = nonces.issue(MADE, client(5000), Offer::default());
    for id in 1..=100 {
        nonces.add_key(id, [id; 32]);
        assert_eq!(check(&nonces, MADE, 5000, first), Ok(()));
    }
    for id in 1..=100 {
        assert_eq!(nonces.clone().use_key(id), id > 97, "{id}");
    }
}

#[test]
fn servers_of_a_fleet_accept_each_others_nonces() {
    let wall_clock = Duration::from_secs(1_800_000_000);
    // They were started at different times, and one clock is 20 s ahead.
    let fleet = |now, ahead| {
        let ahead = Duration::from_secs(ahead);
        Nonces::for_fleet(Timestamp::from_secs(now), wall_clock + ahead, 7, [1; 32], LIFETIME)
    };
    let (a, b, late) = (fleet(5, 20), fleet(90_000, 0), fleet(5, 1000));
    let nonce = a.issue(Timestamp::from_secs(5), client(5000), Offer::default());
    let mut path = client(5000);
    path.local = ([198, 51, 100, 3], 3478).into();
    let check = |nonces: &Nonces, at, path| {
        nonces.check(Timestamp::from_secs(at), path, Offer::default(), nonce.as_str())
    };
    assert_eq!(check(&b, 90_000, path), Ok(()));
    assert_eq!(check(&b, 90_000 + 80, path), Ok(()));
    assert_eq!(check(&b, 90_000 + 81, path), Err(NonceError::Stale));
    assert_eq!(check(&late, 5, path), Err(NonceError::Stale));
    path.remote.set_port(5001);
    assert_eq!(check(&b, 90_000, path), Err(NonceError::Foreign), "s14: another client");
    // A server that is no member has nothing to do with it.
    let alone = Nonces::new([1; 32], LIFETIME);
    assert_eq!(check(&alone, 1_800_000_020, client(5000)), Err(NonceError::Foreign));
}
