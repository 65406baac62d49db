use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn assert_denied(policy: &PeerPolicy, addresses: &[&str]) {
    for address in addresses {
        assert!(!policy.allows(ip(address)), "{address}");
    }
}

fn assert_allowed(policy: &PeerPolicy, addresses: &[&str]) {
    for address in addresses {
        assert!(policy.allows(ip(address)), "{address}");
    }
}

#[test]
fn t01_special_addresses_are_denied_to_their_last_and_their_neighbours_are_not() {
    let policy = PeerPolicy::default();
    #[rustfmt::skip]
    assert_denied(&policy, &[
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.0", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255",
        "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0",
        "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255",
        "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "::1", "fe80::", "febf:ffff::1", "fec0::1", "feff::1", "fc00::1", "fdff:ffff::1",
        "ff00::", "ff02::1", "ffff::1", "2001:db8::", "2001:db8:ffff::1", "100::1",
    ]);
    #[rustfmt::skip]
    assert_allowed(&policy, &[
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255",
        "203.0.114.0", "223.255.255.255",
        "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "2003::1", "2001:200::1",
    ]);
}

#[test]
fn t02_an_address_in_disguise_is_the_same_address() {
    let policy = PeerPolicy::default();
    #[rustfmt::skip]
    assert_denied(&policy, &[
        "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
        "::127.0.0.1", "::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254", "64:ff9b:1::127.0.0.1", "64:ff9b:1:7f00:0:100::",
        "2002:7f00:1::1", "2002:a00:1::", "2001:0:7f00:1::", "2001::1",
        "2a00::5efe:127.0.0.1", "2a00::200:5efe:10.0.0.1",
    ]);
    // What is public inside is public; what no IPv6 peer has is not let through even so.
    assert_allowed(&policy, &["64:ff9b::8.8.8.8", "2a00::5efe:8.8.8.8"]);
    assert_denied(&policy, &["::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b:1::8.8.8.8"]);
}

#[test]
fn t03_tunnels_are_denied_whatever_is_inside() {
    let policy = PeerPolicy { allow_private: true, ..PeerPolicy::default() };
    assert_denied(&policy, &["2002:808:808::1", "2001:0:808:808::1"]);
    assert!(is_tunnel(ip("2002:808:808::1")) && is_tunnel(ip("2001:0:808:808::1")));
    assert!(!is_tunnel(ip("2001:db8::1")) && !is_tunnel(ip("8.8.8.8")));
}

#[test]
fn private_networks_have_one_switch() {
    let private =
        ["10.0.0.1", "172.31.0.1", "192.168.1.1", "fc00::1", "fd12::1", "64:ff9b::10.0.0.1"];
    let mut policy = PeerPolicy::default();
    assert_denied(&policy, &private);
    policy.allow_private = true;
    assert_allowed(&policy, &private);
    assert_denied(&policy, &["127.0.0.1", "169.254.169.254", "100.64.0.1", "::ffff:10.0.0.1"]);
}

#[test]
fn t05_a_denied_prefix_wins_over_everything() {
    let policy = PeerPolicy {
        allow: [ip("127.0.0.1").into(), Prefix::v4(8, 8, 8, 24)].into(),
        deny: [ip("8.8.8.8").into(), Prefix::v4(93, 184, 216, 24)].into(),
        allow_private: true,
    };
    assert_denied(&policy, &["8.8.8.8", "93.184.216.34", "64:ff9b::8.8.8.8", "127.0.0.2"]);
    assert_allowed(&policy, &["127.0.0.1", "8.8.8.9", "64:ff9b::127.0.0.1"]);
    assert!(policy.is_allowed_by_name(ip("127.0.0.1")));
    assert!(!policy.is_allowed_by_name(ip("8.8.8.8")) && !policy.is_allowed_by_name(ip("1.1.1.1")));
}
