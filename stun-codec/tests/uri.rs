//! The URIs of RFC 7064 and RFC 7065, read and printed.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use sansio::Transport;
use stun_codec::uri::{Host, Name, Scheme, Uri, UriError};

fn parse(text: &str) -> Uri<'_> {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn name(name: &str) -> Host<'_> {
    Host::Name(Name::new(name).unwrap())
}

#[test]
fn examples_of_rfc_7064() {
    let table = [
        ("stun:example.org", Scheme::Stun, None, 3478),
        ("stuns:example.org", Scheme::Stuns, None, 5349),
        ("stun:example.org:8000", Scheme::Stun, Some(8000), 8000),
    ];
    for (text, scheme, port, port_or_default) in table {
        let uri = parse(text);
        assert_eq!(Some(uri), Uri::new(scheme, name("example.org"), port, None));
        assert_eq!((uri.scheme(), uri.port()), (scheme, port));
        assert_eq!(uri.is_secure(), scheme == Scheme::Stuns);
        assert_eq!((uri.port_or_default(), uri.transport()), (port_or_default, None));
        assert_eq!(uri.to_string(), text);
    }
}

#[test]
fn examples_of_rfc_7065() {
    let (udp, tcp) = (Some(Transport::Udp), Some(Transport::Tcp));
    let table = [
        ("turn:example.org", false, None, None),
        ("turns:example.org", true, None, None),
        ("turn:example.org:8000", false, Some(8000), None),
        ("turn:example.org?transport=udp", false, None, udp),
        ("turn:example.org?transport=tcp", false, None, tcp),
        ("turns:example.org?transport=tcp", true, None, tcp),
    ];
    for (text, secure, port, transport) in table {
        let uri = parse(text);
        assert_eq!(uri.host(), name("example.org"));
        assert_eq!((uri.is_secure(), uri.port(), uri.transport()), (secure, port, transport));
        assert_eq!(uri.to_string(), text);
    }
}

#[test]
fn defaults_of_each_scheme() {
    let table = [
        (Scheme::Stun, 3478, Transport::Udp),
        (Scheme::Stuns, 5349, Transport::Tcp),
        (Scheme::Turn, 3478, Transport::Udp),
        (Scheme::Turns, 5349, Transport::Tcp),
    ];
    for (scheme, port, transport) in table {
        let uri = Uri::new(scheme, name("example.org"), None, None).unwrap();
        assert_eq!((uri.port_or_default(), uri.transport_or_default()), (port, transport));
    }
    let uri = parse("turns:example.org:443?transport=udp");
    assert_eq!((uri.port_or_default(), uri.transport_or_default()), (443, Transport::Udp));
}

#[test]
fn hosts_are_names_or_addresses() {
    let v4 = |octets| Host::Ipv4(Ipv4Addr::from(octets));
    let v6 = |text: &str| Host::Ipv6(text.parse().unwrap());
    let table = [
        ("stun:192.0.2.1", v4([192, 0, 2, 1]), None),
        ("stun:192.0.2.1:1", v4([192, 0, 2, 1]), Some(1)),
        ("stun:[2001:db8::1]", v6("2001:db8::1"), None),
        ("stun:[2001:db8::1]:65535", v6("2001:db8::1"), Some(65_535)),
        ("stun:[::]", v6("::"), None),
        ("stun:[::ffff:192.0.2.1]:80", v6("::ffff:192.0.2.1"), Some(80)),
        ("turn:[1:2:3:4:5:6:7::]?transport=tcp", v6("1:2:3:4:5:6:7:0"), None),
        // By the grammar what is no address is a name.
        ("stun:256.0.2.1", name("256.0.2.1"), None),
        ("stun:192.0.2.01", name("192.0.2.01"), None),
        ("stun:127.1", name("127.1"), None),
        ("stun:%31.2.3.4", name("%31.2.3.4"), None),
        ("stun:a", name("a"), None),
        ("stun:a-b_c~d!$&'()*+,;=.", name("a-b_c~d!$&'()*+,;=."), None),
        ("stun:xn--bcher-kva.example", name("xn--bcher-kva.example"), None),
        ("stun:b%C3%BCcher.example:0080", name("b%C3%BCcher.example"), Some(80)),
    ];
    for (text, host, port) in table {
        let uri = parse(text);
        assert_eq!((uri.host(), uri.port()), (host, port), "{text}");
        assert_eq!(parse(&uri.to_string()), uri);
    }
    assert_eq!(v4([192, 0, 2, 1]).address(), Some(IpAddr::from([192, 0, 2, 1])));
    assert_eq!(v6("::1").address(), Some(Ipv6Addr::LOCALHOST.into()));
    assert_eq!(name("a").address(), None);
    assert_eq!(Host::from(IpAddr::from(Ipv6Addr::LOCALHOST)), v6("::1"));
}

