//! Address blocks that VPCs and subnets take on and give up after they were made.
//!
//! What EC2 does in time is done here by the time it is answered, so that a block is only ever associated, or gone.

use std::net::Ipv4Addr;

use super::error::{Error, Kind, Result, refuse};
use super::network_interface::room;
use super::scope::{Call, Scope, parse_id};
use super::vpc::{self, block4, block6};
use super::{network_acl, security_group, subnet};
use crate::net::{Ipv4Net, Ipv6Net, Prefix, overlap};
use crate::state::State;
use crate::state::id::{SubnetCidrAssociationId, VpcCidrAssociationId, VpcId};
use crate::state::peering::PeeringStatus;
use crate::state::route_table::{Destination, RouteTable};
use crate::state::subnet::{Subnet, SubnetBlock};
use crate::state::vpc::{Vpc, VpcBlock};
use crate::wire::shapes::*;

#[cfg(test)]
mod tests;

/// How many blocks of one family a VPC may have.
const BLOCKS_MAX: usize = 5;

const fn range(a: u8, b: u8, len: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), len)
}

/// The private ranges (RFC 1918), of which a VPC may have blocks of one only.
const PRIVATE: [Ipv4Net; 3] = [range(10, 0, 8), range(172, 16, 12), range(192, 168, 16)];
/// What AWS's own services take for themselves beside certain blocks.
const BENCHMARK: Ipv4Net = range(198, 19, 16);
const OFTEN_TAKEN: Ipv4Net = range(172, 31, 16);
const FIRST: Ipv4Net = range(10, 0, 16);
const FIRST_TWO: Ipv4Net = range(10, 0, 15);

