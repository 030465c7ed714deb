//! `Fn::Cidr`: the first blocks of a network, IPv4 or IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first `count` (1 to 256) subnets of `block` that leave `bits` bits to their hosts; 8 bits unless given.
pub(crate) fn split(block: &str, count: &str, bits: Option<&str>) -> Result<Vec<String>, String> {
    let (address, prefix) = block.split_once('/').ok_or_else(|| format!("'{block}' is not a block"))?;
    let address: IpAddr = address.parse().map_err(|_| format!("'{address}' is not an address"))?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let prefix = within(prefix, 0, width, "the prefix")?;
    let count = within(count, 1, 256, "the count")?;
    let bits = within(bits.unwrap_or("8"), 1, width - 1, "the bits")?;
    if width - prefix < bits || (width - prefix - bits < 8 && count > 1 << (width - prefix - bits)) {
        return Err(format!("{block} has no room for {count} subnets of {bits} bits"));
    }
    let value = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    // A shift by the whole width would overflow: a prefix of 0 starts at 0.
    let start = if prefix == 0 { 0 } else { value >> (width - prefix) << (width - prefix) };
    let block = |index: u32| {
        let value = start + (u128::from(index) << bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::from(Ipv4Addr::from_bits(u32::try_from(value).expect("within the IPv4 block"))),
            IpAddr::V6(_) => IpAddr::from(Ipv6Addr::from_bits(value)),
        };
        format!("{address}/{}", width - bits)
    };
    Ok((0..count).map(block).collect())
}

fn within(text: &str, least: u32, most: u32, what: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{what} must be a number from {least} to {most}, not '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_blocks() {
        assert_eq!(split("10.0.0.0/16", "2", Some("8")).expect("splits"), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(split("10.0.0.7/24", "2", Some("4")).expect("splits"), ["10.0.0.0/28", "10.0.0.16/28"]);
        assert_eq!(split("2001:db8::/56", "2", Some("64")).expect("splits"), ["2001:db8::/64", "2001:db8:0:1::/64"]);
        assert_eq!(split("255.255.255.0/24", "1", None).expect("splits"), ["255.255.255.0/24"]);
        for (block, count, bits) in [
            ("10.0.0.0", "1", "8"),
            ("10.0.0.0/24", "2", "8"),
            ("x/8", "1", "8"),
            ("10.0.0.0/33", "1", "8"),
            ("::/0", "0", "8"),
        ] {
            split(block, count, Some(bits)).expect_err(block);
        }
    }
}