#[test]
fn a_name_decoded() {
    let decoded = |text| Name::new(text).unwrap().decoded().collect::<Vec<_>>();
    assert_eq!(decoded("b%C3%bccher.%65xample"), "bücher.example".as_bytes());
    assert_eq!(decoded("%00%fF%25"), b"\0\xFF%");
}

#[test]
fn what_is_no_name_makes_none() {
    for text in ["", "192.0.2.1", "[::1]", "a b", "a:1", "a/", "a?", "%4", "%zz", "bücher"] {
        assert!(Name::new(text).is_none(), "{text}");
    }
}

#[test]
fn case_makes_no_difference_and_is_lower_in_print() {
    let same = [
        "turns:relay.example.org:443?transport=tcp",
        "TURNS:Relay.Example.ORG:443?Transport=TCP",
        "tUrNs:RELAY.EXAMPLE.ORG:00443?TRANSPORT=tCp",
    ];
    assert_eq!(same.map(parse).into_iter().collect::<BTreeSet<_>>().len(), 1);
    for text in same {
        assert_eq!(parse(text), parse(same[0]));
        assert_eq!(parse(text).to_string(), same[0]);
    }
    // Digits behind a percent sign are upper (RFC 3986 §6.2.2.1).
    assert_eq!(parse("stun:B%c3%bCcher").to_string(), "stun:b%C3%BCcher");
    assert_eq!(parse("stun:[2001:DB8:0:0::A]").to_string(), "stun:[2001:db8::a]");
    let Host::Name(name) = parse("stun:Example.ORG").host() else { panic!("a name") };
    assert_eq!((name.as_str(), name.to_string()), ("Example.ORG", "example.org".to_owned()));
}

#[test]
fn equal_names_have_equal_hashes_and_different_ones_differ() {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let names = ["a.example", "A.Example", "b.example", "a.examplf", "a%c3", "a%C3", "a.exampl"];
    for one in names.map(|name| Name::new(name).unwrap()) {
        for other in names.map(|name| Name::new(name).unwrap()) {
            let is_equal = one.as_str().eq_ignore_ascii_case(other.as_str());
            assert_eq!(one == other, is_equal);
            assert_eq!(one.cmp(&other).is_eq(), is_equal);
            assert_eq!(hasher.hash_one(one) == hasher.hash_one(other), is_equal);
        }
    }
}

#[test]
fn an_empty_port_is_none() {
    for text in ["turn:example.org:", "turn:example.org:?transport=udp", "turn:[::1]:"] {
        assert_eq!(parse(text).port(), None);
    }
    assert_eq!(parse("stun:example.org:").to_string(), "stun:example.org");
}

#[test]
fn srv_names() {
    let srv = |text, transport| parse(text).srv_name(transport).map(|name| name.to_string());
    let default = |text| srv(text, parse(text).transport_or_default());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(default("stun:example.org"), some("_stun._udp.example.org"));
    assert_eq!(default("stuns:Example.org"), some("_stuns._tcp.example.org"));
    assert_eq!(default("turn:example.org"), some("_turn._udp.example.org"));
    assert_eq!(default("turns:example.org"), some("_turns._tcp.example.org"));
    assert_eq!(default("turn:example.org?transport=tcp"), some("_turn._tcp.example.org"));
    assert_eq!(srv("stun:example.org", Transport::Tcp), some("_stun._tcp.example.org"));
    for text in ["stun:example.org:3478", "turns:[::1]", "turn:192.0.2.1?transport=udp"] {
        assert_eq!(default(text), None, "nothing to look up for {text}");
    }
}

