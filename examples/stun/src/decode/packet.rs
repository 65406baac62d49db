//! The STUN message in a packet as it was captured: behind the headers of Ethernet, IP and UDP.

/// What the packet carries; the bytes themselves when they are a STUN message already, or nothing
/// that is known here.
pub(super) fn payload(bytes: &[u8]) -> &[u8] {
    if stun_codec::demux::is_stun(bytes) {
        return bytes;
    }
    let ip = in_ip(bytes).or_else(|| in_ip(in_ethernet(bytes)?));
    ip.unwrap_or(bytes)
}

/// Behind the addresses, any VLAN tags, and the type of an IP packet.
fn in_ethernet(frame: &[u8]) -> Option<&[u8]> {
    let mut rest = frame.get(12..)?;
    loop {
        rest = match rest {
            [0x08, 0x00, rest @ ..] | [0x86, 0xDD, rest @ ..] => return Some(rest),
            [0x81, 0x00, _, _, rest @ ..] | [0x88, 0xA8, _, _, rest @ ..] => rest,
            _ => return None,
        };
    }
}

/// In UDP in IP; all lengths must agree. An IP packet ends where it says, whatever Ethernet has filled
/// the frame with.
fn in_ip(packet: &[u8]) -> Option<&[u8]> {
    const UDP: u8 = 17;
    let datagram = match packet {
        [first @ 0x45..=0x4F, _, t0, t1, _, _, _, _, _, UDP, ..] => {
            let length = usize::from(u16::from_be_bytes([*t0, *t1]));
            packet.get(usize::from(first & 0xF) * 4..length)?
        }
        [0x60..=0x6F, _, _, _, l0, l1, UDP, ..] => {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            packet.get(40..40 + length)?
        }
        _ => return None,
    };
    match datagram {
        [_, _, _, _, l0, l1, _, _, payload @ ..]
            if usize::from(u16::from_be_bytes([*l0, *l1])) == datagram.len() =>
        {
            Some(payload)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUN: &[u8] = b"\x00\x01\x00\x00\x21\x12\xA4\x42abcdefghijkl";

    fn in_udp() -> Vec<u8> {
        [&b"\x13\x88\x0d\x96\x00\x1c\x00\x00"[..], STUN].concat()
    }

    #[test]
    fn headers_are_skipped() {
        let v4 =
            [&[0x45, 0, 0, 48, 1, 2, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2][..], &in_udp()];
        let v4 = v4.concat();
        let v6 = [&[0x60, 0, 0, 0, 0, 28, 17, 64][..], &[0xFE; 32], &in_udp()].concat();
        let ethernet = |kind: &[u8], ip: &[u8]| [&[0; 12][..], kind, ip, &[0xAA; 2]].concat();
        for packet in [
            STUN.to_vec(),
            v4.clone(),
            v6.clone(),
            ethernet(&[0x08, 0x00], &v4),
            ethernet(&[0x86, 0xDD], &v6),
            ethernet(&[0x81, 0x00, 0, 5, 0x08, 0x00], &v4),
        ] {
            assert_eq!(payload(&packet), STUN);
        }
        for end in 0..v4.len() {
            assert_eq!(payload(&v4[..end]), &v4[..end], "a packet that was cut off");
        }
    }
}
