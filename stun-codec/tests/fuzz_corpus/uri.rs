//! Reading a URI, and reading again what it prints.

use stun_codec::uri::{Host, Name, Scheme, Uri};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let uri = match Uri::parse(text) {
        Ok(uri) => uri,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset()), "{error}");
            return;
        }
    };
    let printed = uri.to_string();
    let again = Uri::parse(&printed).expect("ours");
    assert_eq!(again, uri);
    assert_eq!(again.to_string(), printed);
    assert!(printed.len() <= text.len() + 32, "an address may get longer, but not by more");
    let made = Uri::new(uri.scheme(), uri.host(), uri.port(), uri.transport());
    assert_eq!(made, Some(uri));
    assert_ne!(uri.port_or_default(), 0);
    let srv = uri.srv_name(uri.transport_or_default()).map(|name| name.to_string());
    match uri.host() {
        Host::Name(name) => {
            assert_eq!(Name::new(name.as_str()), Some(name));
            assert!(name.decoded().count() <= name.as_str().len());
            assert_eq!(srv.is_some(), uri.port().is_none());
        }
        Host::Ipv4(_) | Host::Ipv6(_) => {
            assert_eq!(srv, None);
            assert!(uri.scheme() != Scheme::Stuns);
        }
    }
}