#[test]
fn each_error_with_its_offset() {
    use UriError::*;
    let table = [
        ("", Scheme),
        ("stun", Scheme),
        (":example.org", Scheme),
        (" stun:example.org", Scheme),
        ("http:example.org", Scheme),
        ("stunt:example.org", Scheme),
        ("example.org:3478", Scheme),
        ("ſtun:example.org", Scheme),
        ("stun:", NoHost { offset: 5 }),
        ("stun::3478", NoHost { offset: 5 }),
        ("turns:?transport=tcp", NoHost { offset: 6 }),
        ("stun://example.org", HostCharacter { offset: 5 }),
        ("stun:user@example.org", HostCharacter { offset: 9 }),
        ("stun:example.org/", HostCharacter { offset: 16 }),
        ("stun:example.org#a", HostCharacter { offset: 16 }),
        ("stun:exa mple.org", HostCharacter { offset: 8 }),
        ("stun:example.org\n", HostCharacter { offset: 16 }),
        ("stun:example.org\0", HostCharacter { offset: 16 }),
        ("stun:b\u{FC}cher.example", HostCharacter { offset: 6 }),
        ("stun:a%", HostCharacter { offset: 6 }),
        ("stun:a%4", HostCharacter { offset: 6 }),
        ("stun:a%4g", HostCharacter { offset: 6 }),
        ("stun:a%4:80", HostCharacter { offset: 6 }),
        ("stun:a]", HostCharacter { offset: 6 }),
        ("stun:[", Ipv6 { offset: 5 }),
        ("stun:[]", Ipv6 { offset: 5 }),
        ("stun:[::1", Ipv6 { offset: 5 }),
        ("stun:[::1%25eth0]", Ipv6 { offset: 5 }),
        ("stun:[192.0.2.1]", Ipv6 { offset: 5 }),
        ("stun:[v1.a]", Ipv6 { offset: 5 }),
        ("turns:[1:2:3:4:5:6:7:8:9]", Ipv6 { offset: 6 }),
        ("stun:2001:db8::1", Unexpected { offset: 10 }),
        ("stun:[::1]a", Unexpected { offset: 10 }),
        ("stun:[::1]]", Unexpected { offset: 10 }),
        ("stuns:192.0.2.1", StunsAddress { offset: 6 }),
        ("stuns:[::1]:5349", StunsAddress { offset: 6 }),
        ("stun:example.org:0", Port { offset: 17 }),
        ("stun:example.org:65536", Port { offset: 17 }),
        ("stun:example.org:99999999999999999999", Port { offset: 17 }),
        ("stun:example.org:3478x", Unexpected { offset: 21 }),
        ("stun:example.org:-1", Unexpected { offset: 17 }),
        ("stun:example.org:+1", Unexpected { offset: 17 }),
        ("stun:example.org:1:2", Unexpected { offset: 18 }),
        ("stun:example.org?transport=udp", Unexpected { offset: 16 }),
        ("stuns:example.org:1?", Unexpected { offset: 19 }),
        ("turn:example.org?", Unexpected { offset: 16 }),
        ("turn:example.org?transport", Unexpected { offset: 16 }),
        ("turn:example.org?proto=udp", Unexpected { offset: 16 }),
        ("turn:example.org?trans\u{FC}rt=udp", Unexpected { offset: 16 }),
        ("turn:example.org?transport=", Unexpected { offset: 27 }),
        ("turn:example.org?transport=udp&a=b", Unexpected { offset: 30 }),
        ("turn:example.org?transport=udp ", Unexpected { offset: 30 }),
        ("turn:example.org?transport=\u{FC}", Unexpected { offset: 27 }),
        ("turn:example.org?transport=sctp", UnknownTransport { offset: 27 }),
        ("turns:[::1]:1?transport=tls", UnknownTransport { offset: 24 }),
    ];
    for (text, error) in table {
        assert_eq!(Uri::parse(text), Err(error), "{text}");
        assert_eq!(Uri::try_from(text), Err(error));
        assert!(error.offset() <= text.len() && text.is_char_boundary(error.offset()));
    }
}

#[test]
fn what_cannot_be_printed_cannot_be_made() {
    let address = Host::Ipv4(Ipv4Addr::LOCALHOST);
    let tcp = Some(Transport::Tcp);
    assert_eq!(Uri::new(Scheme::Stun, address, Some(0), None), None);
    assert_eq!(Uri::new(Scheme::Stun, address, None, tcp), None);
    assert_eq!(Uri::new(Scheme::Stuns, name("a"), None, tcp), None);
    assert_eq!(Uri::new(Scheme::Stuns, address, None, None), None);
    assert!(Uri::new(Scheme::Turns, address, Some(1), tcp).is_some());
}

fn any_host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9._~!$&'()*+,;=-]{1,30}",
        "([a-z0-9-]{1,8}|%[0-9a-fA-F]{2}){1,5}",
        any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(
        scheme in prop_oneof![Just("stun"), Just("turn"), Just("TURNS")],
        host in any_host(),
        port in proptest::option::of(1..=u16::MAX),
        transport in proptest::option::of(prop_oneof![Just("udp"), Just("TCP")]),
    ) {
        let mut text = format!("{scheme}:{host}");
        port.iter().for_each(|port| text += &format!(":{port}"));
        let transport = transport.filter(|_| scheme != "stun");
        transport.iter().for_each(|transport| text += &format!("?transport={transport}"));
        let uri = Uri::parse(&text).expect("well-formed");
        prop_assert_eq!(uri.port(), port);
        prop_assert_eq!(uri.transport().is_some(), transport.is_some());
        let printed = uri.to_string();
        prop_assert_eq!(Uri::parse(&printed), Ok(uri));
        prop_assert_eq!(printed.to_ascii_lowercase(), text.to_ascii_lowercase());
        let made = Uri::new(uri.scheme(), uri.host(), uri.port(), uri.transport());
        prop_assert_eq!(made, Some(uri));
    }

    #[test]
    fn any_text_is_a_uri_or_an_error_within_it(
        text in "((stun|turn)s?:)?[a-f0-9.:%?\\[\\]=ü-]{0,20}(\\?transport=)?[a-z]{0,4}",
    ) {
        match Uri::parse(&text) {
            Ok(uri) => {
                let printed = uri.to_string();
                prop_assert_eq!(Uri::parse(&printed), Ok(uri));
                prop_assert_eq!(Uri::parse(&printed).map(|uri| uri.to_string()), Ok(printed.clone()));
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.offset())),
        }
    }
}
