//! Addresses and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A list of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpNets(Vec<IpNet>);

/// One network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpNet {
    address: u128,
    bits: u8,
}

/// Why a text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IpNetError {
    /// Neither an address nor `address/bits`.
    #[error("neither an IP address nor a CIDR network")]
    Syntax,
    /// Bits are set behind the prefix, as in `10.0.0.1/8`.
    #[error("a CIDR network with host bits set")]
    HostBits,
}

impl IpNet {
    /// Parses an address or a CIDR network without host bits. IPv4-mapped IPv6 counts as IPv4.
    ///
    /// # Errors
    /// [`IpNetError`]
    pub fn parse(text: &str) -> Result<Self, IpNetError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| IpNetError::Syntax)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok().filter(|bits| *bits <= width).ok_or(IpNetError::Syntax)?
            }
            Some(_) => return Err(IpNetError::Syntax),
        };
        Self::new(address, bits + (128 - width)).ok_or(IpNetError::HostBits)
    }

    fn new(address: IpAddr, bits: u8) -> Option<Self> {
        let address = mapped(address);
        (address & !mask(bits) == 0).then_some(Self { address, bits })
    }

    /// Whether `ip` lies in the network. A network of IPv6 that is wider than the mapped addresses holds none of IPv4, as
    /// in Go: `::/0` says nothing of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let address = mapped(ip);
        let is_v4 = address >> 32 == MAPPED;
        (!is_v4 || self.bits >= 96) && address & mask(self.bits) == self.address
    }
}

/// The leading 96 bits of IPv4-mapped addresses, `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff;

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// Every address as IPv6, IPv4 in its mapped form.
fn mapped(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl IpNets {
    /// Loopback, private (RFC 1918, RFC 6598, `fc00::/7`) and link-local networks: who is believed about forwarding
    /// when no list is configured (D01).
    #[must_use]
    pub fn private() -> Self {
        let v4 = [
            ([127, 0, 0, 0], 8),
            ([10, 0, 0, 0], 8),
            ([172, 16, 0, 0], 12),
            ([192, 168, 0, 0], 16),
            ([100, 64, 0, 0], 10),
            ([169, 254, 0, 0], 16),
        ]
        .map(|(octets, bits)| IpNet::new(IpAddr::V4(Ipv4Addr::from(octets)), bits + 96));
        let v6 = [(Ipv6Addr::LOCALHOST, 128), (Ipv6Addr::from(0xfc00 << 112), 7), (Ipv6Addr::from(0xfe80 << 112), 10)]
            .map(|(address, bits)| IpNet::new(IpAddr::V6(address), bits));
        Self(v4.into_iter().chain(v6).flatten().collect())
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any of the networks holds `ip`.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(ip))
    }
}

impl FromIterator<IpNet> for IpNets {
    fn from_iter<I: IntoIterator<Item = IpNet>>(nets: I) -> Self {
        Self(nets.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_and_networks_contain_what_they_say() {
        let net = IpNet::parse("10.0.0.0/8").unwrap();
        assert!(net.contains(ip("10.255.0.1")));
        assert!(net.contains(ip("::ffff:10.1.1.1")), "IPv4-mapped addresses are IPv4");
        assert!(!net.contains(ip("11.0.0.1")));
        assert!(!IpNet::parse("10.1.1.1/32").unwrap().contains(ip("10.1.1.2")));
        assert!(IpNet::parse("::1").unwrap().contains(ip("::1")));
        assert!(IpNet::parse("0.0.0.0/0").unwrap().contains(ip("8.8.8.8")));
        assert!(!IpNet::parse("0.0.0.0/0").unwrap().contains(ip("2001:db8::1")));
        assert!(IpNet::parse("::/0").unwrap().contains(ip("2001:db8::1")));
    }

    #[test]
    fn a_network_of_ipv6_holds_no_address_of_ipv4_but_by_its_mapped_form() {
        for (net, inside) in
            [("::/0", false), ("::/64", false), ("::ffff:0:0/96", true), ("::ffff:127.0.0.0/104", true)]
        {
            let net = IpNet::parse(net).unwrap();
            assert_eq!(net.contains(ip("127.0.0.1")), inside, "{net:?}");
            assert_eq!(net.contains(ip("::ffff:127.0.0.1")), inside, "{net:?}");
        }
    }

    #[test]
    fn host_bits_zones_brackets_and_leading_zeros_are_refused() {
        assert_eq!(IpNet::parse("10.0.0.1/8"), Err(IpNetError::HostBits));
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "[::1]",
            "fe80::1%eth0",
            "010.0.0.1",
            "a",
            "::/129",
            "1.2.3.4/",
        ] {
            assert_eq!(IpNet::parse(text), Err(IpNetError::Syntax), "{text}");
        }
    }

    #[test]
    fn private_networks_are_the_ten_ranges_of_d01() {
        let private = IpNets::private();
        for inside in [
            "127.0.0.1",
            "10.9.8.7",
            "172.31.255.255",
            "192.168.1.1",
            "100.127.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(private.contains(ip(inside)), "{inside}");
        }
        for outside in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "203.0.113.9", "::2"] {
            assert!(!private.contains(ip(outside)), "{outside}");
        }
    }
}