/// `AssociateVpcCidrBlock`: a second block for a VPC, which its route tables have a local route for at once.
pub fn associate_vpc(call: &mut Call<'_>, input: AssociateVpcCidrBlockRequest) -> Result<AssociateVpcCidrBlockResult> {
    refuse("Ipv4IpamPoolId", &input.ipv4_ipam_pool_id)?;
    refuse("Ipv4NetmaskLength", &input.ipv4_netmask_length)?;
    refuse("Ipv6CidrBlock", &input.ipv6_cidr_block)?;
    refuse("Ipv6Pool", &input.ipv6_pool)?;
    refuse("Ipv6IpamPoolId", &input.ipv6_ipam_pool_id)?;
    refuse("Ipv6NetmaskLength", &input.ipv6_netmask_length)?;
    let border_group = input.ipv6_cidr_block_network_border_group.as_deref();
    let ipv6 = vpc::wants_block6(call, input.amazon_provided_ipv6_cidr_block, border_group)?;
    let vpc = call.vpc(&input.vpc_id)?;
    let mut result = AssociateVpcCidrBlockResult { vpc_id: Some(vpc.id.to_string()), ..Default::default() };
    match (input.cidr_block, ipv6) {
        (Some(_), true) => {
            let text = "Only one of the parameters cidrBlock and amazonProvidedIpv6CidrBlock can be specified.";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        (None, false) => {
            return Err(Error::Missing("Either 'cidrBlock' or 'amazonProvidedIpv6CidrBlock' should be provided."));
        }
        (Some(text), false) => {
            let block = add4(call, &vpc, block4("cidrBlock", &text)?)?;
            result.cidr_block_association = Some(vpc::show_block4(&block, vpc::ASSOCIATED));
        }
        (None, true) => {
            let block = add6(call, &vpc)?;
            result.ipv6_cidr_block_association = Some(vpc::show_block6(&vpc.region, &block, vpc::ASSOCIATED));
        }
    }
    Ok(result)
}

fn add4(call: &mut Call<'_>, vpc: &Vpc, prefix: Ipv4Net) -> Result<VpcBlock<Ipv4Net>> {
    vpc::expect_range(prefix)?;
    expect_few(vpc, vpc.blocks.len())?;
    let wanted = Prefix::V4(prefix);
    if let Some(own) = vpc.prefixes().find(|it| overlap(*it, wanted)) {
        return Err(Error::VpcConflict(format!("The CIDR '{prefix}' overlaps with the CIDR '{own}' of {}.", vpc.id)));
    }
    let in_first_two = vpc.blocks.iter().any(|it| FIRST_TWO.contains(&it.prefix));
    if !go_together(vpc.primary(), prefix) || in_first_two && FIRST.contains(&prefix) {
        return Err(Error::VpcRangeMixed(prefix));
    }
    expect_no_route(call.state(), vpc.id, wanted)?;
    expect_peers_agree(call, vpc.id, wanted)?;
    let block = VpcBlock { id: call.tx.mint(), prefix };
    let blocks = vpc.blocks.iter().chain([&block]).cloned().collect();
    call.tx.put(Vpc { blocks, ..vpc.clone() });
    Ok(block)
}

fn expect_few(vpc: &Vpc, len: usize) -> Result<()> {
    if len < BLOCKS_MAX {
        return Ok(());
    }
    Err(Error::BlockLimit { what: "network", id: vpc.id.to_string(), most: BLOCKS_MAX })
}

/// Whether a VPC with this primary block may get the other one: the table "IPv4 CIDR block association restrictions"
/// of the VPC user guide.
///
/// | primary block of | and no other of |
/// | --- | --- |
/// | 10.0.0.0/8 | the other private ranges; 198.19.0.0/16; beside any block of 10.0.0.0/15, 10.0.0.0/16 |
/// | 172.16.0.0/12 | the other private ranges; 198.19.0.0/16; 172.31.0.0/16 |
/// | 192.168.0.0/16 | the other private ranges; 198.19.0.0/16 |
/// | 198.19.0.0/16 | the private ranges |
/// | any other | the private ranges; 198.19.0.0/16 |
fn go_together(primary: Ipv4Net, wanted: Ipv4Net) -> bool {
    let private = |it: Ipv4Net| PRIVATE.iter().position(|range| range.contains(&it));
    if BENCHMARK.contains(&wanted) {
        return BENCHMARK.contains(&primary);
    }
    let other = private(wanted);
    other.is_none() || private(primary) == other && !OFTEN_TAKEN.contains(&wanted)
}

/// Refuses a block in which a route of the VPC leads elsewhere with a part, or with all of it: packets between the
/// VPC's own subnets would leave by that route.
fn expect_no_route(state: &State, vpc: VpcId, wanted: Prefix) -> Result<()> {
    for table in state.indexes.route_tables_of_vpc.of(vpc).filter_map(|it| state.route_tables.get(&it)) {
        let inside = |it: &Destination| matches!(it, Destination::Prefix(it) if wanted.contains(it));
        if let Some(Destination::Prefix(to)) = table.routes.iter().map(|it| it.destination).find(inside) {
            let text =
                format!("The CIDR '{wanted}' is the same as or larger than '{to}', to which {} has a route.", table.id);
            return Err(Error::VpcConflict(text));
        }
    }
    Ok(())
}

/// Refuses a block that a peer has; and any, while a request to peer awaits an answer: the accepter was shown which
/// blocks there are. (VPC user guide, "Manage IPv4 CIDR blocks for a VPC")
fn expect_peers_agree(call: &Call<'_>, vpc: VpcId, wanted: Prefix) -> Result<()> {
    let state = call.state();
    let connections = state.indexes.peering_connections_of_vpc.of(vpc);
    for connection in connections.filter_map(|it| state.peering_connections.get(&it)) {
        let Some((_, peer)) = connection.seen_from(vpc) else { continue };
        match connection.status_at(call.now()) {
            PeeringStatus::PendingAcceptance if connection.requester.vpc == vpc => {
                let text = format!("{vpc} cannot get a CIDR block while {} is pending acceptance.", connection.id);
                return Err(Error::OperationNotPermitted(text));
            }
            PeeringStatus::Active => {
                let mut blocks = state.vpcs.get(&peer.vpc).into_iter().flat_map(|it| it.prefixes());
                if let Some(theirs) = blocks.find(|it| overlap(*it, wanted)) {
                    let text = format!(
                        "The CIDR '{wanted}' overlaps with the CIDR '{theirs}' of {}, to which {} leads.",
                        peer.vpc, connection.id
                    );
                    return Err(Error::VpcConflict(text));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn add6(call: &mut Call<'_>, vpc: &Vpc) -> Result<VpcBlock<Ipv6Net>> {
    expect_few(vpc, vpc.blocks6.len())?;
    let block = VpcBlock { id: call.tx.mint(), prefix: vpc::free_block6(call) };
    let blocks6 = vpc.blocks6.iter().chain([&block]).cloned().collect();
    call.tx.put(Vpc { blocks6, ..vpc.clone() });
    if vpc.blocks6.is_empty() {
        network_acl::admit_ipv6_by_default(call, vpc.id);
        security_group::admit_ipv6_by_default(call, vpc.id);
    }
    Ok(block)
}

/// `DisassociateVpcCidrBlock`: a block that no subnet has anything of goes, and with it its local routes.
pub fn disassociate_vpc(
    call: &mut Call<'_>,
    input: DisassociateVpcCidrBlockRequest,
) -> Result<DisassociateVpcCidrBlockResult> {
    let kind = Kind::VpcCidrAssociation;
    let id: VpcCidrAssociationId = parse_id(kind, &input.association_id)?;
    let vpc = call.state().indexes.vpc_of_block_association.get(&id).map(VpcId::to_string);
    let vpc = vpc.and_then(|it| call.vpc(&it).ok());
    let vpc = vpc.ok_or_else(|| Error::NotFound { kind, id: input.association_id.clone() })?;
    let mut result = DisassociateVpcCidrBlockResult { vpc_id: Some(vpc.id.to_string()), ..Default::default() };
    let mut without = vpc.as_ref().clone();
    let prefix = match vpc.blocks.iter().position(|it| it.id == id) {
        Some(0) => {
            let text = "may not be disassociated. It is the primary IPv4 CIDR block of the VPC";
            let text = format!("The vpc CIDR block with association ID {id} {text}");
            return Err(Error::OperationNotPermitted(text));
        }
        Some(at) => {
            let block = without.blocks.remove(at);
            result.cidr_block_association = Some(vpc::show_block4(&block, vpc::DISASSOCIATED));
            Prefix::V4(block.prefix)
        }
        None => {
            let at = vpc.blocks6.iter().position(|it| it.id == id).expect("the index is of this state");
            let block = without.blocks6.remove(at);
            let shown = vpc::show_block6(&vpc.region, &block, vpc::DISASSOCIATED);
            result.ipv6_cidr_block_association = Some(shown);
            Prefix::V6(block.prefix)
        }
    };
    if subnet::of_vpc(call.state(), vpc.id).any(|it| it.prefixes().any(|it| prefix.contains(&it))) {
        return Err(Error::BlockInUse(format!("The vpc {} currently has a subnet within CIDR block {prefix}", vpc.id)));
    }
    forget_local_routes(call, vpc.id, prefix);
    call.tx.put(without);
    Ok(result)
}

/// Removes the routes that stand in the place of a block's local ones.
fn forget_local_routes(call: &mut Call<'_>, vpc: VpcId, block: Prefix) {
    for table in call.state().indexes.route_tables_of_vpc.of(vpc).collect::<Vec<_>>() {
        let table = call.tx.get::<RouteTable>(&table).expect("the index is of this state");
        let others = table.routes.iter().filter(|it| it.destination != Destination::Prefix(block));
        let routes = others.cloned().collect();
        call.tx.put(RouteTable { routes, ..table.as_ref().clone() });
    }
}

/// `AssociateSubnetCidrBlock`: an IPv6 block for a subnet that has none.
pub fn associate_subnet(
    call: &mut Call<'_>,
    input: AssociateSubnetCidrBlockRequest,
) -> Result<AssociateSubnetCidrBlockResult> {
    refuse("Ipv6IpamPoolId", &input.ipv6_ipam_pool_id)?;
    refuse("Ipv6NetmaskLength", &input.ipv6_netmask_length)?;
    let text = input.ipv6_cidr_block.ok_or(Error::MissingParameter("ipv6CidrBlock"))?;
    let prefix = block6("ipv6CidrBlock", &text)?;
    let subnet = call.subnet(&input.subnet_id)?;
    if subnet.block6.is_some() {
        return Err(Error::BlockLimit { what: "subnet", id: subnet.id.to_string(), most: 1 });
    }
    let vpc = call.tx.get::<Vpc>(&subnet.vpc).expect("a subnet lies in a VPC");
    subnet::place6(call.state(), &vpc, prefix)?;
    let block = SubnetBlock { id: call.tx.mint(), prefix };
    call.tx.put(Subnet { block6: Some(block.clone()), ..subnet.as_ref().clone() });
    Ok(AssociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: Some(subnet::show_block6(&block, vpc::ASSOCIATED)),
        subnet_id: Some(subnet.id.to_string()),
    })
}

/// `DisassociateSubnetCidrBlock`: an IPv6 block that nothing uses any more goes.
pub fn disassociate_subnet(
    call: &mut Call<'_>,
    input: DisassociateSubnetCidrBlockRequest,
) -> Result<DisassociateSubnetCidrBlockResult> {
    let kind = Kind::SubnetCidrAssociation;
    let id: SubnetCidrAssociationId = parse_id(kind, &input.association_id)?;
    let subnet = call.state().indexes.subnet_of_block_association.get(&id).map(ToString::to_string);
    let subnet = subnet.and_then(|it| call.subnet(&it).ok());
    let found = subnet.and_then(|it| Some((it.block6.clone()?, it)));
    let (block, subnet) = found.ok_or_else(|| Error::NotFound { kind, id: input.association_id.clone() })?;
    if subnet.prefix.is_none() {
        let text = "may not be disassociated. It is the only CIDR block of an IPv6-only subnet";
        return Err(Error::OperationNotPermitted(format!(
            "The subnet IPv6 CIDR block with association ID {id} {text}"
        )));
    }
    let attributes =
        [("assign-ipv6-address-on-creation", subnet.assign_ipv6_on_creation), ("enable-dns64", subnet.dns64)];
    if let Some((attribute, _)) = attributes.iter().find(|it| it.1) {
        let text = format!("may not be disassociated, because its subnet has {attribute} set to true.");
        return Err(Error::BlockInUse(format!("The subnet IPv6 CIDR block with association ID {id} {text}")));
    }
    let prefix = Prefix::V6(block.prefix);
    let uses = [
        ("a network interface", room::is_held(call.state(), subnet.vpc, prefix)),
        ("a CIDR reservation", room::reservations(call.state(), &subnet).any(|it| prefix.contains(&it.0))),
    ];
    if let Some((what, _)) = uses.iter().find(|it| it.1) {
        let text = format!("The subnet {} currently has {what} within CIDR block {prefix}", subnet.id);
        return Err(Error::BlockInUse(text));
    }
    call.tx.put(Subnet { block6: None, ..subnet.as_ref().clone() });
    Ok(DisassociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: Some(subnet::show_block6(&block, vpc::DISASSOCIATED)),
        subnet_id: Some(subnet.id.to_string()),
    })
}
