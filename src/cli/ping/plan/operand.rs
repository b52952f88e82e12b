//! Operands as ping's options want them: of a family that was asked for, and the hosts of a timestamp option.

use std::net::IpAddr;

use super::FamilyWish;
use super::sockets::IpOption;
use crate::cli::Refusal;
use crate::cli::operand::Operand;
use crate::cli::refusal::shown;
use crate::net::icmp::Options;
use crate::wire::ip_options;

/// All operands, each of a family that the options allow.
pub(super) fn read(hosts: &[String], wish: &FamilyWish) -> Result<Vec<Operand>, Refusal> {
    let operands = hosts.iter().map(|text| Operand::read(text)).collect::<Result<Vec<_>, _>>()?;
    for operand in &operands {
        if let (Some(own), Some(wanted)) = (operand.family(), wish.family) {
            if own != wanted {
                let (text, why) = (shown(&operand.text), &wish.why);
                return Err(Refusal::new(format!("{text}: an {own} address, but {why} asks for {wanted}")));
            }
        }
    }
    Ok(operands)
}

/// With `-T tsprespec` the operands are the hosts that write their time; the last of them is the one to probe.
pub(super) fn prespecify(operands: &mut Vec<Operand>, option: IpOption, sockets: &mut Options) -> Result<(), Refusal> {
    if option != IpOption::Hosts {
        return Ok(());
    }
    let mut hosts = Vec::new();
    for operand in operands.iter() {
        let Some(IpAddr::V4(addr)) = operand.address() else {
            let text = shown(&operand.text);
            return Err(Refusal::new(format!("{text}: -T tsprespec takes IPv4 addresses, not names")));
        };
        hosts.push(addr);
    }
    let built = ip_options::timestamp_prespecified(&hosts).map_err(|why| Refusal::of("-T", "tsprespec", why))?;
    sockets.ip_options = built.as_slice().to_vec();
    operands.drain(..operands.len().saturating_sub(1));
    Ok(())
}
